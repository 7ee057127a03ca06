"""What runs when the software starts: functions in their order, and commands of containers."""

from __future__ import annotations

from readiness.index import startup
from readiness.testing import build_index


def _functions(tree: str, path: str = "main.py") -> list[str]:
    started = startup.of(build_index(tree), path)
    return [f"{each.path}:{each.name}" for each in started.functions if each.name]


def _calls(tree: str, path: str = "main.py") -> list[str]:
    return [step.call.name for step in startup.of(build_index(tree), path).steps]


def test_calls_are_followed_into_methods_and_other_files() -> None:
    tree = """\
-- main.py --
import uvicorn
from fastapi import FastAPI
from store import connect as open_store
class App:
    async def start(self):
        self.check()
        open_store()
    def check(self):
        ping()
async def lifespan(app):
    runner = App()
    await runner.start()
    yield
app = FastAPI(lifespan=lifespan)
-- store.py --
def connect():
    pass
def unused():
    pass
"""
    assert _functions(tree) == [
        "main.py:__main__",
        "main.py:lifespan",
        "main.py:App.start",
        "main.py:App.check",
        "store.py:connect",
    ]
    assert _calls(tree) == [
        *("FastAPI", "App", "runner.start", "self.check", "ping", "open_store"),
    ]


def test_the_way_to_a_function_is_told() -> None:
    tree = "-- main.py --\nimport uvicorn\ndef main():\n    check()\ndef check():\n    ping()\n"
    started = startup.of(build_index(tree + "if __name__ == '__main__':\n    main()\n"), "main.py")
    function = started.function("main.py", "check")
    assert function is not None
    assert started.chain(function) == "main -> check"


def test_a_lifespan_of_another_file_counts() -> None:
    tree = """\
-- main.py --
from fastapi import FastAPI
from app.life import lifespan
app = FastAPI(lifespan=lifespan)
-- app/life.py --
async def lifespan(app):
    await connect()
    yield
"""
    assert "app/life.py:lifespan" in _functions(tree)


def test_a_handler_that_a_function_makes_runs_at_the_start() -> None:
    tree = """\
-- main.py --
from fastapi import FastAPI
from events import make_start, make_stop
app = FastAPI()
app.add_event_handler("startup", make_start(app))
app.add_event_handler("shutdown", make_stop(app))
-- events.py --
from fastapi import FastAPI
app = FastAPI()
def make_start(app):
    async def start():
        await connect()
    return start
def make_stop(app):
    async def stop():
        await disconnect()
    return stop
"""
    found = _functions(tree)
    assert "events.py:make_start.start" in found
    assert "events.py:make_stop.stop" not in found


def test_what_runs_beside_the_start_or_at_the_end_is_no_part_of_it() -> None:
    tree = """\
-- main.py --
import asyncio
from fastapi import FastAPI
async def lifespan(app):
    asyncio.create_task(watch())
    yield
    await stop_all()
async def watch():
    poll()
async def stop_all():
    close()
app = FastAPI(lifespan=lifespan)
@app.get("/x")
async def answer():
    query()
"""
    assert _functions(tree) == ["main.py:__main__", "main.py:lifespan"]


def test_a_launcher_starts_the_application_that_it_names() -> None:
    tree = """\
-- run.py --
import uvicorn
uvicorn.run("shop.app:app")
-- shop/app.py --
from fastapi import FastAPI
async def on_startup():
    await connect()
app = FastAPI()
"""
    assert "shop/app.py:on_startup" in _functions(tree, "run.py")


def test_functions_that_call_each_other_end() -> None:
    tree = "-- main.py --\nimport uvicorn\ndef a():\n    b()\ndef b():\n    a()\na()\n"
    assert _functions(tree) == ["main.py:a", "main.py:b", "main.py:__main__"]


def _boot(tree: str) -> list[str]:
    return [f"{each.file}:{' '.join(each.command.words)}" for each in build_index(tree).boot]


def test_a_container_runs_the_scripts_that_its_image_copies() -> None:
    tree = """\
-- Dockerfile --
FROM python:3.12
COPY docker/entry.sh /entry.sh
COPY . /app
WORKDIR /app
ENTRYPOINT ["/entry.sh"]
CMD ["uvicorn", "main:app"]
-- docker/entry.sh --
bin/migrate.sh
exec "$@"
-- bin/migrate.sh --
alembic upgrade head
-- bin/other.sh --
rm -rf /
"""
    assert _boot(tree) == [
        "Dockerfile:/entry.sh",
        "docker/entry.sh:bin/migrate.sh",
        "bin/migrate.sh:alembic upgrade head",
        "docker/entry.sh:$@",
        "Dockerfile:uvicorn main:app",
    ]


def test_processes_services_and_hooks_of_images_boot() -> None:
    tree = """\
-- Procfile --
release: bin/release
-- bin/release --
#!/bin/sh
python manage.py migrate
-- rootfs/etc/s6-overlay/s6-rc.d/init-db/run --
#!/bin/sh
pg_isready
-- docker-compose.yml --
services:
  web:
    image: example
    command: sh -c "sleep 1 && serve"
"""
    assert _boot(tree) == [
        "docker-compose.yml:sleep 1",
        "docker-compose.yml:serve",
        "Procfile:bin/release",
        "bin/release:python manage.py migrate",
        "rootfs/etc/s6-overlay/s6-rc.d/init-db/run:pg_isready",
    ]


def test_scripts_that_run_each_other_end() -> None:
    tree = '-- Dockerfile --\nFROM x\nCOPY . .\nCMD ["./a.sh"]\n-- a.sh --\n./b.sh\n-- b.sh --\n'
    assert _boot(tree + "./a.sh\n")[-1] == "b.sh:./a.sh"
