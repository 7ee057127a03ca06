"""detect-secrets as a rule engine: its plugins and filters, on the lines that the gate let through.

It is used at its lowest level only, by `analyze_string` and the filter functions: nothing of its
process-wide settings is read or changed, no line stays in its caches, no secret is ever verified
over the network, and no file is opened in the locale's encoding. It sees the lines of a file as
they stand: what detect-secrets itself finds in addition, by rewriting whole INI and YAML files
before it looks, is not found here.

The gate's patterns say less than the plugins' (no look-around, few lengths), never more: a test
holds that gate and plugins together find what the plugins alone find on every line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from readiness.secrets.gate import Pattern

KEYWORD = "KeywordDetector"
UNQUOTED_KEYWORD = "KeywordDetector, unquoted"
_NETWORK = "requests"
_SCANNER = "detect_secrets.core.secrets_collection"
LINE_LIMIT = 1_000  # characters: some of the plugins' expressions take quadratic time
KEYWORD_COST_LIMIT = 600  # see `_keyword_cost`: an ordinary line costs 20, a hostile one 300,000

# Kinds of files in which a value needs no quotes, by detect-secrets' names for them.
UNQUOTED_KINDS = frozenset({"yaml", "config", "ini", "properties", "toml", "go"})

_SPACE = rb"[ \t\f\x0b\r\x1c-\x1f\x80-\xff]"  # \x80-\xff: of a character beyond ASCII
_WORD = rb"[A-Za-z0-9_\x80-\xff]"
_QUOTE = rb"['\"`]"
_ASSIGNED = rb"['\"\]]{0,2}[ =:>]+['\"]?"


def _folded(regex: bytes) -> bytes:
    """`regex` with the letters beyond ASCII that Python takes for i, k and s in other case."""
    for letter, others in (
        (b"i", rb"\xc4[\xb0\xb1]"),
        (b"k", rb"\xe2\x84\xaa"),
        (b"s", rb"\xc5\xbf"),
    ):
        regex = regex.replace(letter, b"(?:" + letter + b"|" + others + b")")
    return regex


_KEYWORDS = (
    _folded(
        rb"(?:api_?key|auth_?key|service_?key|account_?key|db_?key|database_?key|priv_?key|private_?key"
        rb"|client_?key|db_?pass|database_?pass|key_?pass|password|passwd|pwd|secret"
    )
    + rb"|contra(?:s|\xc5\xbf)e(?:n|\xc3[\xb1\x91])a)"
)
_KEYWORD = _KEYWORDS + _WORD + rb"*"
_KEY_OR_PASSWORD = _folded(rb"(?:key|pwd|pw|password|pass|token)")

_CASED = (
    ("ArtifactoryDetector", rb"AKC[A-Za-z0-9]{10}"),
    ("ArtifactoryDetector", rb"AP[0-9A-F\x80-\xff][A-Za-z0-9]{8}"),
    ("AWSKeyDetector", rb"(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}"),
    ("AzureStorageKeyDetector", rb"AccountKey=[A-Za-z0-9+/=]{40}"),
    (
        "BasicAuthDetector",
        rb"://[^:/?#\[\]@!$&'()*+,;= \t\r\n\f]+:[^:/?#\[\]@!$&'()*+,;= \t\r\n\f]+@",
    ),
    (
        "DiscordBotTokenDetector",
        rb"[MNO][A-Za-z0-9_\x80-\xff-]{23,}\.[A-Za-z0-9_\x80-\xff-]{6,}\.[A-Za-z0-9_\x80-\xff-]{27}",
    ),
    ("GitHubTokenDetector", rb"gh[opurs]_[A-Za-z0-9_]{36}"),
    (
        "GitLabTokenDetector",
        rb"gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas)-[A-Za-z0-9_-]{20}",
    ),
    ("GitLabTokenDetector", rb"GR1348941[A-Za-z0-9_-]{20}"),
    ("JwtTokenDetector", rb"eyJ[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]"),
    ("MailchimpDetector", rb"[0-9a-z]{32}-us[0-9]"),
    ("NpmDetector", rb"/:_authToken="),
    ("OpenAIDetector", rb"[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"),
    ("PrivateKeyDetector", rb"BEGIN (?:[A-Z0-9]+ ){0,2}PRIVATE KEY|PuTTY-User-Key-File-2"),
    ("PypiTokenDetector", rb"pypi-Ag(?:EIcHlwaS5vcmc|ENdGVzdC5weXBpLm9yZw)"),
    ("SendGridDetector", rb"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("SquareOAuthDetector", rb"sq0csp-[0-9A-Za-z\\_-]{43}"),
    ("StripeDetector", rb"[rs]k_live_[0-9A-Za-z]{24}"),
    ("TelegramBotTokenDetector", rb"[0-9\x80-\xff]{8}:[0-9A-Za-z_-]{35}"),
    ("TwilioKeyDetector", rb"(?:AC|SK)[a-z0-9]{32}"),
)
_CASELESS = (
    (
        "AWSKeyDetector",
        _folded(rb"aws") + rb"[^\n]{0,80}" + _KEY_OR_PASSWORD + rb"[^\n]{0,80}['\"]"
        rb"[0-9a-z/+\x80-\xff]{40}",
    ),
    (
        "CloudantDetector",
        _folded(rb"cl(?:ou(?:dant)?)?[_-]?(?:api)?")
        + _KEY_OR_PASSWORD
        + _ASSIGNED
        + rb"[0-9a-z\x80-\xff]{24}",
    ),
    ("CloudantDetector", rb"@[a-z0-9_\x80-\xff-]+\.cloudant\.com"),
    ("IbmCloudIamDetector", _KEY_OR_PASSWORD + _ASSIGNED + rb"[a-z0-9_\x80-\xff-]{44}"),
    (
        "IbmCosHmacDetector",
        _folded(rb"secret[_-]?(?:access)?[_-]?key") + _ASSIGNED + rb"[0-9a-f]{48}",
    ),
    ("SlackDetector", rb"xox(?:[abposr]|\xc5\xbf)-[0-9\x80-\xff]"),
    ("SlackDetector", _folded(rb"hooks\.slack\.com/services/t")),
    (
        "SoftlayerDetector",
        _folded(rb"s(?:oftlayer|l)[_-]?(?:api)?[_-]?")
        + _KEY_OR_PASSWORD
        + _ASSIGNED
        + rb"[a-z0-9\x80-\xff]{64}",
    ),
    ("SoftlayerDetector", _folded(rb"softlayer[^\n]{1,4}com/soap/v3")),
    (
        KEYWORD,
        _KEYWORD
        + rb"(?:['\"\]]{0,2}|\[[0-9]*\])"
        + _SPACE
        + rb"*(?::=?|={1,3}|!={1,2}|!|=>)"
        + _SPACE
        + rb"*@?"
        + _QUOTE
        + _WORD,
    ),
    (KEYWORD, _QUOTE + _SPACE + rb"*[!=]{2,3}" + _SPACE + rb"*" + _WORD + rb"*" + _KEYWORDS),
    (
        KEYWORD,
        _KEYWORD + rb"[^ \t\n\r\f]*" + _SPACE + rb"*" + _QUOTE + _WORD + rb"[^'\"\n]*['\"`];",
    ),
    (KEYWORD, _KEYWORD + rb"(?:[^\n]assign)?\(\"" + _WORD),
    (
        UNQUOTED_KEYWORD,
        _KEYWORD + rb"['\"\]]{0,2}" + _SPACE + rb"*(?::=?|={1,3}|!={1,2})" + _SPACE + rb"*" + _WORD,
    ),
)
GATES = tuple(Pattern(label, regex) for label, regex in _CASED) + tuple(
    Pattern(label, regex, ignore_case=True) for label, regex in _CASELESS
)
# Their expressions for an assignment take cubic time over spaces; one space says as much as many.
_ASSIGNMENTS = frozenset(
    {"CloudantDetector", "IbmCloudIamDetector", "IbmCosHmacDetector", "SoftlayerDetector"}
)
# Each plugin -> its module, so that a line costs no import of what does not look at it.
_MODULES = {
    "AWSKeyDetector": "aws",
    "ArtifactoryDetector": "artifactory",
    "AzureStorageKeyDetector": "azure_storage_key",
    "BasicAuthDetector": "basic_auth",
    "CloudantDetector": "cloudant",
    "DiscordBotTokenDetector": "discord",
    "GitHubTokenDetector": "github_token",
    "GitLabTokenDetector": "gitlab_token",
    "IbmCloudIamDetector": "ibm_cloud_iam",
    "IbmCosHmacDetector": "ibm_cos_hmac",
    "JwtTokenDetector": "jwt",
    "KeywordDetector": "keyword",
    "MailchimpDetector": "mailchimp",
    "NpmDetector": "npm",
    "OpenAIDetector": "openai",
    "PrivateKeyDetector": "private_key",
    "PypiTokenDetector": "pypi_token",
    "SendGridDetector": "sendgrid",
    "SlackDetector": "slack",
    "SoftlayerDetector": "softlayer",
    "SquareOAuthDetector": "square_oauth",
    "StripeDetector": "stripe",
    "TelegramBotTokenDetector": "telegram_token",
    "TwilioKeyDetector": "twilio",
}
PLUGINS = tuple(_MODULES)


_INDIRECT = re.compile(r"(?::=?|[!=]{1,3})\s*[\w.-]+[\[(][^\v]*[\])]")
_ALLOW = r"[ \t]*pragma: ?(?:allow|white)list[ -]secret"
_ALLOW_NEXT = r"[ \t]*pragma: ?allowlist[ -]nextline[ -]secret"
_ALLOWED = re.compile(rf"(?:#|//|'|--){_ALLOW}|/\*{_ALLOW}.*\*/[ \t]*$")
_ALLOWED_NEXT = re.compile(
    rf"(?:#|//|'|--){_ALLOW_NEXT}|/\*{_ALLOW_NEXT}.*\*/[ \t]*$|<!--[# \t]*{_ALLOW_NEXT}.*-->[ \t]*$"
)
_SPACES = re.compile(r" {2,}")
_WORD_RUN = re.compile(r"\w+")


def scan(kind: str, line: str, labels: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(plugin, value) of each secret that the plugins named by `labels` find in one line.

    `kind` is detect-secrets' type of the file, in lower case. Lines over `LINE_LIMIT` give nothing.
    """
    if UNQUOTED_KEYWORD in labels and kind in UNQUOTED_KINDS:
        labels |= {KEYWORD}
    wanted = labels.intersection(PLUGINS)
    line = line.rstrip()
    if not wanted or len(line) > LINE_LIMIT or is_indirect(line):
        return
    for name in sorted(wanted):
        plugin = _plugin(name)
        values = dict.fromkeys(_analyze(plugin, name, kind, line))
        yield from ((name, value) for value in values if not _is_filtered(plugin, line, value))


def warm() -> None:
    """Loads the plugins now."""
    for name in PLUGINS:
        _plugin(name)


def _analyze(plugin: Any, name: str, kind: str, line: str) -> Iterator[str]:
    if name == KEYWORD:
        if _keyword_cost(line) <= KEYWORD_COST_LIMIT:
            yield from plugin.analyze_string(line, denylist_regex_to_group=_keywords(kind))
    elif name in _ASSIGNMENTS:
        yield from plugin.analyze_string(_SPACES.sub(" ", line))
    else:
        yield from plugin.analyze_string(line)


def _keyword_cost(line: str) -> int:
    """How many characters of its own word follow each keyword, added up: its plugin's steps."""
    return sum(
        run.end() - keyword.end()
        for run in _WORD_RUN.finditer(line)
        for keyword in _any_keyword().finditer(line, run.start(), run.end())
    )


def is_indirect(line: str) -> bool:
    """Does the line assign a call or an item (`key = load("name")`)? In linear time."""
    return len(line) <= 1000 and _INDIRECT.search(line) is not None


def is_allowlisted(line: str, previous: str) -> bool:
    """Does a comment `pragma: allowlist secret` on the line, or `... nextline secret` alone on the
    line before, let the line's secrets pass?"""
    if "pragma:" in line and _ALLOWED.search(line):
        return True
    return "pragma:" in previous and _ALLOWED_NEXT.match(previous) is not None


def _is_filtered(plugin: Any, line: str, value: str) -> bool:
    from detect_secrets.filters import heuristic

    return (
        heuristic.is_sequential_string(value)
        or heuristic.is_potential_uuid(value)
        or heuristic.is_likely_id_string(value, line, plugin)
        or heuristic.is_templated_secret(value)
        or heuristic.is_prefixed_with_dollar_sign(value)
        or heuristic.is_not_alphanumeric_string(value)
    )


@cache
def _any_keyword() -> re.Pattern[str]:
    from detect_secrets.plugins import keyword

    return re.compile("|".join(keyword.DENYLIST), re.IGNORECASE)


@contextmanager
def _without_its_scanner() -> Iterator[None]:
    """Lets the plugins be imported without what they do not need here and takes longer to load
    than all the rest: the library by which they would verify secrets over the network, and
    detect-secrets' own way through files."""
    stood_in = [name for name in (_NETWORK, _SCANNER) if name not in sys.modules]
    for name in stood_in:
        nothing = sys.modules[name] = ModuleType(name)
        vars(nothing)["__getattr__"] = lambda name: object  # annotations name its types
    try:
        yield
    finally:
        for name in stood_in:
            del sys.modules[name]


@cache
def _plugin(name: str) -> Any:
    """The plugin of that class, without detect-secrets' settings."""
    with _without_its_scanner():
        module = import_module(f"detect_secrets.plugins.{_MODULES[name]}")
    return getattr(module, name)()


@cache
def _keywords(kind: str) -> Any:
    from detect_secrets.plugins import keyword
    from detect_secrets.util.filetype import FileType

    quoted = keyword.QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP
    file_type = FileType.__members__.get(kind.upper(), FileType.OTHER)  # it has none of our own
    return keyword.REGEX_BY_FILETYPE.get(file_type, quoted)
