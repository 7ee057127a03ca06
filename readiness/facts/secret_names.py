"""Which names are those of secrets: of variables, keys of a configuration, parameters."""

from __future__ import annotations

import re
from itertools import pairwise

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_SECRETS = frozenset(
    "secret secrets token tokens password passwd pwd passphrase apikey accesskey secretkey authkey "
    "credential credentials bearer authorization licensekey appkey authtoken".split()
)
# What "key" says after one of these is clear.
_KEY_OWNERS = frozenset(
    "api access secret private auth encryption signing master service client account license app "
    "application consumer subscription storage admin session jwt hmac webhook deploy crypto aes db "
    "database flask django wsgi cookie salt rsa ssh shared management developer".split()
)
_VAGUE = frozenset("key keys pass auth".split())
# A name with one of these speaks of a secret (its length, place or policy), or of none at all.
_OTHERS = frozenset(
    "public publishable pub anon site unique primary foreign id ids identifier keyid index cache "
    "sort partition fingerprint hash hashes hashing checksum digest sha sha1 sha256 md5 author "
    "authors authority name names type url uri path file filename folder dir csrf csrftoken length "
    "min max ttl expire expires expiry expiration minutes seconds hours days age timeout limit "
    "field label column prefix suffix pattern policy require required enable enabled disable "
    "disabled format version header endpoint next page cursor continuation pagination keyword "
    "keywords keyframe keyframes keyboard hotkey idempotency etag count size algorithm monkey "
    "tokenizer tokenizers tokenize passenger compass bypass rotation validate history".split()
)


def words(text: str) -> list[str]:
    """The words of a name or value, in lower case: at capitals, digits and signs."""
    return [word.lower() for word in _WORD.findall(text)]


def names_secret(name: str) -> bool | None:
    """True for the name of a secret (`DB_PASSWORD`), false for another's (`PASSWORD_MIN_LENGTH`),
    null for one that says "key" and not of what."""
    parts = words(name)
    if _OTHERS.intersection(parts):
        return False
    if _SECRETS.intersection(parts):
        return True
    for before, after in pairwise(parts):
        if after in ("key", "keys") and before in _KEY_OWNERS:
            return True
        if after in ("pass", "pw") and before not in ("by", "first", "second", "one"):
            return True
    return None if _VAGUE.intersection(parts) or name.lower().endswith("key") else False
