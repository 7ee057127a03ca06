"""Which paths the code serves, and how surely."""

import pytest

from readiness.facts.paths import MOST, extract
from readiness.index import RepoIndex
from readiness.index.routes import join
from readiness.testing import build_index


def served(index: RepoIndex) -> list[tuple[str, bool]]:
    return [(route.path, route.certain) for route in index.routes.served]


def test_a_route_of_the_application_itself_is_certain() -> None:
    index = build_index("""-- main.py --
app = FastAPI()
@app.get("/health")
def health():
    return database.ping()
""")
    assert served(index) == [("/health", True)]
    assert index.routes.served[0].route.checks


def test_the_prefixes_of_a_router_and_of_its_inclusions_are_joined() -> None:
    index = build_index("""-- main.py --
app = FastAPI()
outer = APIRouter(prefix="/api")
inner = APIRouter(prefix="/v1")
outer.include_router(inner, prefix="/users")
app.include_router(outer)
@inner.get("/{id}")
def user(id): ...
""")
    assert served(index) == [("/api/users/v1/{id}", True)]


def test_a_route_on_an_attribute_chain_counts_although_nobody_proves_its_inclusion() -> None:
    index = build_index("""-- manager.py --
class Manager:
    def register(self):
        @self.global_router.get("/health")
        async def health():
            return {"status": "up"}
""")
    assert served(index) == [("/health", False)]


def test_a_prefix_that_is_no_literal_leaves_the_route_uncertain() -> None:
    index = build_index("""-- main.py --
app = FastAPI()
router = APIRouter()
app.include_router(router, prefix=settings.API)
@router.get("/ping")
def ping(): ...
""")
    assert served(index) == [("/ping", False)]


def test_a_registration_below_a_path_that_is_not_known_is_told_where_its_router_is_known() -> None:
    index = build_index("""-- app/main.py --
from app.base import routes
app = Flask()
app.register_blueprint(routes)
@routes.route(scoped("/login"))
def login(): ...
@routes.route(PATHS["x"])
def x(): ...
@cache.get(KEY)
def cached(): ...
-- app/base.py --
routes = Blueprint("all", __name__)
""")
    assert served(index) == [("/login", False)]
    assert index.routes.unread == (("app/main.py", 4), ("app/main.py", 6))


def test_the_url_configurations_of_django_include_each_other() -> None:
    index = build_index("""-- site/urls.py --
from django.urls import include, path
urlpatterns = [path("shop/", include("shop.urls")), path("up", views.up)]
-- shop/urls.py --
from django.urls import path, re_path
urlpatterns = [path("items/", views.items), re_path(r"^old/$", views.old)]
""")
    assert served(index) == [("/shop/items/", True), ("/shop/old/", True), ("/up", True)]


def test_routers_that_include_each_other_end() -> None:
    index = build_index("""-- a.py --
one = APIRouter(prefix="/1")
two = APIRouter(prefix="/2")
one.include_router(two)
two.include_router(one)
@one.get("/x")
def x(): ...
""")
    assert served(index) == [("/1/x", False)]


def test_the_folders_of_a_next_application_are_its_routes() -> None:
    index = build_index("""-- web/app/(site)/api/health/route.ts --
export function GET() {}
-- web/src/pages/users/[id].tsx --
export default 1
-- web/src/pages/index.tsx --
export default 1
""")
    assert [path for path, _ in served(index)] == ["/api/health", "/", "/users/{}"]


def test_the_literals_of_live_code_in_any_language_are_known_with_their_files() -> None:
    index = build_index("""-- server.js --
app.get('/healthz', ok)
-- nginx.conf --
location = /status { return 200; }
-- tests/test_a.py --
client.get("/only-in-tests")
-- a.py --
PATH = "/metrics"
""")
    literals = index.routes.literals
    assert literals["/healthz"] == ("server.js",)
    assert literals["/status"] == ("nginx.conf",)
    assert literals["/metrics"] == ("a.py",)
    assert "/only-in-tests" not in literals


def test_a_file_of_paths_is_cut_off_and_a_binary_one_says_nothing() -> None:
    many = b"".join(b"'/a%d';\n" % number for number in range(2 * MOST))
    found = extract("code", many).literals
    assert len(found) == MOST
    assert found[1] == ("/a1", 2)
    assert extract("code", b"\0'/a'").literals == ()


@pytest.mark.parametrize(
    ("prefix", "path", "joined"),
    [("", "/x", "/x"), ("/a/", "/x", "/a/x"), ("/a", "", "/a/"), ("", "", "/"), ("", "x", "/x")],
)
def test_a_path_is_joined_to_its_prefix_with_one_slash(prefix: str, path: str, joined: str) -> None:
    assert join(prefix, path) == joined
