"""How sure is it that a value is a secret? Each doubt has a name, and is shown with the finding.

A *fatal* doubt says that the value is none: a placeholder, a reference to a value elsewhere, a
word. Any other lowers the confidence by one step. Only the shape is judged here: what the place
of a file tells (tests, examples, documentation) is the rule's business.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from enum import Enum
from typing import Any, NamedTuple
from urllib.parse import unquote

from readiness.facts.secret_names import names_secret, words
from readiness.model import Confidence, Severity


class Doubt(Enum):
    """Why a value may be no secret: (the sentence that is shown, whether it settles the matter)."""

    PUBLIC = ("its issuer prints it in its own documentation", True)
    REFERENCE = ("it is filled in from elsewhere or abbreviated", True)
    PLACEHOLDER = ("its words are those of a placeholder", True)
    REPEATED = ("it repeats the same few characters", True)
    RUN = ("it is a run of consecutive characters", True)
    WORDS = ("it is made of words, not of random characters", True)
    CODE = ("it is code, not a value", True)
    PATH = ("it is a path or an address", True)
    HASH = ("it is a checksum", True)
    OTHER_NAME = ("its name is not that of a secret", True)
    WEAK = ("it is a weak default, not a secret", True)
    NO_BODY = ("a header without a key", True)
    USUAL_WORDS = ("it is made of the usual words of test passwords", False)
    UUID = ("it is a UUID, which more often is an identifier", False)
    VAGUE_NAME = ("its name says key, but not of what", False)
    LOOSE_SHAPE = ("many other values have the same shape", False)
    LOCAL_HOST = ("its host is this machine or a container beside it", False)
    SIMPLE = ("it is a simple password", False)
    ENCRYPTED = ("it is encrypted with a passphrase", False)
    EXPIRES = ("it expires", False)
    DEFANGED = ("its line is made harmless, as in a report about malware", False)
    ALLOWED = ("a comment beside it says `pragma: allowlist secret`", False)

    @property
    def sentence(self) -> str:
        return self.value[0]

    @property
    def is_fatal(self) -> bool:
        return self.value[1]


class Verdict(NamedTuple):
    """`confidence` is null where the value is no secret. `name` and `severity` are set where the
    value itself tells more than its shape."""

    confidence: Confidence | None
    doubts: tuple[Doubt, ...] = ()
    name: str = ""
    severity: Severity | None = None


_STEPS = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)


def doubted(verdict: Verdict, doubt: Doubt) -> Verdict:
    """The verdict with one doubt more, and a step less sure."""
    if verdict.confidence is None:
        return verdict
    step = min(verdict.confidence.rank + 1, len(_STEPS) - 1)
    return verdict._replace(confidence=_STEPS[step], doubts=(*verdict.doubts, doubt))


def _verdict(
    doubts: Iterable[Doubt],
    best: Confidence = Confidence.HIGH,
    name: str = "",
    severity: Severity | None = None,
) -> Verdict:
    doubts = tuple(dict.fromkeys(doubts))
    if any(doubt.is_fatal for doubt in doubts):
        return Verdict(None, doubts)
    step = min(best.rank + len(doubts), len(_STEPS) - 1)
    return Verdict(_STEPS[step], doubts, name, severity)


_HASH_KEY = b"readiness: the same secret in two places"
_RANDOM_ENOUGH = 72  # bits: a keyed hash of less could be turned back by trying


def fingerprint(value: str) -> str:
    """A keyed hash of `value`, 16 hexadecimal digits: equal for equal values, and no way back."""
    return hashlib.blake2b(value.encode(), key=_HASH_KEY, digest_size=8).hexdigest()


def key_of(value: str, *, can_be_words: bool) -> str:
    """The fingerprint of a value that is too random to be guessed from it; else ""."""
    is_random = looks_random(value) or not can_be_words
    return fingerprint(value) if is_random and _bits(value) >= _RANDOM_ENOUGH else ""


def _bits(value: str) -> float:
    """Shannon's entropy of all of `value`, in bits."""
    counts = Counter(value).values()
    return -sum(count * math.log2(count / len(value)) for count in counts)


_SEGMENT = re.compile(r"[A-Za-z0-9]{10,}")
_SWITCH = re.compile(r"[A-Z]{2,}(?=[a-z])|[a-z](?=[A-Z0-9])|[A-Z](?=[0-9])|[0-9](?=[A-Za-z])")


_ENGLISH_PAIRS = frozenset(
    "th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve "
    "co me de hi ri ro ic ne ea ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no "
    "ct us ac ot il tr ly nc et ut ss so rs un lo wa ge ie wh ee wi em ad ol rt po we na ul ni ts "
    "mo ow pa im mi ai sh ir su id os iv ia am fi ci vi pl ig tu ev ld ry mp fe bl ab gh ty op wo "
    "sa ay ex ke fr oo av ag if ap gr od bo sp rd do uc bu ei ov by rm ep tt oc fa ef cu rn sc gi "
    "da yo cr cl du ga qu ue ff ba ey ls va um pp ua up lu go ht ru ug ds pi rc rr eg au ck".split()
)


def looks_random(value: str) -> bool:
    """Does it hold a stretch of letters and digits that no words and numbers make?

    Words change to a digit or a capital every six characters, random text every two or three; or,
    where random text is all of one case with few digits, its pairs of letters are no language's.
    """
    return any(
        sum(map(str.isdigit, segment)) >= 2
        and len(set(segment)) >= 6
        and (_switches_often(segment) or _is_no_language(segment))
        for segment in _SEGMENT.findall(value)
    )


def _switches_often(segment: str) -> bool:
    return len(_SWITCH.findall(segment)) >= max(3, len(segment) * 0.22)


def _is_no_language(segment: str) -> bool:
    if len(segment) < 20 or not (segment.islower() or segment.isupper()):
        return False
    letters = segment.lower()
    pairs = [letters[at : at + 2] for at in range(len(letters) - 1)]
    pairs = [pair for pair in pairs if pair.isalpha()]
    return sum(pair not in _ENGLISH_PAIRS for pair in pairs) > 0.5 * len(pairs)


_PLACEHOLDERS = frozenset(
    "your yours example examples sample placeholder dummy fake change changeme changethis replace "
    "replaceme insert todo fixme redacted masked hidden censored removed foobar lorem ipsum mock "
    "mocked stub invalid wrong incorrect nonexistent notreal undefined here qwerty asdf asdfgh "
    "deadbeef cafebabe feedface template whatever something anything goes".split()
)
_INSIDE = re.compile(
    r"example|placeholder|changeme|change_me|redacted|dummy|xxxx|your[-_]|insert[-_]|[-_]here"
    r"|deadbeef|cafebabe|notreal|abcdefgh|foobar|12345678|87654321",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"\$\{|\$\(|\{\{|\{%|<%|%\(|%s|\\\(|\$\$|^\$|^%.*%$|^\{.*\}$|^<.*>$|^\[.*\]$|<[A-Za-z_ -]+>"
    r"|\{[A-Za-z_.]*\}|\*{3,}|\.{3}|…|•"
)
_CODE = re.compile(
    r"^[A-Za-z_$][\w$]*(?:(?:\.|->|::|\?\.)[A-Za-z_$][\w$]*)+[;,)]*$|[\w\])]\(|\bos\.|\benv[.\[]|=>|=="
    r"|^[\w.]+\[|^(?:str|string|bytes|int|bool|any|none|null|true|false|optional|secretstr)\b"
    r"|^lambda\b|^await\b|^new ",
    re.IGNORECASE,
)
_PATH = re.compile(
    r"^(?:~|\.{0,2})/|^[\w.@-]+(?:/[\w.@-]+)*\.(?:json|ya?ml|toml|ini|pem|key|crt|cert|p12|pfx|txt|md|env"
    r"|py|pyi|js|jsx|ts|tsx|go|rb|sh|html?|css|xml|csv|png|jpe?g|svg|zip|gz|log|sql|db|conf|cfg|com"
    r"|org|net|io|dev|app|local|internal)(?:[/:].*)?$|^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$"
    r"|://|^arn:|^[A-Z]:\\|^refs/|^application/|^image/|^text/",
    re.IGNORECASE,
)
_CHECKSUM = re.compile(r"^(?:sha(?:1|224|256|384|512)|md5|blake2[bs])[-:_=]", re.IGNORECASE)
_UUID = re.compile(r"^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$", re.IGNORECASE)


def _is_run(value: str) -> bool:
    """Do most characters follow, equal or precede the one before, or the one before that?"""
    codes = [*map(ord, value.lower().replace("0a", "9:").replace("9a", "9:"))]
    for lag in (1, 2):
        steps = [after - before for before, after in zip(codes, codes[lag:], strict=False)]
        if steps and sum(-1 <= step <= 1 for step in steps) > 0.6 * len(steps):
            return True
    return False


def _is_repeated(value: str) -> bool:
    counts = Counter(value.lower())
    if len(counts) <= 3 or counts.most_common(1)[0][1] > 0.4 * len(value):
        return True
    return any(value[period:] == value[:-period] for period in range(1, min(13, len(value) // 2)))


def _common(value: str) -> list[Doubt]:
    """The fatal doubts that hold for a value of any shape."""
    doubts = []
    if _REFERENCE.search(value):
        doubts.append(Doubt.REFERENCE)
    if _INSIDE.search(value) or any(word in _PLACEHOLDERS for word in words(value)):
        doubts.append(Doubt.PLACEHOLDER)
    if _is_repeated(value):
        doubts.append(Doubt.REPEATED)
    if _is_run(value):
        doubts.append(Doubt.RUN)
    return doubts


def token(value: str, *, is_loose: bool = False) -> Verdict:
    """A value whose form tells its issuer; `is_loose` where other things take that form, too."""
    doubts = _common(value)
    body = re.sub(r"^[A-Za-z0-9]{1,12}[_.-](?:[a-z]{2,11}[_.-])?", "", value)
    if doubts == [] and _is_run(body):
        doubts.append(Doubt.RUN)
    if is_loose:
        doubts.append(Doubt.LOOSE_SHAPE)
        if not looks_random(value):
            doubts.append(Doubt.WORDS)
    elif _bits(body) < 2.5 * len(body):
        doubts.append(Doubt.REPEATED)
    return _verdict(doubts)


def assigned(named: str, value: str) -> Verdict:
    """A value of no known issuer under the name `named`: a secret if random and so named."""
    doubts = _common(value)
    is_secret = names_secret(named)
    if is_secret is False or _PLACEHOLDERS.intersection(words(named)):
        doubts.append(Doubt.OTHER_NAME)
    elif is_secret is None:
        doubts.append(Doubt.VAGUE_NAME)
    if _CHECKSUM.search(value):
        doubts.append(Doubt.HASH)
    if _PATH.search(value):
        doubts.append(Doubt.PATH)
    if _UUID.match(value):
        doubts.append(Doubt.UUID)
    elif not looks_random(value):
        doubts.append(Doubt.WORDS)
    return _verdict(doubts, Confidence.MEDIUM)


_USUAL_WORDS = frozenset(
    "test tests testing password passwd pass passw0rd pwd secret admin administrator user users "
    "demo dev development local secure valid strong correct new old my the login account default "
    "root guest temp tmp hello world welcome letmein super safe complex great key token api "
    "app".split()
)


_SERVICES = frozenset(
    "postgres postgresql mysql mariadb mongo redis rabbitmq amqp db database".split()
)
_NAME_LIKE = re.compile(r"^(?:[a-z0-9]+(?:[_.,-][a-z0-9]+)*|[^0-9]+)$")


def _classes(value: str) -> int:
    """How many of lower case, upper case, digits and signs `value` has."""
    kinds = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    return sum(any(kind(character) for character in value) for kind in kinds)


def password(named: str, value: str) -> Verdict:
    """A value under the name of a password, found by that name alone."""
    value = value.strip()
    if looks_random(value) and len(value) >= 16:
        return assigned(named, value)
    doubts = _common(value)
    if names_secret(named) is False:
        doubts.append(Doubt.OTHER_NAME)
    if _CODE.search(value) or any(character.isspace() for character in value):
        doubts.append(Doubt.CODE)
    if _PATH.search(value) or value.startswith(("#", ".", "/", "@", "-")):
        doubts.append(Doubt.PATH)
    if len(value) < 8 or _classes(value) < 3 or _NAME_LIKE.match(value):
        doubts.append(Doubt.WEAK)
    letters = [word for word in words(value) if word.isalpha() and len(word) > 1]
    if letters and all(word in _USUAL_WORDS for word in letters):
        doubts.append(Doubt.USUAL_WORDS)
    return _verdict(doubts, Confidence.MEDIUM)


_LOCAL_HOST = re.compile(
    r"(?:localhost|127\.[\d.]+|0\.0\.0\.0|[^.]*|.*\.(?:local|localhost|internal|svc(?:\..*)?))$"
)
_EXAMPLE_HOST = re.compile(
    r"(?:.*\.)?(?:example(?:\..*)?|test|invalid)$|(?:your|my)?[-_]?(?:host|server)\b"
)


def connection(scheme: str, user: str, value: str, host: str) -> Verdict:
    """A password in `scheme://user:value@host`."""
    value, host = unquote(value), host.lower()
    doubts = _common(value)
    if _REFERENCE.search(user) or _REFERENCE.search(host):
        doubts.append(Doubt.REFERENCE)
    if _EXAMPLE_HOST.match(host):
        doubts.append(Doubt.PLACEHOLDER)
    parts = [word for word in words(value) if word.isalpha()]
    known = {*_USUAL_WORDS, *words(user), *words(scheme), *words(host), *_SERVICES}
    if len(value) < 6 or all(word in known for word in parts):
        doubts.append(Doubt.WEAK)
    is_simple = not looks_random(value) and _classes(value) < 3
    if is_simple:
        doubts.append(Doubt.SIMPLE)
    if not _LOCAL_HOST.match(host):
        return _verdict(doubts)
    doubts.append(Doubt.WEAK if is_simple else Doubt.LOCAL_HOST)
    return _verdict(doubts, severity=Severity.MEDIUM)


def web_token(value: str) -> Verdict:
    """A JSON web token, told by what it claims."""
    claims = _claims(value)
    if claims is None:
        return _verdict([Doubt.WORDS])
    doubts = [Doubt.REFERENCE] if _REFERENCE.search(value) else []
    if claims.get("iss") == "supabase-demo" or str(claims.get("sub")) == "1234567890":
        doubts.append(Doubt.PUBLIC)
    role = claims.get("role")
    if role in ("service_role", "anon") and "ref" in claims:
        if role == "anon":
            return _verdict(doubts, name="Supabase anonymous key", severity=Severity.LOW)
        return _verdict(doubts, name="Supabase service role key", severity=Severity.CRITICAL)
    if "exp" in claims:
        doubts.append(Doubt.EXPIRES)
    return _verdict(doubts, Confidence.MEDIUM)


def _claims(value: str) -> dict[str, Any] | None:
    body = value.split(".")[1] if value.count(".") >= 1 else ""
    try:
        decoded = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else None


_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{16,}")


def private_key(following: str) -> Verdict:
    """A private key, by the text that follows its header: at least three lines of base64, or a
    shorter whole one (keys on elliptic curves fill a single line)."""
    body, is_whole = _body(following)
    lines = [line for line in _BASE64.findall(body) if looks_random(line)]
    length = sum(map(len, lines))
    doubts = []
    if len(lines) < 3 and length < (48 if is_whole else 160):
        doubts.append(Doubt.NO_BODY)
    elif _REFERENCE.search(body) or _INSIDE.search(body) or _is_repeated("".join(lines)):
        doubts.append(Doubt.PLACEHOLDER)
    if "ENCRYPTED" in body:
        doubts.append(Doubt.ENCRYPTED)
    return _verdict(doubts)


_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{16,}")


def private_key_body(following: str) -> str:
    """What tells one private key from another: its base64, without line ends."""
    return "".join(_BASE64.findall(_body(following)[0]))


def private_key_lines(following: str) -> list[bytes]:
    """The lines of a private key, each of which is a part of the secret."""
    return [found[0].encode() for found in _KEY_LINE.finditer(_body(following)[0])]


def _body(following: str) -> tuple[str, bool]:
    """What stands before the end of a key, written-out line ends made real; and is there one?"""
    text = following.replace("\\r", "").replace("\\n", "\n")
    body, end, _ = text.partition("-----END")
    return body, bool(end)
