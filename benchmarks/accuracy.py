"""Accuracy of the plan against labels taken from Git history: what maintainers removed later.

usage: python benchmarks/accuracy.py LABELS.tsv.gz CLONES [--only WORD] [--save FOLDER]
                                     [--missed FILE] [--sample N] [--seed N] [--drawn FILE]

LABELS has the columns repo, parent_commit, path, label (1: removed later), class. CLONES holds the
repositories as owner+name/repo, owner/name.git or owner/name, bare or not. For every labelled
commit the plan is made with `--rev`; only labelled rows count. Printed: precision and recall of
ARCHIVE and REMOVE alone, and with AUDIT counted as found; the recall of each class; the wrong
rows; how often each condition of HYG006 was right; the unlabelled proposals of each rule.
`--missed` writes a line for every row that is missed or wrong, with the reason.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import gzip
import json
import random
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from pathlib import Path

import missed

from readiness import cache, engine
from readiness.configure import Options
from readiness.model import Report

REMOVALS = ("ARCHIVE", "REMOVE")


@dataclass(frozen=True)
class Row:
    repository: str
    commit: str
    path: str
    removed: bool
    kind: str  # the class of the label

    @property
    def hard(self) -> bool:
        return self.kind.startswith("hard")


@dataclass
class Proposals:
    """What one plan says: path -> (action, rule, condition), and path -> message and evidence."""

    files: int
    of: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)

    def audited(self) -> float:
        """The share of the repository's files that the plan asks about."""
        return sum(kind == "AUDIT" for kind, _, _ in self.of.values()) / max(1, self.files)


def rows_of(labels: Path) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    with gzip.open(labels, "rt", newline="") as file:
        for line in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            row = Row(
                line["repo"],
                line["parent_commit"],
                line["path"],
                line["label"] == "1",
                line["class"],
            )
            found.setdefault((row.repository, row.commit), []).append(row)
    return found


def clone_of(clones: Path, repository: str) -> Path:
    places = (repository.replace("/", "+") + "/repo", repository + ".git", repository)
    for place in places:
        if (clones / place).is_dir():
            return clones / place
    sys.exit(f"{clones} holds no clone of {repository}")


def report_of(clone: Path, commit: str) -> Report:
    options = Options(rev=commit, isolated=True, ignore=("secrets",), plan=True)
    world = engine.Surroundings(today=datetime.date.today(), cache=cache.default_folder())
    return engine.audit(str(clone), options, world)


def proposals_of(report: Report) -> Proposals:
    assert report.plan is not None
    findings = {finding.fingerprint: finding for finding in report.findings}
    found = Proposals(report.files)
    for action in report.plan.actions:
        if action.kind not in (*REMOVALS, "AUDIT"):
            continue
        for finding in (findings[print_] for print_ in reversed(action.because)):
            told = "; ".join([finding.message, *(each.summary for each in finding.evidence)])
            for path in set(action.paths).intersection(finding.targets):
                found.of[path] = (action.kind, finding.rule, finding.key)
                found.told[path] = told
    return found


def share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "-"


def score(rows: list[Row], found: dict[Row, str], kinds: tuple[str, ...]) -> Iterator[str]:
    """Lines of figures, with actions of `kinds` counted as proposed."""
    hit = {row for row in rows if found.get(row) in kinds}
    right = sum(row.removed for row in hit)
    positives = sum(row.removed for row in rows)
    precision, recall = right / max(1, len(hit)), right / max(1, positives)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    hard = [row for row in rows if not row.removed and row.hard]
    easy = [row for row in rows if not row.removed and not row.hard]
    yield f"  precision {share(right, len(hit))}, recall {share(right, positives)}, F1 {f1:.3f}"
    yield f"  hard negatives {share(len(hit & set(hard)), len(hard))}"
    yield f"  ordinary negatives {share(len(hit & set(easy)), len(easy))}"
    plain = [row for row in hit if row.kind not in ("archived_dir", "dev_artifact")]
    yield "  without archive folders and artifacts: precision " + share(
        sum(row.removed for row in plain), len(plain)
    )
    for kind in sorted({row.kind for row in rows if row.removed}):
        of_kind = [row for row in rows if row.removed and row.kind == kind]
        yield f"    recall {kind:26}{share(len(hit & set(of_kind)), len(of_kind))}"


Place = tuple[str, str, str, str]  # rule, repository, commit, path


def sample(unlabelled: Iterable[Place], number: int, seed: int) -> list[Place]:
    """`number` places at random, as many of each rule in each repository as there are."""
    groups: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for place in unlabelled:
        groups[place[:2]].append(place)
    chance = random.Random(seed)
    shuffled = [chance.sample(places, len(places)) for _, places in sorted(groups.items())]
    rounds = zip_longest(*shuffled)
    return sorted(islice((place for each in rounds for place in each if place), number))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labels", type=Path)
    parser.add_argument("clones", type=Path)
    parser.add_argument("--only", default="", help="repositories whose name holds this word")
    parser.add_argument("--save", type=Path, help="write removals.json and proposals.json there")
    parser.add_argument("--missed", type=Path, help="write the rows that are missed or wrong there")
    parser.add_argument("--sample", type=int, default=0, help="unlabelled proposals to print")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--drawn", type=Path, help="write the sample there, with what was said")
    options = parser.parse_args()
    rows: list[Row] = []
    found: dict[Row, str] = {}
    conditions: dict[str, list[Row]] = defaultdict(list)
    unlabelled: dict[Place, str] = {}
    errors: list[missed.Line] = []
    asked: Counter[str] = Counter()
    audited: list[float] = []
    saved: dict[str, dict[str, list[str]]] = {"removals": {}, "proposals": {}}
    for (repository, commit), labelled in rows_of(options.labels).items():
        if options.only not in repository:
            continue
        clone = clone_of(options.clones, repository)
        report = report_of(clone, commit)
        proposals = proposals_of(report)
        rows += labelled
        audited.append(proposals.audited())
        known = {row.path: row for row in labelled}
        place = f"{repository}@{commit}"
        for name, kinds in (("removals", REMOVALS), ("proposals", (*REMOVALS, "AUDIT"))):
            saved[name][place] = [p for p, (kind, _, _) in proposals.of.items() if kind in kinds]
        for path, (kind, rule, condition) in proposals.of.items():
            if kind == "AUDIT":
                asked[f"{rule} {condition}" if rule == "HYG006" else rule] += 1
            if path in known:
                found[known[path]] = kind
                if rule == "HYG006":
                    conditions[condition].append(known[path])
            elif kind in REMOVALS:
                unlabelled[rule, repository, commit, path] = proposals.told[path]
        if options.missed:
            wrong = [row for row in labelled if row.removed != (found.get(row) in REMOVALS)]
            errors += missed.account(clone, report, wrong)
        print(f"{place[:-30]}: {proposals.audited():.1%} to ask about", file=sys.stderr, flush=True)
    print("ARCHIVE and REMOVE", *score(rows, found, REMOVALS), sep="\n")
    print("with AUDIT", *score(rows, found, (*REMOVALS, "AUDIT")), sep="\n")
    print(f"AUDIT, median share of a repository's files: {statistics.median(audited):.1%}")
    for row in rows:
        if not row.removed and found.get(row) in REMOVALS:
            print(f"wrong: {row.repository} {row.commit[:10]} {row.path} ({row.kind})")
    for condition, of_condition in sorted(conditions.items()):
        right = sum(row.removed for row in of_condition)
        count = len({row.repository for row in of_condition})
        print(f"condition {condition}: {right} of {len(of_condition)} in {count} repositories")
    for repository in sorted({row.repository for row in rows}):
        own = [row for row in rows if row.repository == repository]
        print(repository, *list(score(own, found, REMOVALS))[:1], sep="\n")
    print("AUDIT in all:", dict(asked.most_common()))
    print("unlabelled:", dict(Counter(rule for rule, *_ in unlabelled)))
    drawn = sample(unlabelled, options.sample, options.seed)
    for rule, repository, commit, path in drawn:
        print(f"sample: {rule} {repository} {commit[:10]} {path}")
    if options.drawn:
        lines = ("\t".join([*place, unlabelled[place]]) for place in drawn)
        options.drawn.write_text("\n".join(["rule\trepository\tcommit\tpath\ttold", *lines, ""]))
    if options.missed:
        missed.write(errors, options.missed)
    if options.save:
        for name, content in saved.items():
            (options.save / f"{name}.json").write_text(json.dumps(content))
    return 0


if __name__ == "__main__":
    sys.exit(main())
