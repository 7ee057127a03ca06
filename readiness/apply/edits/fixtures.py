"""The fixtures of a test file that nobody asks for any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from readiness.apply.edits.uses import names, words

if TYPE_CHECKING:
    import libcst as cst

    Definition: TypeAlias = cst.FunctionDef | cst.ClassDef

# What pytest itself gives; it asks for no fixture that a test file could define.
_BUILT_IN = frozenset(
    "self cls request tmp_path tmp_path_factory tmpdir tmpdir_factory monkeypatch capsys caplog "
    "capsysbinary capfd capfdbinary recwarn pytestconfig record_property doctest_namespace".split()
)


def removable(left: cst.Module, gone: Sequence[Definition]) -> list[Definition]:
    """The fixtures of `left` that `gone` asked for and that nothing left asks for.

    None where what is left asks for fixtures of other files: those may ask for one of these by its
    name, which this file overrides.
    """
    own = {each.name.value: each for each in _functions(left) if _is_fixture(each)}
    asked = {name for each in gone for name in names(each) | words(each)}
    idle = [own[name] for name in sorted(own.keys() & asked - names(left) - words(left))]
    return [*idle] if idle and _asked_for(left) <= own.keys() | _BUILT_IN | words(left) else []


def _functions(module: cst.Module) -> Iterator[cst.FunctionDef]:
    import libcst as cst

    return (each for each in module.body if isinstance(each, cst.FunctionDef))


def _is_fixture(function: cst.FunctionDef) -> bool:
    """Is it a fixture by its own name, which tests ask for?"""
    import libcst as cst

    for decorator in function.decorators:
        call = decorator.decorator
        callee = call.func if isinstance(call, cst.Call) else call
        arguments = call.args if isinstance(call, cst.Call) else ()
        name = callee.attr if isinstance(callee, cst.Attribute) else callee
        if isinstance(name, cst.Name) and name.value == "fixture":
            plain = {"scope", "params", "ids"}
            return all(arg.keyword is not None and arg.keyword.value in plain for arg in arguments)
    return False


def _asked_for(module: cst.Module) -> set[str]:
    """The parameters of the functions and methods of a module."""
    import libcst as cst

    functions = list(_functions(module))
    for each in module.body:
        if isinstance(each, cst.ClassDef):
            functions += (inner for inner in each.body.body if isinstance(inner, cst.FunctionDef))
    return {
        param.name.value
        for function in functions
        for param in (*function.params.params, *function.params.kwonly_params)
        if param.default is None
    }
