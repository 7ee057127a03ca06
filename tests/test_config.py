"""The configuration: what it holds, what is wrong with it, and the schema that editors read."""

import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from readiness import config
from readiness.config import Config, Waiver
from readiness.errors import ConfigError

SCHEMA = Path(config.__file__).parent / "config.schema.json"


def standalone(text: str) -> Config:
    return config.read(None, text.encode())


def in_pyproject(text: str) -> Config:
    return config.read(text.encode(), None)


def errors(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        standalone(text)
    return str(raised.value).splitlines()


def test_without_a_file_every_setting_has_its_default() -> None:
    assert config.read(None, None) == Config()


def test_settings_are_read_from_pyproject_or_from_a_file_of_their_own() -> None:
    settings = 'target = 8\nselect = ["HYG001"]\nper_path_ignores = {"old/" = ["CTR001"]}\n'
    expected = Config(
        target=8.0,
        select=("HYG001",),
        per_path_ignores={"old/": ("CTR001",)},
    )
    own = standalone(settings)
    shared = in_pyproject("[project]\nname = 'x'\n[tool.readiness]\n" + settings)
    assert (own.source, shared.source) == ("readiness.toml", "pyproject.toml")
    assert config.digest(own) == config.digest(shared) == config.digest(expected)
    assert own.per_path_ignores == expected.per_path_ignores


def test_both_files_with_settings_are_an_error_that_says_what_to_delete() -> None:
    with pytest.raises(ConfigError, match=r"delete the section from pyproject.toml, or readiness"):
        config.read(b"[tool.readiness]\ntarget = 8\n", b"target = 8\n")


def test_a_pyproject_without_our_section_leaves_the_other_file_alone() -> None:
    pyproject = b"[project]\nname = 'readiness-of-mine'\n"
    assert config.read(pyproject, b"target = 8\n").target == 8


def test_a_broken_pyproject_that_does_not_speak_of_us_is_no_error_of_the_configuration() -> None:
    assert in_pyproject("[project\nname = ") == Config()


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(b"[tool.readiness\n", id="syntax"),
        pytest.param(b"[tool.readiness]\nx = '\xff'\n", id="not UTF-8"),
        pytest.param(b"[tool.readiness]\nx = " + b"[" * 100_000, id="nested too deep"),
    ],
)
def test_bad_toml_is_one_line_that_names_the_way_out(broken: bytes) -> None:
    with pytest.raises(ConfigError, match=r"^pyproject.toml is not TOML: .*--isolated") as raised:
        config.read(broken, None)
    assert "\n" not in str(raised.value)


def test_all_mistakes_are_told_together_each_in_a_line() -> None:
    assert errors(
        """
        fail_udner = 3
        target = 11
        select = "HYG001"
        profile = "serivce"
        fail_under = true
        [[waivers]]
        rule = "HYG001"
        until = "2027-02-30"
        """
    ) == [
        "readiness.toml: fail_udner is not a setting; did you mean fail_under?",
        "readiness.toml: target = 11 must be a number from 0 to 10",
        'readiness.toml: select = "HYG001" must be a list of names',
        'readiness.toml: profile = "serivce" must be one of auto, service, library',
        "readiness.toml: fail_under = true must be a number from 0 to 10",
        'readiness.toml:7: waiver until = "2027-02-30" must be a date, YYYY-MM-DD',
        "readiness.toml:7: waiver has no reason",
    ]


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        ("fail-on = 'high'", "did you mean fail_on?"),
        ("per_path_ignore = {}", "did you mean per_path_ignores?"),
        ("colour = 'green'", "choose one of profile, target, select"),
        ("source = 'x'", "is not a setting"),
        ('"a\\u001bb" = 1', r"a\x1bb is not a setting"),
        ("fail_on = 'severe'", "must be one of critical, high, medium, low, info"),
        ("fail_under = nan", "must be a number from 0 to 10"),
        ("target = -1", "must be a number from 0 to 10"),
        ("exclude = [1]", "must be a list of gitignore patterns"),
        ("per_path_ignores = {a = 'HYG001'}", "must map gitignore patterns to lists of names"),
        ("waivers = 3", "must be a list of tables"),
        ("waivers = [3]", "readiness.toml:1: waiver must be a table"),
        ("waivers = [{rule = 'X', reason = ''}]", 'reason = "" must be a sentence'),
        ("waivers = [{rule = 'X', reason = 'y', untl = 1}]", "did you mean until?"),
    ],
)
def test_a_mistake_names_what_it_should_be(mistake: str, hint: str) -> None:
    (error,) = errors(mistake)
    assert hint in error


@pytest.mark.parametrize("key", config.settings(Config))
def test_every_setting_says_what_it_must_be(key: str) -> None:
    assert " must " in errors(f"{key} = 1979-05-27T07:32:00Z")[0]


@pytest.mark.parametrize("key", config.settings(Waiver))
def test_every_key_of_a_waiver_says_what_it_must_be(key: str) -> None:
    assert " must " in errors(f"[[waivers]]\n{key} = 1979-05-27T07:32:00Z")[0]


def test_the_readiness_section_must_be_a_table() -> None:
    with pytest.raises(ConfigError, match=r"tool.readiness must be a table"):
        in_pyproject("[tool]\nreadiness = 3\n")


def test_a_waiver_knows_its_line_and_its_date_may_be_written_as_toml_or_as_text() -> None:
    settings = in_pyproject(
        """
[tool.readiness]
target = 9

[[tool.readiness.waivers]]
rule = "HYG001"
path = "archive/"
owner = "ann@example.org"
reason = "kept for the auditors"
until = 2027-02-01

[[ tool.readiness.waivers ]]
rule = "CTR008"
fingerprint = "0123456789abcdef"
reason = "measured elsewhere"
until = "2027-02-01"
"""
    )
    assert [(waiver.line, waiver.until) for waiver in settings.waivers] == [
        (5, "2027-02-01"),
        (12, "2027-02-01"),
    ]


def test_the_digest_tells_settings_apart_but_not_where_they_stand() -> None:
    waiver = '[[waivers]]\nrule = "HYG001"\nreason = "kept"\n'
    above = standalone("# a comment\n\n" + waiver)
    assert config.digest(standalone(waiver)) == config.digest(above)
    assert config.digest(standalone("target = 8")) != config.digest(Config())


def test_the_published_schema_is_that_of_the_settings() -> None:
    published = json.loads(SCHEMA.read_text())
    assert published == json.loads(json.dumps(config.schema())), (
        "write it anew: python -c 'import json; from readiness import config;"
        " print(json.dumps(config.schema(), indent=2))' > readiness/config.schema.json"
    )


def test_the_published_schema_accepts_good_settings_and_refuses_bad_ones() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    validator.check_schema(validator.schema)
    good = {
        "profile": "service",
        "target": 8.5,
        "fail_on": "high",
        "per_path_ignores": {"docs/": ["SEC001"]},
        "waivers": [{"rule": "HYG001", "reason": "kept", "until": "2027-01-31"}],
    }
    assert list(validator.iter_errors(good)) == []
    assert config.convert(good, "readiness.toml").profile == "service"
    for bad in (
        {"profile": "serivce"},
        {"target": 11},
        {"fail_udner": 3},
        {"line": 3},
        {"waivers": [{"rule": "HYG001"}]},
        {"waivers": [{"rule": "HYG001", "reason": "kept", "line": 1}]},
    ):
        assert list(validator.iter_errors(bad)), bad
        with pytest.raises(ConfigError):
            config.convert(bad, "readiness.toml")
