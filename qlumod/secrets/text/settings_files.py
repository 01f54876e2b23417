"""Settings whose name indicates a secret value: ``password = …``, in any syntax."""

import re
from collections.abc import Iterator
from heapq import merge

from qlumod.secrets.found import Found
from qlumod.secrets.part import NEWLINE, Part
from qlumod.secrets.text.code import is_code
from qlumod.secrets.text.telling_names import meant

_STEMS = (
    b"pass",
    b"pw",
    b"secret",
    b"token",
    b"cred",
    b"psk",
    b"key",
    b"salt",
    b"authtok",
)
"""Words in the names of secret settings."""

_SETTING = re.compile(
    rb"""(?isx)
    (?P<stem> pass(?:w(?:or)?d|phrase|wort|code|wd)? | pwd? | secrets? | token | cred(?:ential)?s?
            | psk | key | salt | authtok )
    (?P<tail> [_.-]? (?:key|hash|value|text|plain|clear|base64|b64|str(?:ing)?|data|base
                       |read|write|md5|sha[0-9]{1,3}|[0-9]{1,2}))?
    (?: (?: ["'\])]{0,3} | ["']?\}(?=[ ]?=) ) [ \t]{0,20}
        (?: => | := | :: | = | : | (?:,|\|\||\?\?)(?=[ ]?(?:<<)?["']) | (?P<call> \( )(?=["'])
          | [ \t]value[ \t]?= )
      | (?P<xml> (?:[ ][^<>\n]{0,80})? > (?:\s{0,20}<(?:value|string)>)?
               | </(?:key|name)>\s{0,20}<(?:string|value)> ) )
    [ \t]{0,20}
    (?: !!?\w+[ ] )?
    (?: (?:[ubr]{0,2}|<<)"(?P<double> [^"\n]{1,512} )" | [ubr]{0,2}'(?P<single> [^'\n]{1,512} )'
      | (?P<bare> [^\s"'<>;,]{1,512} ) (?P<after> [^\n]{0,40} ) )
    """
)
_EXPRESSION = re.compile(rb" |%[sdr(]")
"""Parts of texts that a program shows to users."""
_NAME = re.compile(rb"[\w.-]{0,60}\Z")
_COMMENT = re.compile(
    rb"[ \t]*(?:[#;*!%]|//(?![\w.-]+/)|--|dnl\b|rem\b|<!--|\.\\\"|\"\s)", re.IGNORECASE
)
_LITTLE_AFTER = re.compile(rb"[ \t]*(?:[;,)}\]&].*|[#].*|//.*|-[\w-].*|\\?\r?)", re.DOTALL)


def settings(part: Part) -> Iterator[Found]:
    """The settings that hold a secret, each kind once."""
    told: set[str] = set()
    code = is_code(part)
    hits = merge(*map(part.places, _STEMS))
    for at in hits:
        part.attempts.spend(2)
        kind = _kind_at(part.data, at, code=code)
        if kind and kind not in told:
            told.add(kind)
            yield part.holds(kind, at=at)


def _kind_at(data: bytes, at: int, *, code: bool) -> str:
    """The kind of secret in the setting whose name has a word at that position, or ""."""
    setting = _SETTING.match(data, at)
    if not setting or (code and setting["call"]):
        return ""
    begin = max(0, at - 240)
    line = data[max(data.rfind(NEWLINE, begin, at) + 1, begin) : at]
    if _COMMENT.match(line) or (setting["xml"] and b"<" not in line[-40:]):
        return ""
    name = _NAME.search(line)
    before = name[0] if name else b""
    owner = line[: len(line) - len(before)].rstrip()
    if owner.endswith((b'"$', b'"${')) or (not before and owner.endswith((b"=", b":"))):
        return ""
    kind, may_be = meant(before, setting["stem"], setting["tail"] or b"")
    return kind if kind and may_be(_value(setting, code=code)) else ""


def _value(setting: re.Match[bytes], *, code: bool) -> bytes:
    """The literal value, or "" for a name or an expression in source code."""
    quoted = setting["double"] or setting["single"]
    if quoted:
        return b"" if code and _EXPRESSION.search(quoted) else quoted
    bare = setting["bare"] or b""
    if setting["xml"]:
        return bare.rstrip(b"/") if setting["after"].startswith(b"<") else b""
    tight = setting[0][: setting.start("bare") - setting.start()].endswith(b"=")
    stands_alone = not code and (tight or _LITTLE_AFTER.fullmatch(setting["after"]))
    return bare.rstrip(b",;)}]") if stands_alone else b""
