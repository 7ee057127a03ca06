"""Every number of the first page is found again where its link leads, and adds up there."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator

import pytest

from readiness import registry
from readiness.model import Report

Make = Callable[..., Report]


class Page:
    """The page as a tree, with what its links lead to."""

    def __init__(self, report: Report) -> None:
        text = registry.renderer("html", registry.WEEKLY)(report)
        (body,) = re.findall(r"(?s)<main>.*</main>", text)
        self.tree = ET.fromstring(re.sub(r"(?s)<form.*?</form>| data-given", "", body))
        self.by_id = {each.get("id"): each for each in self.tree.iter() if each.get("id")}

    def __getitem__(self, name: str) -> ET.Element:
        return self.by_id[name.removeprefix("#")]

    def links(self, within: ET.Element, words: str) -> list[tuple[re.Match[str], ET.Element]]:
        """The links whose text holds the words, and what they lead to."""
        return [
            (match, self[href])
            for link in within.iter("a")
            if (match := re.search(words, said(link))) and (href := link.get("href", "#"))
        ]

    def link(self, words: str) -> tuple[re.Match[str], ET.Element]:
        return self.links(self["weekly"], words)[0]


def said(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def rows(section: ET.Element) -> list[list[str]]:
    """The cells of each row of the first table, the head left out."""
    (body, *_) = section.iter("tbody")
    return [[said(cell) for cell in row] for row in body]


def findings(section: ET.Element) -> list[str]:
    """Where the links of a part to findings lead."""
    return [h for link in section.iter("a") if (h := link.get("href", "")).startswith("#f-")]


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", "").replace("+", "").strip("%"))


@pytest.fixture(scope="module")
def report(make_report: Make) -> Report:
    return make_report(120)


@pytest.fixture(scope="module")
def page(report: Report) -> Page:
    return Page(report)


def test_the_score_is_the_mean_of_the_dimensions_and_the_causes_add_up_to_the_rest(
    page: Page,
) -> None:
    shown, section = page.link(r"^(\d\.\d) / 10$")
    *dimensions, (_, overall, missing, _) = rows(section)
    assert number(shown[1]) == int(number(overall) * 10) / 10
    mean = sum(number(score) for _, score, _, _ in dimensions) / len(dimensions)
    assert mean == pytest.approx(number(overall), abs=0.01)
    costs = [number(cost) for cost in re.findall(r"−(\d\.\d\d) ", said(section))]
    assert sum(costs) == pytest.approx(number(missing), abs=0.005 * len(costs))
    assert 10 - number(overall) == pytest.approx(number(missing), abs=0.011)


def test_each_dimension_leads_to_the_points_that_its_rules_cost(page: Page, report: Report) -> None:
    for score in report.scorecard.dimensions:
        assert score.value is not None
        _, chapter = page.link(rf"^{score.dimension.label}$")
        *rules, (whole, many, missing) = rows(chapter)
        assert whole == f"10 − {score.value:.2f}"
        assert sum(number(cost) for _, _, cost in rules) == pytest.approx(
            number(missing), abs=0.005 * len(rules) + 0.001
        )
        assert number(many) == len(list(chapter.iter("details")))


def test_the_blockers_are_as_many_as_are_listed(page: Page) -> None:
    shown, section = page.link(r"^(\d+) blockers$")
    listed = section.find("ol")
    assert listed is not None and len(listed) == int(shown[1])
    assert all(findings(blocker) for blocker in listed)


def test_what_a_decision_asks_for_is_listed_and_adds_up(page: Page) -> None:
    number_of = 0
    for decision in page["weekly"].iter("li"):
        titles = page.links(decision, r"")
        if decision.find("h3") is None:
            continue
        number_of += 1
        (_, section), *_ = titles
        *actions, together = rows(section)
        effort = next(m for m, _ in page.links(decision, r"^(\d+ (small|medium|large)(, )?)+$"))
        assert effort[0] == together[1]
        assert sum(int(n) for n in re.findall(r"\d+", effort[0])) == len(actions)
        for gain, _ in page.links(decision, r"^([+−]\d\.\d) points$"):
            adds = sum(number(action[-1]) for action in actions)
            assert adds == pytest.approx(number(together[-1]), abs=0.005 * len(actions) + 0.001)
            alone = re.search(r"goes from (\S+) to (\S+)\.$", said(section))
            if alone is not None:
                adds = number(alone[2]) - number(alone[1])
            assert number(gain[1]) == pytest.approx(adds, abs=0.061)
        for asked, named in page.links(section, r"^A\d+ "):
            assert said(named).startswith(asked[0].strip())
    assert number_of == 3


def risks(page: Page) -> Iterator[ET.Element]:
    section = next(s for s in page["weekly"].iter("section") if s.get("class") == "risks")
    listed = section.find("ol")
    assert listed is not None
    yield from listed


def test_what_a_risk_counts_costs_and_gains_stands_where_it_leads(page: Page) -> None:
    for risk in risks(page):
        ((told, cause),) = page.links(risk, r"^(\d+) findings? costs? (\d\.\d\d) points$")
        assert len(findings(cause)) == int(told[1])
        assert said(cause).startswith(f"−{told[2]} ")
        ((gain, same),) = page.links(risk, r"^(\+\d\.\d\d if mended)$")
        assert same is cause and gain[1] in said(cause)
        ((since, seen),) = page.links(risk, r"^since (.+)$")
        assert seen is cause and since[0] in said(cause)


def test_what_changed_is_listed_and_the_scores_differ_by_it(page: Page, report: Report) -> None:
    assert report.history is not None
    for weeks in (1, 4):
        section = page[f"since-{weeks}"]
        for _, then, now, change in rows(section):
            assert number(now) - number(then) == pytest.approx(number(change), abs=0.011)
    shown = {
        word: int(page.link(rf"^(\d+) {word}$")[0][1]) for word in ("fixed", "new", "reopened")
    }
    text = said(page["since-1"])
    for word, many in shown.items():
        assert f"{word.capitalize()}: {many}" in text
    assert len(findings(page["since-1"])) == shown["new"] + shown["reopened"]
    assert len(rows(page["points-so-far"])) == len(report.history.points)


def test_the_forecast_is_the_range_of_its_paces(page: Page) -> None:
    shown, section = page.link(r"closed between (.+) and (\d+ \w+ \d+)\. In the last 4 weeks")
    days = [day for _, _, _, *ends in rows(section) for day in ends]
    assert shown[1] == days[0] and shown[2] == days[-1]
    told, _ = page.link(r"weeks (\S+) causes a week were closed and (\S+) came up; (\d+) are left")
    assert [number(each) for each in rows(section)[0][1:3]] == [number(told[1]), number(told[2])]
    stories = section.findall("ul/li")
    (open_,) = re.findall(r"of the (\d+) open findings", said(section))
    alone = int(open_) - sum(len(findings(story)) for story in stories)
    assert alone + len(stories) == int(told[3])


def test_the_road_map_leads_to_its_actions(page: Page) -> None:
    section = next(s for s in page["weekly"].iter("section") if s.get("class") == "road")
    for *_, actions, effort, after in rows(section):
        (_, phase) = page.links(section, rf"^{re.escape(actions)}$")[0]
        phases = [p for m, p in page.links(section, rf"^{re.escape(actions)}$")]
        fits = [p for p in phases if effort in said(p) and f"→ {after}" in said(p)]
        assert fits, (actions, effort, after)
        phase = fits[0]
        listed = [div for div in phase.iter("div") if div.get("class") == "action"]
        assert len(listed) == int(actions.split()[0])
        outside = sum(" · outside" in said(div) for div in listed)
        assert outside == int((re.findall(r"(\d+) outside", actions) or ["0"])[0])
    (whole, plan) = page.link(r"plan of (\d+) actions leads to")
    assert len([d for d in plan.iter("div") if d.get("class") == "action"]) == int(whole[1])


def test_each_folder_holds_as_many_findings_as_its_tile_says(page: Page) -> None:
    tiles = [a for a in page["weekly"].iter("a") if (a.get("href") or "").startswith("#in-")]
    assert tiles
    for tile in tiles:
        told = tile.get("aria-label") or "".join(tile.itertext())
        (many,) = re.findall(r"\b(\d+) (?:findings?,|· )", told)
        assert len(findings(page[tile.get("href") or ""])) == int(many)


def test_how_sure_it_is_can_be_counted(page: Page, report: Report) -> None:
    asked, section = page.link(r"^(\d+) asked, (\d+) could not be measured.*, (\d+) do(es)? not ")
    table = rows(section)
    assert len(table) == int(asked[1])
    assert sum("could not be measured" in row[1] for row in table) == int(asked[2])
    assert sum("does not apply" in row[1] for row in table) == int(asked[3])
    assert sum(int(row[4]) for row in table) == len(report.findings)


def test_how_much_of_the_source_is_followed_can_be_counted(page: Page) -> None:
    shown, section = page.link(r"(\d+)% of the source lines")
    *_, body = section.iter("tbody")
    lines = {
        answer: sum(number(said(row[2])) for row in body if said(row[1]) == answer)
        for answer in ("yes", "no")
    }
    assert round(100 * lines["yes"] / sum(lines.values())) == int(shown[1])
