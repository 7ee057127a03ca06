"""Where a module or a name went that imports still ask for."""

from readiness.index.moves import Fate, Move, Moves
from readiness.testing import build_index


def move(tree: str, history: str = "") -> Move:
    index = build_index(tree, history)
    return Moves(index).of(index.imports.missing["tests/test_a.py"][0])


def where(tree: str, history: str = "") -> tuple[Fate, str]:
    found = move(tree, history)
    return found.fate, found.path


APP = "-- app/__init__.py --\n"


def test_history_tells_of_renames_one_after_the_other() -> None:
    history = """
    2026-01-01 a | A app/orders.py
    2026-02-01 a | R app/orders.py > app/sales.py
    2026-03-01 a | R app/sales.py > app/shop/sales.py
    """
    tree = f"{APP}-- app/shop/sales.py --\n-- tests/test_a.py --\nimport app.orders\n"
    found = move(tree, history)
    assert (found.fate, found.path) == (Fate.MOVED, "app/shop/sales.py")
    assert found.at == 1_769_904_000  # the first rename: from then on the test was stale
    first = build_index(tree, history).history.removed["app/orders.py"]
    assert found.commit == first.commit


def test_what_was_renamed_into_an_archive_is_archived() -> None:
    history = "2026-02-01 a | R app/orders.py > app/archived_code/orders.py"
    tree = f"{APP}-- app/archived_code/orders.py --\n-- tests/test_a.py --\nimport app.orders\n"
    assert where(tree, history) == (Fate.ARCHIVED, "app/archived_code/orders.py")


def test_what_was_removed_and_is_nowhere_is_removed() -> None:
    history = "2026-02-01 a | D app/orders.py"
    tree = f"{APP}-- tests/test_a.py --\nimport app.orders\n"
    assert where(tree, history) == (Fate.REMOVED, "")
    assert where(tree) == (Fate.UNKNOWN, "")


def test_a_name_that_was_a_module_of_its_package_is_followed_too() -> None:
    tree = f"{APP}X = 1\n-- tests/test_a.py --\nfrom app import orders\n"
    assert where(tree, "2026-02-01 a | D app/orders.py") == (Fate.REMOVED, "")
    renamed = "2026-02-01 a | R app/orders.py > app/sales.py"
    assert where(f"-- app/sales.py --\n{tree}", renamed) == (Fate.MOVED, "app/sales.py")


def test_the_one_file_that_defines_the_imported_names_has_them_now() -> None:
    tree = f"""{APP}-- app/shop/sales.py --
class OrderWriter: ...
class OrderReader: ...
-- app/other.py --
class OrderReader: ...
-- tests/test_a.py --
from app.orders import OrderReader, OrderWriter
"""
    assert where(tree) == (Fate.MOVED, "app/shop/sales.py")


def test_a_name_that_its_module_lost_is_looked_for_elsewhere() -> None:
    tree = f"""{APP}-- app/orders.py --
-- app/sales.py --
class OrderWriter: ...
-- tests/test_a.py --
from app.orders import OrderWriter
"""
    assert where(tree) == (Fate.MOVED, "app/sales.py")


def test_a_module_of_a_telling_name_is_known_by_it() -> None:
    tree = f"{APP}-- app/x/order_service.py --\n-- tests/test_a.py --\nimport app.order_service\n"
    assert where(tree) == (Fate.MOVED, "app/x/order_service.py")


def test_nothing_is_claimed_where_it_may_be_one_of_several_or_any() -> None:
    several = f"""{APP}-- app/x/order_service.py --
-- app/y/order_service.py --
-- tests/test_a.py --
import app.order_service
"""
    common = f"{APP}-- app/x/utils.py --\n-- tests/test_a.py --\nimport app.utils\n"
    parent = f"{APP}-- app/shipping/__init__.py --\n-- tests/test_a.py --\n" + (
        "import app.shipping.shipping\n"
    )
    for tree in (several, common, parent):
        assert where(tree) == (Fate.UNKNOWN, "")


def test_of_archived_copies_the_one_like_the_old_place_is_shown() -> None:
    tree = f"""{APP}-- archived_code/x/order_service.py --
-- archived_code/orders/old/order_service.py --
-- archived_code/z/order_service.py --
-- tests/test_a.py --
import app.orders.order_service
"""
    assert where(tree) == (Fate.ARCHIVED, "archived_code/orders/old/order_service.py")
