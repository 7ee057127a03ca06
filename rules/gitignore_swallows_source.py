"""HYG009: an ignore line that keeps files out which the build needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from readiness.facts import ignorefile
from readiness.index import RepoIndex
from readiness.index.ignores import IgnoreLine, cause
from readiness.model import Area, Confidence, Dimension, Evidence, Finding, Severity
from readiness.rule import Example, Rule, for_

from ._figures import counted
from ._hidden import Hidden, hidden

_SOURCES = "".join(f"-- web/src/page{n}.tsx --\nexport default {n}\n" for n in range(5))
_CI = (
    "-- .github/workflows/ci.yml --\non: push\njobs:\n  a:\n    steps:\n"
    "      - uses: actions/checkout@v4\n"
)


class GitignoreSwallowsSource(Rule):
    """A .gitignore line hides files that the build, the tests or the code need.

    What it does
        Takes every file that something needs and that is not tracked (a COPY of a Dockerfile, a
        command of a workflow, an import of one's own module), and asks by Git's own rules which
        .gitignore line would hide it. One finding for each such line, with all that it breaks.

    Why it matters
        The file lies on its author's disk and everything works there. In a clone it is missing:
        images cannot be built, `npm ci` fails, and `git status` never shows why.

    How to fix
        Make the pattern narrower (anchor it, name a folder) or add exceptions below it
        (`!package.json`), then track the files: `git add` no longer skips them.

    Limits
        Files that are meant to be made on each machine (.env, build output) are no source and are
        not reported. What is tracked in spite of a pattern is not lost. An import that the code
        can do without speaks against the finding.
    """

    id = "HYG009"
    name = "gitignore-swallows-source"
    dimension = Dimension.CLEANUP
    area = Area.ARTIFACTS
    severity = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "the manifest that a workflow and an image need",
            f"-- .gitignore --\n*.log\n*.json\n{_CI}      - run: cd web && npm ci\n"
            f"-- web/Dockerfile --\nFROM node:22\nCOPY package*.json ./\n{_SOURCES}",
            (".gitignore:2",),
        ),
        Example(
            "a package of the application's own",
            "-- .gitignore --\nmodels/\n-- app/__init__.py --\n-- app/main.py --\n"
            "from app.models.user import User\n",
            (".gitignore:1",),
        ),
        Example(
            "pages to be built whose manifest would be hidden, and nothing that says so",
            f"-- .gitignore --\n*.json\n{_SOURCES}",
            (".gitignore:1",),
        ),
        Example(
            "scripts that a browser loads as they are",
            f"-- .gitignore --\n*.json\n{_SOURCES.replace('.tsx', '.js')}",
        ),
        Example(
            "an exception below the pattern",
            f"-- .gitignore --\n*.json\n!package.json\n{_CI}      - run: npm ci\n"
            "-- package.json --\n{}\n-- package-lock.json --\n{}\n",
        ),
        Example(
            "tracked in spite of the pattern",
            f"-- .gitignore --\n*.json\n{_CI}      - run: npm ci\n-- package.json --\n{{}}\n"
            "-- package-lock.json --\n{}\n",
        ),
        Example(
            "what every machine makes for itself",
            "-- .gitignore --\n.env\ndist/\n-- Dockerfile --\nFROM node:22\nCOPY .env dist ./\n"
            "-- app/__init__.py --\n-- app/main.py --\nimport json\nfrom app.core import x\n",
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        if any(True for _ in index.each(ignorefile.SLICE)):
            return None
        return "there is no .gitignore"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        lines: dict[IgnoreLine, list[Hidden]] = {}
        for each in hidden(index):
            lines.setdefault(each.line, []).append(each)
        for line, needs in lines.items():
            yield self._finding(line, needs)

    def _finding(self, line: IgnoreLine, needs: list[Hidden]) -> Finding:
        proven = [each for each in needs if each.proven]
        paths = list(dict.fromkeys(each.path for each in proven or needs))
        shown: dict[Evidence, None] = dict.fromkeys(each.evidence for each in proven + needs)
        evidence = [for_(f"`{line.pattern}` would hide {paths[0]}", line.file, line.line)]
        named = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
        files = dict.fromkeys(str(each.evidence.location.path) for each in needs)
        broken = (
            f"{counted(len(files), 'file')} need{'s' if len(files) == 1 else ''} what is hidden"
        )
        return self.finding(
            line.file,
            f"`{line.pattern}` keeps {named} out of the repository, and {broken}",
            line=line.line,
            severity=Severity.CRITICAL if proven else Severity.MEDIUM,
            confidence=Confidence.HIGH if proven else Confidence.MEDIUM,
            evidence=[*evidence, *list(shown)[:12]],
            subjects=(line.file, *files),
            targets=(line.file,),
            key=line.pattern,
            cause=cause(line),
        )
