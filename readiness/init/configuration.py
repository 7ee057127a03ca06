"""The configuration with comments, and the baseline beside it."""

from __future__ import annotations

from readiness.baseline import NAME, entry_of, write
from readiness.config import PYPROJECT, STANDALONE, Config, read
from readiness.init.values import Offer, Piece, Seen
from readiness.model import Report

_TEXT = """\
# How readiness judges this repository. Every setting may be left out; those behind a # are the
# defaults, or examples.

# The findings that were there on the first day: they fail nothing, and every score counts them.
# readiness baseline --update takes out what is mended.
{baseline}

# What this is: "service", "library", or "auto", which is told from the files{profile}.
# profile = "auto"

# What every dimension must reach for the verdict READY.
# target = 9.0

# How severe a new finding must be to fail the gate: critical, high, medium, low or info.
# fail_on = "low"

# The gate fails, too, where the overall score falls below this, or where a change takes more than
# this from a dimension.
# fail_under = 5.0
# max_drop = 0.5

# Files that are not looked at at all, as in .gitignore: what others wrote, what is generated.
# exclude = ["third_party/"]

# Rules that are left out, everywhere or in some places; readiness rules lists them all.
# ignore = ["HYG015"]
# per_path_ignores = {{"examples/" = ["HYG006"]}}

# A finding that may stay. Someone answers for it; a high or critical one needs an owner and an end
# within 90 days.
# [[waivers]]
# rule = "HYG002"
# path = "orders_old.py"
# owner = "@orders"
# reason = "two customers still use it"
# until = 2030-01-31
"""


def text(*, baseline: bool, profile: str = "") -> str:
    """readiness.toml; `profile` is what the files tell today."""
    line = f'baseline = "{NAME}"'
    return _TEXT.format(
        baseline=line if baseline else f"# {line}",
        profile=f" (today: {profile})" if profile else "",
    )


def present(seen: Seen) -> Config:
    """The configuration that is there, on its own, without a policy that it extends.

    Raises:
        ConfigError: there is one, and it is at fault.
    """
    return read(seen.files.get(PYPROJECT), seen.files.get(STANDALONE))


def offer(seen: Seen, *, baseline: bool, profile: str = "") -> Offer:
    """readiness.toml where nothing configures readiness."""
    config = present(seen)
    if config.source or STANDALONE in seen.files:
        return Offer(kept=(f"{config.source or STANDALONE} configures readiness",))
    content = text(baseline=baseline, profile=profile).encode()
    return Offer((Piece(STANDALONE, "the configuration", content),))


def wants_baseline(seen: Seen) -> str:
    """The path of the baseline that is missing; empty where none is to be written."""
    config = present(seen)
    path = config.baseline if config.source else NAME
    return path if path and path not in seen.files else ""


def kept_baseline(seen: Seen) -> str:
    """Why no baseline is written."""
    config = present(seen)
    if config.source and not config.baseline:
        return (
            f'{config.source} names no baseline; with baseline = "{NAME}" in it,'
            " readiness init writes one"
        )
    return f"{config.baseline or NAME} holds the findings of the first day"


def baseline(report: Report, path: str) -> Offer:
    """The baseline with all that is open; none where nothing is."""
    stable = {rule.id for rule in report.rules if rule.status == "stable"}
    entries = {each.fingerprint: entry_of(each) for each in report.findings if each.rule in stable}
    if not entries:
        return Offer(kept=("no baseline: nothing is open",))
    findings = "1 finding" if len(entries) == 1 else f"{len(entries):,} findings"
    why = f"the baseline: {findings} of today that fail nothing"
    return Offer((Piece(path, why, write(entries.values()).encode()),))
