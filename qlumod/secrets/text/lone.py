"""Small files that consist of one random word: tokens, cookies, encoded keys."""

import re
from collections.abc import Iterator

from qlumod.secrets.found import Found
from qlumod.secrets.part import Part
from qlumod.secrets.runs import entropy

_WORD = re.compile(rb"\s*((?=[^:]*:?[^:]*\Z)[A-Za-z0-9+/=_.~:-]{20,1024})\s*")
_BLOCK = re.compile(rb"((?:[A-Za-z0-9+/]{32,76}\r?\n)+[A-Za-z0-9+/]{0,76}={0,2})\s*")
_UUID = re.compile(rb"\{?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")
_VERSION = re.compile(rb"\d+\.[\w.+~:-]*|\d{6,}[T.:+~-][\w.:+~-]*")
"""Versions and times."""
_DIGEST = re.compile(rb"[0-9a-f]{32}|[0-9a-f]{40}")
"""The length of MD5 or SHA-1: nearly always a digest or an identifier, not a secret."""
_HINT = re.compile(r"(?i)key|secret|token|pass|cookie|cred|auth|salt|seed|psk|hmac")
_PLACE = re.compile(rb"[\w.@:+-]*/[\w/.@:+-]*|[\w.-]+\.\w{1,5}|[A-Za-z]+(?:[-_.][A-Za-z]+)*\d*")


def lone_words(part: Part) -> Iterator[Found]:
    """A small file that is a random word."""
    if len(part.data) > 4096 or not part.is_text or b" " in part.data.strip():
        return
    match = _WORD.fullmatch(part.data) or _BLOCK.fullmatch(part.data)
    if match and _is_random(match[1], hinted=bool(_HINT.search(part.called.rpartition("/")[2]))):
        yield part.holds("a random word that stands alone", at=match.start(1))


def _is_random(word: bytes, *, hinted: bool) -> bool:
    if any(form.fullmatch(word) for form in (_UUID, _VERSION)):
        return False
    if _PLACE.fullmatch(word) and entropy(word) < 4.5:
        return False
    if _DIGEST.fullmatch(word) and not hinted:
        return False
    return entropy(word) > (2.8 if hinted else 3.3) and _is_mixed(word, hinted=hinted)


def _is_mixed(word: bytes, *, hinted: bool) -> bool:
    """Whether letters and digits are mixed as in no word of natural language."""
    digits = sum(48 <= byte < 58 for byte in word)
    upper = sum(65 <= byte < 91 for byte in word)
    lower = sum(97 <= byte < 123 for byte in word)
    return hinted or (digits >= 2 and (upper + lower) >= 2) or min(upper, lower) >= 4
