"""Credentials that code falls back to, and those that it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.facts import fallbacks
from readiness.facts.fallbacks import Fallback


def found(text: str, kind: str = "python") -> list[tuple[str, str]]:
    facts = fallbacks.extract(kind, text.encode())
    return [(each.name, each.value) for each in facts.fallbacks]


@pytest.mark.parametrize(
    "line",
    [
        "key = os.getenv('JWT_SECRET', 'changeme')",
        "key = os.environ.get('JWT_SECRET', default='changeme')",
        "key = os.environ.get('JWT_SECRET') or 'changeme'",
        "    'key': self.settings.get('JWT_SECRET') or 'changeme',",
        "key = envsecret('JWT_SECRET', 'changeme')  # set it",
        "key = os.environ['JWT_SECRET'] or 'changeme'",
        "JWT_SECRET = 'changeme'",
        "class Settings(BaseSettings):\n    JWT_SECRET: str = 'changeme'",
        "class Settings(BaseSettings):\n    JWT_SECRET: SecretStr = SecretStr('changeme')",
        "class Settings(BaseSettings):\n    JWT_SECRET: str = Field('changeme', min_length=3)",
        "class Settings(BaseSettings):\n    JWT_SECRET: str = Field(default='changeme')",
        "class Settings:\n\n# to sign\n    # in\n\n    jwt: str\n    JWT_SECRET = 'changeme'",
    ],
)
def test_a_literal_behind_a_credential_is_its_fallback(line: str) -> None:
    assert found(f"import os\n{line}\n") == [("JWT_SECRET", "changeme")]


@pytest.mark.parametrize(
    "line",
    [
        "key = os.getenv('JWT_SECRET')",
        "key = os.getenv('JWT_SECRET', '')",
        "key = os.getenv('JWT_SECRET', DEFAULT)",
        "# JWT_SECRET = 'changeme'",
        "os.environ.setdefault('JWT_SECRET', 'changeme')",
        "first, second = get_conf('JWT_SECRET', 'JWT_ISSUER')",
        "if debug:\n    JWT_SECRET = 'changeme'",
        "def sign():\n    JWT_SECRET = 'changeme'",
        "class Settings(BaseSettings):\n    def sign(self):\n        JWT_SECRET = 'changeme'",
        "PASSWORD_MIN_LENGTH = '8'",
        """EXAMPLE = "key = os.getenv('JWT_SECRET', 'changeme')" """,
    ],
)
def test_what_only_looks_like_one_is_none(line: str) -> None:
    assert found(f"import os\n{line}\n") == []


def test_a_field_tells_its_class_and_a_default_of_the_environment_its_line() -> None:
    text = "import os\nclass Config(Base):\n    '''x'''\n    SECRET_KEY = 'dev'\n"
    text += "KEY = os.getenv('SECRET_KEY', 'x' )\n"
    assert fallbacks.extract("python", text.encode()).fallbacks == (
        Fallback("SECRET_KEY", "dev", 4, "Config(Base)"),
        Fallback("SECRET_KEY", "<literal of 1 characters>", 5, "", True),
    )


def test_the_first_line_and_one_on_the_line_of_its_class_are_read_as_well() -> None:
    text = b"class Config: SECRET_KEY = os.getenv('SECRET_KEY', 'dev')"
    assert fallbacks.extract("python", text).fallbacks == (
        Fallback("SECRET_KEY", "dev", 1, "Config", True),
    )
    text = b"if SECRET_KEY == 'dev': exit()"
    assert fallbacks.extract("python", text).refused == ("SECRET_KEY", "dev")


def test_scripts_fall_back_by_operators() -> None:
    text = (
        "const a = process.env.JWT_SECRET || 'secret';\nsign(process.env.DB_PASSWORD ?? \"x9\")\n"
    )
    assert found(text, "script") == [
        ("JWT_SECRET", "secret"),
        ("DB_PASSWORD", "<literal of 2 characters>"),
    ]


def test_code_that_ends_on_a_value_refuses_it_and_code_that_warns_notices_the_name() -> None:
    text = "if config.secret_key == 'changeme':\n    raise ValueError('insecure')\n\n\n\n\n\n\n"
    text += "PASSWORD = ''\nif settings.SECRET_KEY == '---':\n    warn()\n"
    facts = fallbacks.extract("python", f"x = Settings()\n{text}".encode())
    assert facts.refused == ("SECRET_KEY", "changeme")
    assert facts.noticed == ("SECRET_KEY",)


@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    for kind in ("python", "script"):
        fallbacks.extract(kind, b"SECRET process.env\n" + data)


def test_a_long_line_is_read_in_linear_time() -> None:
    line = b"os.getenv('SECRET_KEY'" + b" " * 500_000 + b"SECRET_KEY = 'a' " * 50_000
    assert fallbacks.extract("python", line) == fallbacks.FallbackFacts()


def test_many_classes_and_conditions_are_read_in_linear_time() -> None:
    text = b"class A: os.getenv('API_KEY', 'x')\n" * 50_000
    assert len(fallbacks.extract("python", text).fallbacks) == 200
    text = b"SECRET_KEY\n" + b"if a == 'test':\n" * 50_000 + b"raise " * 50_000
    assert fallbacks.extract("python", text).refused == ("test",)
