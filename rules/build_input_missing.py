"""CTR008: an image that cannot be built or started from what the repository holds."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.index import RepoIndex, ignores
from readiness.model import Area, Confidence, Dimension, Evidence, Finding, Severity
from readiness.rule import Example, Rule, against, for_

from ._build_inputs import Lost, lost_programs, lost_sources, made_elsewhere
from ._services import live


class BuildInputMissing(Rule):
    """A Dockerfile copies or runs what the build context does not hold.

    What it does
        Looks up each source of COPY, ADD and bind mounts in the folder that the image is built
        from, as compose files, workflows and scripts name it, without what .dockerignore leaves
        out; and each script that ENTRYPOINT and CMD run out of a folder that is copied whole.

    Why it matters
        The image builds on the machine where the file happens to lie, and nowhere else: a clone
        cannot be built, so neither CI nor a rollback can.

    How to fix
        Track the file, or take the line that hides it out of .gitignore or .dockerignore (a
        `!package.json` after `*.json`); or remove the COPY.

    Limits
        Variables, URLs, other stages, submodules and links are not judged, nor what a script or CI
        step names or an artefact's name (dist, target, *.whl) says is built. A glob beside a
        source that is found may match nothing. Without a build command the context is guessed.
    """

    id = "CTR008"
    name = "build-input-missing"
    dimension = Dimension.OPERATIONS
    area = Area.CONTAINERS
    severity = Severity.CRITICAL
    examples = (
        Example(
            "an ignore line hides the manifest that the image is built from",
            "-- web/Dockerfile --\nFROM node\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n"
            "-- web/index.ts --\n-- .gitignore --\n*.json\n"
            "-- compose.yml --\nservices:\n  web: {build: web}\n",
            ("web/Dockerfile:2",),
        ),
        Example(
            "a lock file that may be missing, beside a manifest that is there",
            "-- Dockerfile --\nFROM python\nCOPY pyproject.toml poetry.lock* ./\n"
            "COPY --from=build /x /x\nADD https://example.org/a.tgz /\nCOPY $WHAT /\n"
            "-- pyproject.toml --\n",
        ),
        Example(
            "what .dockerignore leaves out",
            "-- Dockerfile --\nFROM python\nCOPY scripts/start.sh /\n-- scripts/start.sh --\n"
            "-- .dockerignore --\nscripts\n-- .github/workflows/ci.yml --\non: push\njobs:\n"
            "  a:\n    steps: [{run: docker build .}]\n",
            ("Dockerfile:2",),
        ),
        Example(
            "the context is the root although the Dockerfile lies deeper",
            "-- docker/Dockerfile --\nFROM python\nCOPY app /app\n-- app/main.py --\n",
        ),
        Example(
            "built before it is copied",
            "-- Dockerfile --\nFROM nginx\nCOPY dist /srv\nCOPY version.txt /srv/\n"
            "-- .gitignore --\ndist\n-- build.sh --\ngit describe > version.txt\n",
        ),
        Example(
            "CMD runs what the copied folders do not hold",
            "-- Dockerfile --\nFROM python\nWORKDIR /app\nCOPY . .\nCMD python server.py\n"
            "-- main.py --\n-- api/Dockerfile --\nFROM python\nWORKDIR /srv\nCOPY app app\n"
            "CMD uvicorn app.main:app\n-- api/app/server.py --\n",
            ("Dockerfile:4", "api/Dockerfile:4"),
        ),
        Example(
            "CMD runs what another stage or an installed package may hold",
            "-- Dockerfile --\nFROM node AS web\nCOPY . .\nRUN make\nFROM python\nWORKDIR /app\n"
            "COPY --from=web /out .\nCMD python server.py && uvicorn shop.main:app\n-- m.py --\n",
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        live_images = (i for i in index.containers.images if live(index, i.dockerfile))
        return None if any(live_images) else "no image is built here"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        made = index.once(made_elsewhere)
        found: dict[tuple[str, int, str], list[Lost]] = {}
        contexts: dict[str, set[str]] = {}
        for image in index.containers.images:
            named_live = not image.named_by or live(index, image.named_by)
            if live(index, image.dockerfile) and named_live:
                contexts.setdefault(image.dockerfile, set()).add(image.context)
                for lost in (*lost_sources(index, image, made), *lost_programs(index, image)):
                    key = (image.dockerfile, lost.line, lost.source)
                    found.setdefault(key, []).append(lost)
        for (file, _, _), group in found.items():
            failing = {lost.image.context for lost in group}
            others = sorted(contexts[file] - failing)
            yield self._finding(group[0]._replace(elsewhere=others[0] if others else ""))

    def _finding(self, lost: Lost) -> Finding:
        image, file = lost.image, lost.image.dockerfile
        where = image.context or "the root"
        runs = lost.instruction in ("CMD", "ENTRYPOINT")
        absent = f"{lost.path} does not exist" if runs else ""  # as others say that name it
        problem = f"matches nothing in {where}, so the image cannot be built from a clone"
        if runs:
            problem = f"cannot start: the folder that is copied holds no {lost.path}"
        severity, confidence = _grade(lost)
        return self.finding(
            file,
            f"`{lost.instruction} {lost.source}` {problem}",
            line=lost.line,
            key=f"{lost.instruction} {lost.source}",
            severity=severity,
            confidence=confidence,
            evidence=_evidence(lost),
            cause=ignores.cause(lost.hidden) if lost.hidden else absent,
        )


def _grade(lost: Lost) -> tuple[Severity, Confidence]:
    if lost.optional or (lost.hidden is not None and not lost.manifest):
        return Severity.MEDIUM, Confidence.MEDIUM  # kept out on purpose: made on each machine
    if not lost.image.certain and not lost.resolved:
        return Severity.MEDIUM, Confidence.LOW  # the context may lie outside of the repository
    if lost.elsewhere or not lost.image.certain:
        return Severity.HIGH, Confidence.MEDIUM
    return Severity.CRITICAL, Confidence.HIGH


def _evidence(lost: Lost) -> Iterator[Evidence]:
    image, hidden, excluded = lost.image, lost.hidden, lost.excluded
    if excluded:
        yield for_(f"`{excluded.pattern}` leaves it out", excluded.file, excluded.line)
    else:
        yield for_(f"there is no {lost.path} in the repository", image.dockerfile, lost.line)
    if hidden:
        yield for_(f"`{hidden.pattern}` hides it from Git", hidden.file, hidden.line)
    if image.certain:
        yield for_("this builds the image", image.named_by, image.named_line)
    else:
        yield against("no command here builds it: the context is assumed", image.dockerfile)
    if lost.elsewhere:
        yield against(f"it is found when built from {lost.elsewhere}", image.dockerfile)
