"""What a command starts: the application, worker or script that its words name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

from readiness.facts.programs import base


class Role(StrEnum):
    API = "api"
    WORKER = "worker"
    SCHEDULER = "scheduler"
    CLI = "cli"
    FRONTEND = "frontend"


class Start(Struct, frozen=True):
    """`text` is a path, or a dotted module where `module`; `choices` are further ones, of which
    the first that is there is meant. `folder` is where it is looked for, from where the command
    runs. `role` is null where the file itself tells it."""

    text: str
    module: bool = False
    role: Role | None = None
    folder: str = ""
    choices: tuple[str, ...] = ()


_INTERPRETER = re.compile(r"(?:python|pypy)[0-9.]*w?(?:\.exe)?")
_APPLICATION = re.compile(r"([A-Za-z_][\w.]*)(?::[A-Za-z_][\w.]*(?:\(.{0,80}\))?)?")
_ADDRESS = re.compile(r":\d+$|^\d")
_DEFAULT = re.compile(r"\$\{\w+:?-([^}$]+)\}")
_RUN_CALL = re.compile(r"uvicorn\.run\(\s*['\"]([\w.]+:\w+)")
_FOLDER_OPTIONS = ("--app-dir", "--chdir", "--working-dir", "--pythonpath", "--workdir")
_MANAGED = {  # what commands of Django's and Flask's manage.py keep running
    **dict.fromkeys(
        ("runserver", "runserver_plus", "serve", "daphne", "run_gunicorn", "rungunicorn"), Role.API
    ),
    **dict.fromkeys(
        (
            *("worker", "rqworker", "rqworker-pool", "qcluster", "run_huey", "process_tasks"),
            *("runworker", "rundramatiq", "db_worker"),
        ),
        Role.WORKER,
    ),
    **dict.fromkeys(("beat", "scheduler", "rqscheduler"), Role.SCHEDULER),
}
_SWITCH_VALUES = frozenset(("-W", "-X", "--check-hash-based-pycs"))


def starts(words: Sequence[str], environment: Sequence[tuple[str, str]] = ()) -> tuple[Start, ...]:
    """What the words of one command (behind its wrappers) start, in the order of their names."""
    return _started(tuple(words), tuple(environment))


@lru_cache(1 << 14)
def _started(words: tuple[str, ...], environment: tuple[tuple[str, str], ...]) -> tuple[Start, ...]:
    known = tuple(_DEFAULT.sub(r"\1", word) if "$" in word else word for word in words)
    return tuple(_starts(known, dict(environment), 3)) if known else ()


def _starts(words: tuple[str, ...], environment: dict[str, str], depth: int) -> Iterator[Start]:
    name = base(words[0])
    if _INTERPRETER.fullmatch(name):
        yield from _python(words[1:], environment, depth)
    elif name in _PROGRAMS:
        yield from _PROGRAMS[name](words[1:], environment)
    elif words[0].endswith(".py"):
        yield from _script(words)


def _python(words: tuple[str, ...], environment: dict[str, str], depth: int) -> Iterator[Start]:
    position = 0
    while position < len(words) and words[position].startswith("-"):
        option = words[position]
        rest = words[position + 1 :]
        if option == "-m" and rest:
            if base(rest[0]) in _PROGRAMS and depth:
                yield from _starts(rest, environment, depth - 1)
            else:
                yield Start(f"{rest[0]}.__main__", module=True, choices=(rest[0],))
            return
        if option == "-c":
            for found in _RUN_CALL.finditer(rest[0] if rest else ""):
                yield Start(found[1].partition(":")[0], module=True, role=Role.API)
            return
        position += 2 if option in _SWITCH_VALUES else 1
    yield from _script(words[position:])


def _script(words: Sequence[str]) -> Iterator[Start]:
    if not words or words[0].startswith(("-", "<", "$")):
        return
    role = None
    if base(words[0]) == "manage.py" and len(words) > 1:
        role = _MANAGED.get(words[1], Role.CLI)
        if words[1] in ("rq", "celery") and len(words) > 2:
            role = _MANAGED.get(words[2], Role.CLI)
    yield Start(words[0], role=role)


def _asgi(words: Sequence[str], environment: dict[str, str]) -> Iterator[Start]:
    """uvicorn, gunicorn and kin: the first word that may be `module:application`."""
    folder = _option(words, *_FOLDER_OPTIONS)
    found = [
        match[1]
        for word in words
        if not word.startswith("-")
        and not _ADDRESS.search(word)
        and (match := _APPLICATION.fullmatch(word))
    ]
    named = [match[1] for word in words if (match := _APPLICATION.fullmatch(word)) and ":" in word]
    named = [text for text in named if text in found]
    ordered = tuple(dict.fromkeys((*named, *(text for text in found if "." in text), *found)))
    if ordered:
        yield Start(ordered[0], module=True, role=Role.API, folder=folder, choices=ordered[1:])


def _flask(words: Sequence[str], environment: dict[str, str]) -> Iterator[Start]:
    given = _option(words, "--app", "-A") or environment.get("FLASK_APP", "")
    if "run" not in words:
        return
    text = given.partition(":")[0]
    if text.endswith(".py"):
        yield Start(text, role=Role.API)
    elif text:
        yield Start(text, module=True, role=Role.API)
    else:
        yield Start("wsgi.py", role=Role.API, choices=("app.py", "app/__init__.py"))


def _fastapi(words: Sequence[str], environment: dict[str, str]) -> Iterator[Start]:
    if words[:1] not in (("run",), ("dev",)):
        return
    given = next((word for word in words[1:] if word.endswith(".py")), "")
    if given:
        yield Start(given, role=Role.API)
    else:
        yield Start("main.py", role=Role.API, choices=("app/main.py", "app.py", "api.py"))


def _uwsgi(words: Sequence[str], environment: dict[str, str]) -> Iterator[Start]:
    module = _option(words, "--module", "-w", "--wsgi").partition(":")[0]
    file = _option(words, "--wsgi-file", "--file")
    if module:
        yield Start(module, module=True, role=Role.API)
    elif file:
        yield Start(file, role=Role.API)


def _celery(words: Sequence[str], environment: dict[str, str]) -> Iterator[Start]:
    application = _option(words, "-A", "--app") or environment.get("CELERY_APP", "")
    text = application.partition(":")[0]
    folder = _option(words, "--workdir")
    if not text:
        return
    choices = (f"{text}.celery", f"{text}.app", text.rpartition(".")[0])
    if "worker" in words or "multi" in words:
        yield Start(text, True, Role.WORKER, folder, choices)
    if "beat" in words or "-B" in words or "--beat" in words:
        yield Start(text, True, Role.SCHEDULER, folder, choices)


def _worker(words: Sequence[str], environment: dict[str, str]) -> Iterator[Start]:
    """dramatiq, arq, taskiq, huey: a dotted module, with or without the object in it."""
    role = Role.SCHEDULER if words[:1] == ("scheduler",) else Role.WORKER
    for word in words:
        match = _APPLICATION.fullmatch(word)
        if match and (":" in word or "." in word):
            above = match[1].rpartition(".")[0]
            yield Start(match[1], module=True, role=role, choices=(above,) if above else ())
            return


def _page(words: Sequence[str], environment: dict[str, str]) -> Iterator[Start]:
    given = next((word for word in words if word.endswith(".py")), "")
    if given:
        yield Start(given, role=Role.FRONTEND)


def _option(words: Sequence[str], *names: str) -> str:
    """The value of the first of these options: `--app x`, `--app=x`, `-Ax`."""
    for number, word in enumerate(words):
        for name in names:
            if word == name and number + 1 < len(words):
                return words[number + 1]
            if word.startswith(name + "="):
                return word[len(name) + 1 :]
            if len(name) == 2 and word.startswith(name) and len(word) > 2:
                return word[2:]
    return ""


_Reader = Callable[[Sequence[str], dict[str, str]], Iterator[Start]]
_PROGRAMS: dict[str, _Reader] = {
    **dict.fromkeys(
        (
            *(
                "uvicorn",
                "gunicorn",
                "hypercorn",
                "daphne",
                "granian",
                "waitress-serve",
                "waitress",
            ),
            *("sanic", "chalice", "bjoern", "litestar", "robyn", "gevent"),
        ),
        _asgi,
    ),
    **dict.fromkeys(("flask", "quart"), _flask),
    "fastapi": _fastapi,
    "uwsgi": _uwsgi,
    "celery": _celery,
    **dict.fromkeys(
        ("dramatiq", "arq", "taskiq", "huey_consumer", "huey_consumer.py", "faststream", "saq"),
        _worker,
    ),
    **dict.fromkeys(("streamlit", "chainlit", "solara", "marimo", "panel", "bokeh"), _page),
}
