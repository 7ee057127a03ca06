"""What the pages say: every part where there is something to tell, and nothing that was made up."""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Callable

import msgspec
import pytest

from readiness import registry
from readiness.config import Waiver
from readiness.model import (
    Coverage,
    Delta,
    Location,
    Outlook,
    Report,
    Scorecard,
    Trend,
    Verdict,
)

replace = msgspec.structs.replace
Make = Callable[..., Report]
PARTS = ("Decisions asked", "The six dimensions", "Top risks", "What changed", "Road map")


def render(name: str, report: Report) -> str:
    return registry.renderer(name, registry.WEEKLY)(report)


def sure(report: Report, **changes: object) -> Report:
    return replace(report, scorecard=replace(report.scorecard, **changes))


@pytest.mark.parametrize("name", ["html", "mail", "markdown"])
def test_each_part_is_there_where_there_is_something_to_tell(name: str, make_report: Make) -> None:
    page = render(name, make_report())
    assert all(part in page for part in (*PARTS, "How sure this is", "orecast"))
    assert page == render(name, make_report())  # the same report, the same bytes


@pytest.mark.parametrize("name", ["html", "mail", "markdown"])
def test_what_nobody_knows_is_left_out(name: str, make_report: Make) -> None:
    bare = make_report(plan=None, history=None, owners=(), waived=(), committed_at=0, progress=None)
    page = render(name, bare)
    for part in ("Decisions asked", "What changed", "Road map", "this week", "1 week", "orecast"):
        assert part not in page
    assert "The six dimensions" in page and "Top risks" in page


def test_the_headline_tells_change_blockers_plan_and_forecast(make_report: Make) -> None:
    title, _, sentence = render("markdown", make_report()).splitlines()[:3]
    assert title == "# an-example-platform: NOT READY, 2.5 / 10 (+0.1 this week)"
    assert re.fullmatch(
        r"\d+ blockers\. All of the 6 dimensions are below the target of 9; the plan of 40 actions "
        r"leads to 9\.4; at the pace so far all that is open is closed between \d+ \w+ 2026 and "
        r"\d+ \w+ 2026\.",
        sentence,
    )


def test_the_sentence_begins_as_sentences_do(make_report: Make) -> None:
    assert ">All of the 6 dimensions are" in render("html", make_report())


def test_without_enough_points_there_is_no_forecast(make_report: Make) -> None:
    report = make_report()
    assert report.history is not None
    outlook = Outlook(left=9, reason="a forecast needs 4 points or more")
    page = render("markdown", replace(report, history=replace(report.history, outlook=outlook)))
    assert "No forecast yet: a forecast needs 4 points or more." in page
    assert "at the pace so far" not in page
    assert "leads to 9.4; no forecast yet." in page


def test_an_end_that_nobody_sees_is_told_as_such(make_report: Make) -> None:
    report = make_report()
    assert report.history is not None
    open_end = replace(report.history.outlook, latest=None)
    page = render("markdown", replace(report, history=replace(report.history, outlook=open_end)))
    assert re.search(r"all that is open is closed on \d+ \w+ 2026 at the earliest", page)


def test_no_more_than_three_decisions_and_five_risks(make_report: Make) -> None:
    page = render("html", make_report(90))
    assert len(re.findall(r"<dt>Options</dt>", page)) == 3
    risks = page[page.index("Top risks") : page.index("What changed")]
    assert risks.count(" points</a>") == 5


def test_waivers_that_end_soon_are_told_and_others_not(make_report: Make) -> None:
    report = make_report()
    later = tuple(replace(waived, until="2026-06-01") for waived in report.waived)
    told = "ends on 2026-01-05"
    assert told in render("markdown", report)
    assert "ends on" not in render("markdown", replace(report, waived=later))


def test_a_ready_repository_is_asked_for_nothing(make_report: Make) -> None:
    report = make_report()
    dimensions = tuple(
        replace(score, value=9.5, deductions=()) for score in report.scorecard.dimensions
    )
    ready = sure(
        replace(report, findings=(), stories=(), plan=None, waived=(), owners=(), history=None),
        verdict=Verdict.READY,
        overall=9.5,
        dimensions=dimensions,
    )
    page = render("markdown", ready)
    assert "No blockers. Every dimension that applies reaches 9." in page
    assert "Decisions" not in page and "Top risks" not in page
    assert "Nobody answers" in render("html", replace(ready, waived=()))


def test_an_empty_repository_is_nothing_to_assess(make_report: Make) -> None:
    card = Scorecard(
        None, None, Verdict.NOTHING, Coverage(1, 1), None, (), "2026.1", 9.0, "library"
    )
    empty = make_report(
        0, scorecard=card, outcomes=(), plan=None, history=None, commit=None, files=0, waived=()
    )
    assert "There are no tracked files." in render("markdown", empty)
    assert "No commit yet" in render("markdown", replace(empty, committed_at=0))
    for name in ("html", "mail"):
        assert "NOTHING TO ASSESS" in render(name, empty)


def test_dimensions_that_do_not_apply_have_no_score(make_report: Make) -> None:
    report = make_report()
    first, *rest = report.scorecard.dimensions
    card = (replace(first, value=None, deductions=()), *rest)
    page = render("markdown", sure(report, dimensions=card))
    assert "| File Cleanup | - | 9 |" in page


def test_a_first_point_without_an_older_one_has_no_change(make_report: Make) -> None:
    report = make_report()
    assert report.history is not None
    young = Trend(report.history.points[-2:], (), {}, Outlook(reason="too few points"))
    page = render("markdown", replace(report, history=young))
    assert "this week" not in page and "1 week" not in page
    unknown = Delta(1, "a" * 40, 1, None, {})
    page = render("markdown", replace(report, history=replace(young, deltas=(unknown,))))
    assert "| – | – |" in page


def test_what_was_reported_is_not_rewritten(make_report: Make) -> None:
    from readiness.model import Reported

    report = make_report()
    assert report.history is not None
    told = Reported(3.3, "2025.4", "0.0.9")
    points = list(report.history.points)
    points[4] = replace(points[4], reported=told)
    page = render(
        "markdown", replace(report, history=replace(report.history, points=tuple(points)))
    )
    assert (
        "**As reported:** 3.3 on 15 September 2025 under model 2025.4, 1.8 under the present"
        in page
    )


@pytest.mark.parametrize("name", ["html", "mail"])
def test_names_become_no_markup(name: str, make_report: Make) -> None:
    page = render(name, make_report(90, repository="<script>alert(2)</script>"))
    assert "<script>alert" not in page and "<img src=x" not in page
    assert "&lt;script&gt;alert(2)&lt;/script&gt;" in page


@pytest.mark.parametrize("name", ["html", "mail", "markdown"])
def test_nothing_invisible_is_printed(name: str, make_report: Make) -> None:
    page = render(name, make_report(90, repository="left\u202eright\x1b\x07"))
    assert {"\u202e", "\u200b", "\x1b", "\x07"}.isdisjoint(page)
    assert "left\\u202eright\\x1b\\x07" in page.replace("\\\\", "\\")


def test_a_path_leads_to_the_commit_where_the_remote_is_known(make_report: Make) -> None:
    report = make_report()
    path = next(f.location for f in report.findings if f.location.path and f.location.line)
    link = f'href="https://github.com/acme/an-example-platform/blob/{report.commit}/'
    assert path.path is not None and link in render("html", report)
    assert link not in render("html", replace(report, remote=None))


def test_every_place_of_a_finding_is_a_link(make_report: Make) -> None:
    page = render("html", make_report())
    _, _, findings = page.partition('<section id="findings">')
    findings, _, _ = findings.partition('<section id="folders">')
    bodies = re.findall(r'(?s)<div id="f-.*?</details>', findings)
    assert bodies
    for body in bodies:
        text = re.sub(
            r'(?s)<a href="https://github.com/.*?</a>|<pre.*?</pre>|<p><b>Do.*?</p>', "", body
        )
        assert not re.search(r"<code>[^<]*\.(?:py|md)\b", text)


def test_two_findings_alike_have_names_of_their_own(make_report: Make) -> None:
    report = make_report()
    first = report.findings[0]
    twin = replace(first, location=replace(first.location, line=7))
    page = render("html", replace(report, findings=(first, twin)))
    assert page.count(f'id="f-{first.fingerprint}"') == 1
    assert page.count(f'id="f-{first.fingerprint}-2"') == 1


def test_the_folders_hold_every_finding_once(make_report: Make) -> None:
    report = make_report(300)
    page = render("html", report)
    folders = page[page.index('id="folders"') : page.index('id="changes"')]
    named = re.findall(r'href="#(f-[0-9a-f-]+)"', folders)
    assert sorted(named) == sorted({f"f-{finding.fingerprint}" for finding in report.findings})
    assert len(named) == len(report.findings)


def test_findings_of_folders_and_of_no_file_have_their_place(make_report: Make) -> None:
    report = make_report(10)
    folder = replace(report.findings[0], location=Location("web"), subjects=("web/a.py",))
    nowhere = replace(report.findings[1], location=Location(), key="nowhere")
    page = render("html", replace(report, findings=(folder, nowhere)))
    assert "no single file" in page and "web/" in page


def test_the_policy_names_the_style_and_the_script_by_their_hashes(make_report: Make) -> None:
    import base64
    import hashlib

    page = render("html", make_report())
    for tag in ("style", "script"):
        (text,) = re.findall(rf"(?s)<{tag}>(.*?)</{tag}>", page)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page
    assert " style=" not in page and not re.search(r"<[^>]+ on[a-z]+=", page)


# -- colours


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


SEVERITIES = ("critical", "high", "medium", "low", "info")
TEXTS = ("ink", "muted", "link", "good", "bad", *SEVERITIES)
PAIRS = [(text, ground, 4.5) for text in TEXTS for ground in ("ground", "panel")]
PAIRS += [("ink", f"{severity}-tint", 7.0) for severity in SEVERITIES]
PAIRS += [(shape, ground, 3.0) for shape in ("bar", "good") for ground in ("ground", "panel")]
PAIRS += [("bar", "track", 3.0), ("ink", "track", 3.0)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_palette_has_enough_contrast(scheme: str, make_report: Make) -> None:
    page = render("html", make_report(1, plan=None, history=None))
    palettes = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", found))
        for found in re.findall(r":root \{([^}]+)\}", page)
    ]
    light, dark = palettes
    assert light.keys() == dark.keys()
    colours = light if scheme == "light" else dark
    weak = {
        f"{one} on {other}": round(contrast(colours[one], colours[other]), 2)
        for one, other, least in PAIRS
        if contrast(colours[one], colours[other]) < least
    }
    assert weak == {}


def test_every_colour_of_the_style_comes_from_the_palette(make_report: Make) -> None:
    page = render("html", make_report(1, plan=None, history=None))
    (style,) = re.findall(r"(?s)<style>(.*?)</style>", page)
    used = set(re.findall(r"var\(--([a-z-]+)\)", style))
    named = set(re.findall(r"--([a-z-]+): #", style))
    assert used <= named
    outside = re.sub(r":root \{[^}]+\}", "", style)
    assert not re.search(r"#[0-9a-f]{3,6}\b(?=[;\s])", outside)


@pytest.mark.parametrize("name", ["html", "mail", "markdown"])
def test_who_owns_everything_is_named_once(name: str, make_report: Make) -> None:
    report = make_report()
    team, author = report.owners
    for owner, named in ((team, "@acme/backend"), (author, "Ada <ada@example.org> (last author)")):
        page = render(name, replace(report, owners=(owner,))).partition('id="appendix"')[0]
        page = html.unescape(page).replace("`", "").replace("\\", "")
        assert page.count(f"All that was found belongs to {named}.") == 1
        assert f"owner {named}" not in page


def test_last_authors_are_told_from_declared_owners(make_report: Make) -> None:
    report = make_report()
    page = render("markdown", report)
    assert "owner `@acme/backend`" in page and "Owners are last authors" not in page
    authors = tuple(replace(owner, declared=False) for owner in report.owners)
    page = render("markdown", replace(report, owners=authors))
    assert "Owners are last authors: no CODEOWNERS names others." in page


def test_a_history_of_one_point_is_no_trend_and_no_age(make_report: Make) -> None:
    report = make_report()
    assert report.history is not None
    outlook = Outlook(left=9, reason="a forecast needs 4 points or more")
    first = replace(report.history, points=report.history.points[-1:], deltas=(), outlook=outlook)
    page = render("html", replace(report, history=first))
    assert "No trend yet: the history holds one point, of 29 December 2025." in page
    assert "No forecast yet: a forecast needs 4 points or more." in page
    assert "since 29 December" not in page and "spark" not in page.partition("</style>")[2]


def test_each_finding_has_the_waiver_to_paste(make_report: Make) -> None:
    report = make_report()
    page = render("html", report)
    pasted = [
        html.unescape(text) for text in re.findall(r'(?s)<pre class="waiver">(.*?)</pre>', page)
    ]
    told = [tomllib.loads(text)["tool"]["readiness"]["waivers"][0] for text in pasted]
    assert sorted(waiver["fingerprint"] for waiver in told) == sorted(
        finding.fingerprint for finding in report.findings
    )
    answered = {"owner": "ada", "reason": "it goes next week", "until": "2026-01-05"}
    waiver = msgspec.convert(told[0] | answered, Waiver)
    assert waiver.rule in {finding.rule for finding in report.findings}


@pytest.mark.parametrize("name", ["html", "mail", "markdown"])
def test_the_road_map_tells_what_share_of_an_earlier_plan_is_done(
    name: str, make_report: Make
) -> None:
    report = make_report()
    assert report.progress
    first = [
        sum(each.phase == 1 for each in had) for had in (report.progress.done, report.progress.left)
    ]
    share = f"{first[0]} of {sum(first)} ({first[0] * 100 // sum(first)}%)"
    assert share in render(name, report) and "1212121" in render(name, report)
    assert share not in render(name, replace(report, progress=None))
    assert "earlier plan" not in render(name, replace(report, progress=None))


def test_a_phase_in_which_nothing_is_left_stays_on_the_road(make_report: Make) -> None:
    report = make_report()
    assert report.plan and report.progress
    later = tuple(action for action in report.plan.actions if action.phase != 1)
    became = replace(report.progress, left=tuple(a for a in report.progress.left if a.phase != 1))
    done = replace(report, plan=replace(report.plan, actions=later), progress=became)
    page = render("html", done)
    assert '<a href="#phase-1">' in page and 'id="phase-1"' in page and "(100%)" in page


@pytest.mark.parametrize("size", ["on-wide", "on-middle", "on-narrow"])
def test_each_folder_is_named_whole_in_the_map_or_in_its_legend(
    size: str, make_report: Make
) -> None:
    page = render("html", make_report(300))
    charts = re.findall(rf'(?s)<svg class="chart {size}" .*?</svg>', page)
    legend = "".join(re.findall(rf'(?s)<ul class="legend {size}">.*?</ul>', page))
    tiles = re.findall(r'(?s)<a href="#(in-\d+)"(.*?)</a>', charts[-1])
    assert len(tiles) > 5
    for name, tile in tiles:
        texts = re.findall(r"<text[^>]*>(.*?)</text>", tile)
        whole = len(texts) > 1 and re.fullmatch(r"[\d,]+ · \w+", texts[-1])
        assert whole or f'href="#{name}"' in legend
        assert not any(text.endswith("…") for text in texts)


# -- texts


def told_of(report: Report, message: str) -> str:
    """What the page says of a finding with this message where it is the only one."""
    first = next(f for f in report.findings if not f.cause)
    only = replace(first, message=message, location=Location("a.py"), subjects=("a.py",))
    dimensions = tuple(
        replace(score, deductions=tuple(d for d in score.deductions if d.rule == first.rule))
        for score in report.scorecard.dimensions
    )
    alone = sure(replace(report, findings=(only,), stories=(), waived=()), dimensions=dimensions)
    lines = render("markdown", alone).splitlines()
    line = lines[lines.index("## Top risks") + 3]
    return html.unescape(line).replace("`", "").removeprefix("   - ").partition(" · ")[0]


def test_a_path_is_shortened_by_its_folders_and_keeps_its_name(make_report: Make) -> None:
    deep = "tests_old_archive/integration/layer_8_business_enablement/CREDENTIALS_CLARIFICATION.md"
    kept = "tests_old_archive/…/CREDENTIALS_CLARIFICATION.md"
    assert told_of(make_report(), f"a.py holds a key of `{deep}` and ({deep}), too") == (
        f"a.py holds a key of {kept} and ({kept}), too"
    )
    assert len(told_of(make_report(), f"a.py {'x' * 99}")) < 65


def test_a_text_is_cut_after_a_clause(make_report: Make) -> None:
    whole = "a.py: nothing starts, imports, loads, tests or names it, where nearly all is in use"
    assert told_of(make_report(), whole) == whole
    clause = f"a.py: {'nothing names it ' * 6}of all that there is"
    assert told_of(make_report(), f"{clause}, where {'nearly ' * 20}all is") == f"{clause}…"
    assert told_of(make_report(), f"a.py {'word ' * 60}").endswith("word…")


def test_what_a_finding_does_not_say_of_its_place_is_added(make_report: Make) -> None:
    assert told_of(make_report(), "it is so") == "it is so (a.py)"


def test_a_risk_is_told_whole_with_its_place(make_report: Make) -> None:
    report = make_report()
    risks = render("markdown", report).partition("## Top risks")[2].partition("## What")[0]
    facts = [line for line in risks.splitlines() if line.startswith("   - ")]
    assert len(facts) == 5
    for fact in facts:
        assert re.search(r"\d+ findings? costs? \d\.\d\d points · \+\d\.\d\d if mended", fact)


def test_a_stopped_clock_changes_nothing(make_report: Make) -> None:
    page = render("html", make_report())
    assert "29 December 2025" in page
    assert not re.search(r"\d\d:\d\d", page)
