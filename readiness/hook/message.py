"""What a refused commit is told: what is wrong, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from readiness.errors import one_line
from readiness.model import Confidence, EditKind, Finding, RuleError, SkippedFile

_SHOWN = 10  # findings
_SECRET = "SEC001"  # a value in a file, of which a comment beside it may say that it is none
_SURE = {Confidence.HIGH: "sure", Confidence.MEDIUM: "likely", Confidence.LOW: "unsure"}
_COMMENTS = {
    **dict.fromkeys(
        ("c", "cpp", "cs", "go", "h", "java", "js", "jsx", "kt", "php", "rs", "swift", "ts", "tsx"),
        "// %s",
    ),
    **dict.fromkeys(("css", "scss"), "/* %s */"),
    **dict.fromkeys(("htm", "html", "md", "vue", "xml"), "<!-- %s -->"),
    **dict.fromkeys(("lua", "sql"), "-- %s"),
    "json": "",
}


def text(findings: Sequence[Finding], fixes: Mapping[str, str]) -> str:
    """The lines for standard error; no value of a secret stands in any finding."""
    count = "1 new finding" if len(findings) == 1 else f"{len(findings)} new findings"
    lines = [f"readiness: {count} in what you are about to commit"]
    for finding in findings[:_SHOWN]:
        lines += _lines(finding, fixes.get(finding.rule, ""))
    if len(findings) > _SHOWN:
        lines.append(f"  and {len(findings) - _SHOWN} more")
    rules = " ".join(dict.fromkeys(finding.rule for finding in findings[:_SHOWN]))
    more = rules.split()[0]
    lines.append(f"  mend it, git add, and commit again; readiness explain {more} says more")
    return "\n".join(lines) + "\n"


def _lines(finding: Finding, fix: str) -> Iterator[str]:
    path, line = finding.location.path or "", finding.location.line
    place = one_line(path) + (f":{line}" if line else "")
    message = finding.message.removeprefix(path).removeprefix(" is tracked and ").strip()
    yield f"  {place}  {one_line(message)} ({finding.rule}, {_SURE[finding.confidence]})"
    variables = [e.what[0] for e in finding.edits if e.kind is EditKind.FROM_ENVIRONMENT]
    if finding.rule != _SECRET:
        yield f"    {fix}"
        return
    where = f'the environment: os.environ["{variables[0]}"]' if variables else "the environment"
    yield f"    put it in {where}, and rotate this one if it was ever real"
    comment = _COMMENTS.get(path.rpartition(".")[2].lower(), "# %s")
    if comment:
        yield f"    not a secret? end the line with  {comment % 'pragma: allowlist secret'}"
    else:
        yield "    not a secret? say so in [[tool.readiness.waivers]], with owner, reason and until"


def gaps(skipped: Sequence[SkippedFile], errors: Sequence[RuleError]) -> str:
    """The lines on what could not be judged; "" where all was."""
    lines = [f"readiness: not looked at: {one_line(f.path)} ({f.reason})" for f in skipped]
    lines += [f"readiness: rule {e.rule} crashed: {one_line(e.error)}" for e in errors]
    return "".join(f"{line}\n" for line in lines)
