"""The report in a real browser: what it loads, who can read and use it, and how it prints."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from readiness import registry
from readiness.model import Report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDE, NARROW = (1200, 900), (390, 844)
PLACES = [
    pytest.param("light", WIDE, id="light"),
    pytest.param("dark", WIDE, id="dark"),
    pytest.param("light", NARROW, id="light on a phone"),
    pytest.param("dark", NARROW, id="dark on a phone"),
]


class Shown:
    """An open page, with all that it asked for and complained of."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        self.loaded: list[str] = []
        page.on("requestfinished", lambda request: self.loaded.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.goto(file.as_uri())


@pytest.fixture
def show(browser: Browser, page_file: Path) -> Iterator[Callable[..., Shown]]:
    """Opens the page: `show("dark", (390, 844), file=..., java_script_enabled=False)`."""
    contexts = []

    def opened(
        scheme: str = "light",
        size: tuple[int, int] = WIDE,
        file: Path = page_file,
        **options: object,
    ) -> Shown:
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(color_scheme=scheme, viewport=viewport, **options)  # type: ignore[arg-type]
        contexts.append(context)
        return Shown(context.new_page(), file)

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("scheme", "size"), PLACES)
def test_it_loads_nothing_complains_of_nothing_and_fits(
    show: Callable[..., Shown], scheme: str, size: tuple[int, int]
) -> None:
    shown = show(scheme, size)
    shown.page.wait_for_load_state("networkidle")
    assert (len(shown.requests), shown.complaints) == (1, [])
    assert shown.page.evaluate("document.documentElement.scrollWidth") == size[0]


@pytest.mark.parametrize(("scheme", "size"), PLACES)
def test_axe_finds_no_violation(
    show: Callable[..., Shown], scheme: str, size: tuple[int, int]
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    shown = show(scheme, size)
    if (scheme, size) == ("light", WIDE):
        shown.page.get_by_role("button", name="Open all").click()
    found = Axe().run(shown.page, options={"resultTypes": ["violations"]})
    violations = {each["id"]: each["nodes"][0]["html"] for each in found.response["violations"]}
    assert violations == {}


def test_the_colours_follow_the_reader(show: Callable[..., Shown]) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    assert show("light").page.evaluate(ground) == "rgb(255, 255, 255)"
    assert show("dark").page.evaluate(ground) == "rgb(14, 21, 28)"


def visible(page: Page) -> int:
    return page.locator("#findings .finding:visible").count()


def test_the_filter_works_by_keyboard(show: Callable[..., Shown], make_report: Any) -> None:
    page = show().page
    report: Report = make_report()
    total = len(report.findings)
    told = page.locator("output")
    assert told.inner_text() == f"{total} of {total} findings"

    page.get_by_role("searchbox").focus()
    page.keyboard.type("SEC001 module_number")
    few = sum(f.rule == "SEC001" and "module_number" in f.message for f in report.findings)
    assert 0 < few < total
    assert told.inner_text() == f"{few} of {total} findings"
    assert visible(page) == few

    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Tab")
    page.keyboard.type("crit")
    critical = sum(finding.severity == "critical" for finding in report.findings)
    assert told.inner_text() == f"{critical} of {total} findings"
    assert visible(page) == critical

    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#findings .finding[open]").count() == critical
    assert page.evaluate("document.activeElement.textContent") == "Close all"


def test_a_finding_is_opened_by_keyboard(show: Callable[..., Shown]) -> None:
    page = show().page
    first = page.locator("#findings .finding").first
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert first.locator(".evidence").is_visible()


def test_the_first_key_leads_past_the_page_to_the_findings(show: Callable[..., Shown]) -> None:
    page = show().page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the findings"
    page.keyboard.press("Enter")
    assert page.url.endswith("#findings")


def test_a_link_to_a_finding_that_the_filter_hides_shows_it(show: Callable[..., Shown]) -> None:
    page = show().page
    page.get_by_role("searchbox").fill("nothing is called like this")
    assert visible(page) == 0
    link = page.locator("#blockers .links a").first
    target = link.get_attribute("href")
    link.click()
    assert page.locator(f"details:has({target}) .evidence").is_visible()


UNLINKED = """() => {
  const unlinked = [];
  const walker = document.createTreeWalker(document.querySelector("#weekly"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    const given = text.parentElement.closest("a, svg, code, .what, [data-given], .on-narrow");
    if (/\\d/.test(text.data) && !given) unlinked.push(text.data.trim());
  }
  return unlinked;
}"""
LEADS_NOWHERE = """() => {
  const leads = (hash, left) => {
    const target = document.getElementById(hash.slice(1));
    if (!target) return false;
    if (target.closest(".finding") || target.querySelector(".finding, [href^='#f-']")) return true;
    return left > 0 && [...target.querySelectorAll("a[href^='#']")]
      .some((link) => leads(link.getAttribute("href"), left - 1));
  };
  const told = new Set(["#outcomes", "#unread"]);  // these hold what they tell themselves
  return [...document.querySelectorAll("#weekly a")]
    .map((link) => link.getAttribute("href"))
    .filter((hash) => !leads(hash, 1) && !(told.has(hash) && document.querySelector(hash)));
}"""


def test_every_number_on_the_first_page_leads_to_findings(show: Callable[..., Shown]) -> None:
    page = show().page
    assert page.evaluate(UNLINKED) == []
    assert page.locator("#weekly a").count() > 50
    # an action that only people do outside has no finding; all others lead to some
    bare = {
        "#phase-5",
        *(f"#done-{phase}" for phase in range(1, 6)),
    }  # of what is done none are left
    assert set(page.evaluate(LEADS_NOWHERE)) <= bare


def test_every_link_inside_the_page_has_its_target(show: Callable[..., Shown]) -> None:
    page = show().page
    missing = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href'))"
        ".filter(hash => !document.getElementById(hash.slice(1)))"
    )
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert missing == []
    assert len(ids) == len(set(ids))


def test_without_script_it_is_read_whole(show: Callable[..., Shown], make_report: Any) -> None:
    page = show(java_script_enabled=False).page
    assert page.locator("#findings .finding:visible").count() == len(make_report().findings)
    assert not page.locator(".filter").is_visible()
    link = page.locator("#blockers .links a").first
    target = link.get_attribute("href")
    link.click()
    assert page.locator(f"details:has({target}) .evidence").is_visible()


def test_its_policy_lets_nothing_else_run(show: Callable[..., Shown]) -> None:
    shown = show()
    shown.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">'"
        " + '<p style=\"color: red\" id=styled>')"
    )
    shown.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        " document.body.append(s); return fetch('https://example.org/').catch(() => 0); }"
    )
    assert shown.page.evaluate("window.ran") is None
    assert shown.page.evaluate("getComputedStyle(styled).color") != "rgb(255, 0, 0)"
    assert len(shown.loaded) == 1
    assert any("Content Security Policy" in said for said in shown.complaints)


# -- on paper


def texts(pdf: bytes) -> list[str]:
    """The text of each page."""
    from pypdf import PdfReader

    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def on_paper(page: Page) -> list[str]:
    return texts(page.pdf(prefer_css_page_size=True))


def test_it_prints_two_pages_and_then_every_finding(
    show: Callable[..., Shown], make_report: Any
) -> None:
    page = show("dark").page
    page.get_by_role("searchbox").fill("SEC001")  # what is filtered out prints as well
    first, second, third, *rest = on_paper(page)
    assert "Decisions asked" in first and "Top risks" in first
    assert "Road map" in second and "How sure this is" in second
    assert "For engineers" in third
    told = re.sub(r"\s", "", "".join([third, *rest]))
    missing = {f.fingerprint for f in make_report().findings if f.fingerprint not in told}
    assert missing == set()


def longest(report: Report) -> Report:
    """The report with everything as long as it gets."""
    import msgspec

    replace = msgspec.structs.replace
    rules = tuple(
        replace(
            rule,
            summary=("It says at great length what is wrong with all of these many files here"),
            why="What can happen is told in a sentence that goes on and on for about a line. " * 3,
        )
        for rule in report.rules
    )
    name = "a-repository-with-quite-a-long-name-as-monorepos-have-them"
    owners = tuple(
        replace(owner, name="@organisation/team-of-the-platform") for owner in report.owners
    )
    return replace(report, rules=rules, owners=owners, repository=name, dirty=True)


def test_the_longest_texts_still_fit_on_two_pages(
    browser: Browser, make_report: Any, tmp_path: Path
) -> None:
    file = tmp_path / "long.html"
    file.write_text(registry.renderer("html", registry.WEEKLY)(longest(make_report(60))))
    page = browser.new_page()
    page.goto(file.as_uri())
    first, second, third, *_ = on_paper(page)
    page.close()
    assert "Top risks" in first and len(re.findall(r"findings? costs?\s", first)) == 5
    assert "Nothing of the repository was executed" in second
    assert "For engineers" in third


def test_three_thousand_findings_can_be_filtered(
    browser: Browser, make_report: Any, tmp_path: Path
) -> None:
    file = tmp_path / "many.html"
    file.write_text(registry.renderer("html", registry.WEEKLY)(make_report(3_000)))
    page = browser.new_page()
    page.goto(file.as_uri())
    page.get_by_role("searchbox").fill("module_number_2567")
    assert page.locator("output").inner_text() == "1 of 2,997 findings"
    page.close()
