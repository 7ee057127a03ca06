"""A plan that people wrote, held against the repository: what is done, true or contradicted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.cli import main
from readiness.model import ActionKind, Confidence, Dimension, Finding, Location, Severity, Standing
from readiness.plan import propose
from readiness.plan.handmade import parse
from readiness.plan.reconcile import kept, reconcile
from readiness.testing import build_index

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git

PLAN = """\
# Clean the shop up

**Current status**: 4.1/10, **to become** 9/10

## Phase 1

### Files to KEEP
- main.py (what runs)
- `tools/start.sh`
- old_shop/ (until the audit)
- gone.py

### **Files to ARCHIVE (remove from the active code):**
```
📦 ARCHIVE - old files:
- shop/archive/
- All *_old.py files
- shop/*/drafts/
```

### Clean up
```bash
# leftovers
rm -rf build/ *.log  # made by tools
mv shop/mail.py attic/
```

#### Add to .gitignore
```gitignore
*.log
.env
```

## Phase 2
🔧 MODIFY - configuration:
- compose.yaml (passwords)
- shop/settings.py

1. CREATE `docker-compose.prod.yml`
2. Create .github/workflows/ci.yml
- [ ] Create a culture of testing

| action | path |
|---|---|
| AUDIT | tests/unit/ |

### Success
- **Security**: 2/10 → 9/10
- all services answer
"""
TREE = """\
-- app/main.py --
import shop.mail
-- app/shop/__init__.py --
-- app/shop/mail.py --
x = 1
-- app/shop/settings.py --
x = 1
-- app/shop/order_old.py --
x = 1
-- app/shop/archive/mail.py --
x = 1
-- app/Dockerfile --
FROM python:3.12
COPY . .
CMD python main.py
-- app/compose.yaml --
services: {}
-- app/tests/unit/test_mail.py --
from shop import mail
-- app/tools/start.sh --
python main.py
-- app/docker-compose.prod.yml --
services: {}
-- app/attic/gone.py --
-- .gitignore --
*.log
"""


def finding(kind: ActionKind, path: str, message: str) -> Finding:
    return Finding(
        "AAA001",
        Location(path, 3),
        message,
        Severity.MEDIUM,
        Confidence.HIGH,
        action=kind,
        targets=(path,),
    )


FOUND = [
    finding(ActionKind.ARCHIVE, "app/shop/archive/mail.py", "an archive"),
    finding(ActionKind.AUDIT, "app/tools/start.sh", "nothing runs it"),
    finding(ActionKind.MODIFY, "app/compose.yaml", "a weak password"),
    finding(ActionKind.MODIFY, "app/Dockerfile", "no health check"),
]


def standings() -> dict[str, tuple[Standing, str]]:
    index = build_index(TREE)
    found = reconcile(parse(PLAN), index, propose(index, FOUND), FOUND, "PLAN.md")
    return {each.claim.subject: (each.standing, each.summary) for each in found.answers}


def test_lists_tables_and_shell_are_read_with_their_lines() -> None:
    claims = [(each.line, each.kind.value, each.subject) for each in parse(PLAN).claims]
    assert claims == [
        (8, "KEEP", "main.py"),
        (9, "KEEP", "tools/start.sh"),
        (10, "KEEP", "old_shop/"),
        (11, "KEEP", "gone.py"),
        (16, "ARCHIVE", "shop/archive/"),
        (17, "ARCHIVE", "*_old.py"),
        (18, "ARCHIVE", "shop/*/drafts/"),
        (24, "REMOVE", "build/"),
        (24, "REMOVE", "*.log"),
        (25, "ARCHIVE", "shop/mail.py"),
        (30, "MODIFY", "*.log"),
        (31, "MODIFY", ".env"),
        (36, "MODIFY", "compose.yaml"),
        (37, "MODIFY", "shop/settings.py"),
        (39, "CREATE", "docker-compose.prod.yml"),
        (40, "CREATE", ".github/workflows/ci.yml"),
        (45, "AUDIT", "tests/unit/"),
    ]


def test_scores_and_entries_without_a_path_are_read_too() -> None:
    handmade = parse(PLAN)
    assert handmade.target == 9.0
    assert [(each.dimension, each.then, each.target) for each in handmade.stated] == [
        (None, 4.1, 9.0),
        (Dimension.SECURITY, 2.0, 9.0),
    ]
    assert handmade.prose == (41,)


def test_each_entry_is_held_against_the_repository() -> None:
    told = standings()
    assert {subject: standing.value for subject, (standing, _) in told.items()} == {
        "main.py": "still true",
        "tools/start.sh": "in question",
        "old_shop/": "no longer true",
        "gone.py": "no longer true",
        "shop/archive/": "still true",
        "*_old.py": "still true",
        "shop/*/drafts/": "done",
        "build/": "done",
        "*.log": "done",
        "shop/mail.py": "contradicted",
        ".env": "still true",
        "compose.yaml": "still true",
        "shop/settings.py": "cannot be told",
        "docker-compose.prod.yml": "done",
        ".github/workflows/ci.yml": "still true",
        "tests/unit/": "cannot be told",
    }


def test_the_line_that_contradicts_is_named() -> None:
    told = standings()
    assert told["shop/mail.py"][1] == "app/main.py imports app/shop/mail.py"
    assert told["tools/start.sh"][1] == "nothing runs it"
    assert told["main.py"][1].startswith("app/Dockerfile starts it")
    assert told["gone.py"][1] == "it lies only in an archive now: app/attic/gone.py"


def test_what_it_does_not_mention_is_named() -> None:
    index = build_index(TREE)
    plan = propose(index, FOUND)
    found = reconcile(parse(PLAN), index, plan, FOUND, "PLAN.md")
    missed = [action.paths for action in plan.actions if action.id in found.missed]
    assert missed == []  # the Dockerfile is in one task with the compose file that it mentions
    assert reconcile(parse("- KEEP main.py"), index, plan).missed == tuple(
        action.id for action in plan.actions if action.because
    )


def test_its_keeps_by_name_are_taken_over_with_a_reason() -> None:
    plan = kept(parse(PLAN), build_index(TREE), "PLAN.md")
    assert [(each.paths, each.reason) for each in plan.actions] == [
        (("app/main.py",), "PLAN.md:8 keeps it"),
        (("app/tools/start.sh",), "PLAN.md:9 keeps it"),
    ]


WORDS = ["KEEP", "- ", "# ", "```", "`", "*", "/", "a.py", "\n", " ", "rm ", "(", "|", "9/10"]


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=5), max_size=60).map("".join))
def test_any_text_is_read(text: str) -> None:
    index = build_index("-- a.py --\n")
    reconcile(parse(text), index, propose(index, []))


@pytest.mark.parametrize("format", ["text", "markdown", "json"])
def test_the_command_tells_what_became_of_a_plan(
    git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str], format: str
) -> None:
    git.write("main.py", "import mail\n")
    git.write("Dockerfile", "FROM python:3.12\nCOPY . .\nCMD python main.py\n")
    git.write("mail.py", "x = 1\n")
    git.commit()
    (tmp_path / "PLAN.md").write_text("# KEEP\n- main.py\n# REMOVE\n- mail.py\n- old.py\n")
    arguments = ["plan", str(git.folder), "--no-cache", "--reconcile", str(tmp_path / "PLAN.md")]
    assert main([*arguments, "--format", format]) == 0
    told = capsys.readouterr().out
    if format == "json":
        answers = json.loads(told)["answers"]
        assert [each["standing"] for each in answers] == ["still true", "contradicted", "done"]
    else:
        assert "main.py imports mail.py" in told.replace("`", "")
        assert "1 contradicted, 1 still true, 1 done" in told
    if format == "text":
        assert max(map(len, told.splitlines())) <= 100
    assert main([*arguments, "--format", "toml"]) == 0
    assert 'reason = "PLAN.md:2 keeps it"' in capsys.readouterr().out


def test_a_plan_that_is_not_there_is_told(git: Git, capsys: pytest.CaptureFixture[str]) -> None:
    git.commit()
    assert main(["plan", str(git.folder), "--reconcile", "nowhere.md"]) == 2
    assert "--reconcile nowhere.md: no such file or directory" in capsys.readouterr().err
