"""Which settings hold a credential, and what may be told of its value without giving it away."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_NAME = re.compile(
    r"passw(?:or)?d|passphrase|requirepass|masterauth|secret|credential|(?:^|_)(?:pass|pwd|token|salt)(?:$|_)"
    r"|(?:api|master|access|auth|private|signing|encryption|jwt|session|app|django|flask)_?key$"
)
_NO_VALUE = re.compile(
    r"(?:_|^)(?:file|path|dir|url|uri|host|port|name|user|username|id|ids|type|header|prefix|algorithm"
    r"|algo|ttl|min|max|length|expir\w*|lifetime|timeout|days|hours|minutes|seconds|enabled?|disabled?"
    r"|required?|require|policy|rounds|hasher|hashers|limit|count|age|store|backend|provider|version"
    r"|manager|engine|mount|issuer|audience|scope|field|column|attempts|rotation|reset|regexp?|arn"
    r"|cookie|location|namespace|project|region|endpoint|format|strength|history|allow\w*|public)$"
)
_PUBLIC = re.compile(
    r"(?:^|_)(?:public|publishable|next_public|vite|react_app|min|max|require)(?:_|$)"
)
WEAK = frozenset(
    "admin administrator password passwd pass passw0rd p@ssw0rd password1 password123 pass123 "
    "secret changeme change_me change-me changethis change_this change-this changeit default "
    "test testing tests test123 test_password testpassword testpass demo dev development local "
    "localdev root toor guest user username postgres postgresql mysql mariadb redis mongo "
    "mongodb minio minioadmin minio123 rabbitmq elastic grafana masterkey master_key "
    "supersecret super-secret super_secret supersecretkey secretkey secret-key secret_key "
    "secret_password mysecret mysecretpassword my-secret-pw mypassword example letmein welcome "
    "qwerty 123 1234 12345 123456 1234567 12345678 123456789 1234567890 0000 00000000 111111 "
    "admin123 admin1234 root123 rootpassword postgres123 foobar foo bar temp insecure notsecret "
    "not-secret dummy placeholder app db sa trust".split()
)
_PHRASE = re.compile(
    r"[a-z_ .<>!@-]{0,60}(?:change|replace|your|placeholder|example|insecure|dummy|default|sample"
    r"|todo|xxx|secret|test|dev|local)[a-z_ .<>!@-]{0,60}\d{0,4}"
)
_VARIABLE = re.compile(r"\$\{\w+:?([-?+])")
_REFERENCE = re.compile(r"\$\{\w+\}|\$\w+|\$\([^()]*\)")
_LONGEST = 500  # characters of a value that is looked into
_USERINFO = re.compile(r"(://[^/\s:@]{0,200}:)([^/\s@${}*]{1,200})(?=@)")
_HIDDEN = re.compile(r"<(placeholder|literal) of (\d+) characters>")


def is_credential(name: str) -> bool:
    """Does a setting of this name hold a password, key or token, not a policy or place of one?"""
    return _is_credential(name[:200])


@lru_cache(maxsize=4096)
def _is_credential(name: str) -> bool:
    lowered = name.lower().replace("-", "_").replace(".", "_")
    if lowered == "pwd" or _NO_VALUE.search(lowered) or _PUBLIC.search(lowered):
        return False
    return _NAME.search(lowered) is not None


def hide(value: str) -> str:
    """A literal credential as it may be kept and shown: a well-known weak word as it is, anything
    else as its kind and length."""
    if not value or value.lower() in WEAK or _HIDDEN.fullmatch(value):
        return value
    kind = "placeholder" if _PHRASE.fullmatch(value.lower()[:200]) else "literal"
    return f"<{kind} of {len(value)} characters>"


def veil(name: str, value: str) -> str:
    """The value of a setting without the credential in it: `${X:-default}` keeps its form, and
    the password of a URL is hidden in any setting."""
    if "://" in value:
        return _USERINFO.sub(lambda match: match[1] + hide(match[2]), value)
    return _veiled(value) if is_credential(name) else value


def veil_words(words: Sequence[str]) -> tuple[str, ...]:
    """The words of a command without the credentials in them: `--requirepass x`, `--password=x`,
    `SECRET_KEY=x`."""
    line = " ".join(words)
    if not ("=" in line or "://" in line or " -" in line or line.startswith("-")):
        return tuple(words)
    shown: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        before = shown[-1] if shown else ""
        if equals:
            shown.append(f"{name}={veil(name.lstrip('-'), value)}")
        elif before.startswith("-") and "=" not in before and not word.startswith("-"):
            shown.append(veil(before.lstrip("-"), word))
        else:
            shown.append(veil("", word))
    return tuple(shown)


def _veiled(value: str) -> str:
    """Hides the literal parts of a value, also those that are defaults of variables."""
    if len(value) > _LONGEST:
        return hide(value)
    opening = _VARIABLE.match(value)
    if opening and value.endswith("}"):
        inner = value[opening.end() : -1]
        return opening[0] + (inner if opening[1] in "?+" else _veiled(inner)) + "}"
    references = _REFERENCE.findall(value)
    if references and "$$" not in value:
        return "".join(references)
    return value if value.startswith(("{{", "/run/", "vault:")) else hide(value)
