"""The only table of invisible characters, and how errors name them.

A person who looks at a spec, an index or a terminal must see what programs read. Therefore no spec
and no signed index contains these characters, and terminals get them as escapes.
"""

import re
import unicodedata

_UNSEEN = (
    # Control characters, which terminals interpret; U+0085 ends lines for some programs.
    "\x00-\x1f\x7f-\x9f"
    # Unicode's format characters (Cf): soft hyphens, number signs, directional marks, zero-width
    # spaces, joiners, tags. Joiners (U+200C, U+200D) shape words of Persian and of India's scripts,
    # and some pictures. They are refused as well: two names may differ by them alone, and of
    # 130,000 paragraphs of Debian 12 and 13 one has any, in a picture.
    "\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    # Line and paragraph separators, which only some programs recognise.
    "\u2028\u2029"
    # What stands for bytes that are no text (PEP 383).
    "\ud800-\udfff"
    # What else is not drawn (Default_Ignorable_Code_Point): fillers, and selectors of variations,
    # by which any text can be hidden behind a letter.
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff"
)
SURROGATES = "\ud800-\udfff"
"""What stands for bytes that are no text, as `unseen_but` takes it."""

_NAMES = {"\t": "tab", "\r": "carriage return", "\ufeff": "byte-order mark"}
_KINDS = {"Cc": "control character", "Cs": "byte that is no text"}


def unseen_but(allowed: str) -> re.Pattern[str]:
    """A pattern for one invisible character, except `allowed` (for a pattern's brackets)."""
    return re.compile(f"(?![{allowed}])[{_UNSEEN}]")


_ANY = re.compile(f"[{_UNSEEN}]")


def unseen(line: str) -> tuple[str, ...]:
    """The invisible characters of a line, each once."""
    if line.isascii() and line.isprintable():
        return ()
    return tuple(dict.fromkeys(_ANY.findall(line)))


def not_allowed(char: str) -> str:
    """The words of an error about such a character: its number and name."""
    kind = _KINDS.get(unicodedata.category(char), "no character")
    name = _NAMES.get(char, unicodedata.name(char, kind).lower())
    return f"the character U+{ord(char):04X} ({name}) is not allowed"
