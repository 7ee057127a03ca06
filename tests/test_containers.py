"""Services joined to images, images to their contexts, and paths in images to files."""

import pytest

from readiness.index import RepoIndex
from readiness.index.containers import Container, environment
from readiness.index.containers.build_context import BuildContext
from readiness.index.containers.images import Place, base_image, locate
from readiness.testing import build_index


def container(index: RepoIndex, file: str, name: str) -> Container:
    return next(c for c in index.containers.containers if (c.file, c.service.name) == (file, name))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("docker-compose.yml", ""),
        ("docker-compose.prod.yml", "production"),
        ("compose.override.yaml", "development"),
        ("deploy/staging/compose.yml", "staging"),
        ("tests/docker-compose.prod.yml", "production"),
        (".devcontainer/docker-compose.yml", "development"),
        ("productive/compose.yml", ""),
    ],
)
def test_the_environment_of_a_file_is_told_by_its_name(path: str, expected: str) -> None:
    assert environment(path) == expected


def test_a_service_is_joined_to_the_image_that_it_builds() -> None:
    index = build_index("""-- deploy/docker-compose.yml --
services:
  web:
    build:
      context: ../api
      dockerfile: docker/Dockerfile
      target: app
-- api/docker/Dockerfile --
FROM python:3.12 AS app
HEALTHCHECK CMD curl -f localhost/health
FROM app AS tests
CMD pytest
""")
    found = container(index, "deploy/docker-compose.yml", "web")
    assert found.image is not None
    assert (found.image.dockerfile, found.image.context) == ("api/docker/Dockerfile", "api")
    assert (found.image.stage.name, found.image.needed) == ("app", (0,))
    assert found.check is not None
    assert (found.check.file, found.check.line) == ("api/docker/Dockerfile", 2)


def test_a_stage_inherits_from_the_stage_that_it_stands_on() -> None:
    index = build_index("""-- Dockerfile --
FROM python:3.12 AS base
WORKDIR /srv
USER app
COPY a.py .
CMD ["a"]
HEALTHCHECK CMD true
FROM base
WORKDIR web
COPY b.py .
ENTRYPOINT ["b"]
-- a.py --
-- b.py --
""")
    image = index.containers.images[0]
    assert (image.stage.workdir, image.stage.user) == ("/srv/web", "app")
    assert image.stage.command == ()  # a new ENTRYPOINT drops the CMD below
    assert image.stage.healthcheck is not None
    assert [copy.workdir for copy in image.stage.copies] == ["/srv", "/srv/web"]
    assert base_image(image) == "python:3.12"


def test_an_overlay_is_laid_on_the_file_that_it_completes() -> None:
    index = build_index("""-- docker-compose.yml --
services:
  web:
    build: .
    healthcheck:
      test: curl -f localhost
  db:
    image: postgres
-- docker-compose.prod.yml --
services:
  web:
    restart: always
-- Dockerfile --
FROM a
""")
    found = container(index, "docker-compose.prod.yml", "web")
    assert found.layers == ("docker-compose.yml",)
    assert (found.service.restart, found.environment) == ("always", "production")
    assert found.image is not None
    assert found.check is not None
    assert found.check.file == "docker-compose.yml"
    assert len(index.containers.containers) == 3


def test_files_that_a_command_combines_are_layers() -> None:
    index = build_index("""-- scripts/up.sh --
#!/bin/sh
docker compose -f base.compose.yml -f extra.compose.yml up -d
-- base.compose.yml --
services:
  web:
    image: a
    user: app
-- extra.compose.yml --
services:
  web:
    image: b
""")
    found = container(index, "extra.compose.yml", "web")
    assert found.layers == ("base.compose.yml",)
    assert (found.service.image, found.service.user) == ("b", "app")


def test_a_service_takes_over_what_it_extends() -> None:
    index = build_index("""-- compose.yml --
services:
  worker:
    extends:
      file: common.compose.yml
      service: app
    command: work
-- common.compose.yml --
services:
  app:
    image: app
    restart: always
  loop:
    extends: loop
""")
    found = container(index, "compose.yml", "worker").service
    assert (found.image, found.restart) == ("app", "always")


def test_a_service_is_joined_by_name_to_an_image_that_is_built_elsewhere() -> None:
    index = build_index("""-- compose.yml --
services:
  web:
    image: registry.example.org/team/shop:1
-- .github/workflows/ci.yml --
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: docker build -t registry.example.org/team/shop:${{ github.sha }} -f docker/Dockerfile .
-- docker/Dockerfile --
FROM a
HEALTHCHECK CMD true
""")
    found = container(index, "compose.yml", "web")
    assert found.image is not None
    assert (found.image.named_by, found.image.certain) == (".github/workflows/ci.yml", True)
    assert found.check is not None


def test_the_context_of_a_dockerfile_that_nobody_names_is_where_most_of_its_sources_are() -> None:
    index = build_index("""-- docker/api/Dockerfile --
FROM a
COPY pyproject.toml ./
COPY src ./src
-- pyproject.toml --
-- src/a.py --
-- web/Dockerfile --
FROM a
COPY package.json ./
-- web/package.json --
""")
    contexts = {image.dockerfile: image.context for image in index.containers.images}
    assert contexts == {"docker/api/Dockerfile": "", "web/Dockerfile": "web"}
    assert not any(image.certain for image in index.containers.images)


def test_a_build_action_names_context_and_file() -> None:
    index = build_index("""-- .github/workflows/ci.yml --
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: docker/build-push-action@v6
        with:
          context: api
          file: api/Dockerfile.prod
-- api/Dockerfile.prod --
FROM a
""")
    image = index.containers.images[0]
    assert (image.dockerfile, image.context, image.certain) == ("api/Dockerfile.prod", "api", True)


IMAGE = """-- Dockerfile --
FROM node AS web
WORKDIR /build
COPY web .
FROM python
WORKDIR /app
COPY requirements.txt /tmp/
COPY app ./app
COPY start.sh /usr/local/bin/start
COPY --from=web /build/dist ./static
-- web/dist/index.html --
-- web/dist/.gitkeep --
-- requirements.txt --
-- app/main.py --
-- app/secret.txt --
-- start.sh --
-- .dockerignore --
**/*.txt
!requirements.txt
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("app/main.py", Place("app/main.py", 7)),
        ("/app/app/main.py", Place("app/main.py", 7)),
        ("/usr/local/bin/start", Place("start.sh", 8)),
        ("/tmp/requirements.txt", Place("requirements.txt", 6)),
        ("static/index.html", Place("web/dist/index.html", 3)),
        ("app/missing.py", Place(None, 7)),
        ("app/secret.txt", Place(None, 7)),
        ("manage.py", Place(None, 0)),
        ("static/missing.js", Place(None, 0)),
    ],
)
def test_a_path_inside_an_image_is_found_in_the_repository(path: str, place: Place) -> None:
    index = build_index(IMAGE)
    assert locate(index, index.containers.images[0], path) == place


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("package*.json", ("web/package.json",)),
        ("./src/", ("web/src",)),
        ("../outside", ()),
        (".", ("web",)),
        ("src/?.ts", ("web/src/a.ts",)),
        ("docs", ()),
        ("docs/keep.md", ("web/docs/keep.md",)),
        ("node_modules", ()),
    ],
)
def test_a_source_is_looked_for_in_the_context_without_what_is_ignored(
    source: str, paths: tuple[str, ...]
) -> None:
    index = build_index("""-- web/.dockerignore --
# comment
node_modules
docs/*
!docs/keep.md
-- web/package.json --
-- web/src/a.ts --
-- web/docs/a.md --
-- web/docs/keep.md --
-- web/node_modules/a.js --
-- outside --
""")
    found = BuildContext(index, "web/Dockerfile", "web").find(source)
    if source == "docs":  # the folder holds a file that is kept
        assert found.paths == ("web/docs",)
    else:
        assert found.paths == paths
    if source == "node_modules":
        assert found.excluded is not None
        assert (found.excluded.line, found.excluded.pattern) == (2, "node_modules")


def test_what_a_variable_or_a_url_names_is_not_known() -> None:
    context = BuildContext(build_index("-- a --\n"), "Dockerfile", "")
    assert not context.find("$FILE").known
    assert not context.find("https://example.org/a.tgz").known


@pytest.mark.parametrize(
    "pattern", ["!", "\\", "[", "a[", "***", "!!", "/", "..", "\\\\a\\", "{a,b"]
)
def test_any_line_of_a_dockerignore_is_tolerated(pattern: str) -> None:
    tree = {
        ".dockerignore": (f"{pattern}\nb\n".encode(), 0o100644),
        "a": (b"", 0o100644),
        "b": (b"", 0o100644),
    }
    context = BuildContext(build_index(tree), "Dockerfile", "")
    assert context.find("b").excluded is not None


def test_the_ignore_file_of_a_dockerfile_comes_first() -> None:
    index = build_index("""-- Dockerfile --
FROM a
-- Dockerfile.dockerignore --
a
-- .dockerignore --
b
-- a --
-- b --
""")
    context = BuildContext(index, "Dockerfile", "")
    assert context.find("a").excluded is not None
    assert context.find("b").paths == ("b",)


def test_source_that_is_mounted_over_the_image_is_told() -> None:
    index = build_index("""-- docker-compose.yml --
services:
  web:
    build: .
    volumes: ['.:/app', data:/data]
-- Dockerfile --
FROM a
""")
    assert container(index, "docker-compose.yml", "web").mounts_source
