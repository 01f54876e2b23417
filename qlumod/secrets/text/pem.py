"""Private keys between BEGIN and END, even if they are quoted, indented or escaped."""

import re
from collections.abc import Iterator

from qlumod.secrets.found import Found
from qlumod.secrets.part import Part, places
from qlumod.secrets.runs import entropy

_BLANK = rb"(?: |\+|%20)"
_BEGIN = re.compile(
    rb"-{3,5} ?BEGIN" + _BLANK + rb"(?P<label>(?:[A-Za-z0-9.-]{1,20}" + _BLANK + rb"){0,5}"
    rb"(?:PRIVATE" + _BLANK + rb"KEY(?:" + _BLANK + rb"BLOCK)?"
    rb"|NKEY SEED|Static key V1|tls-crypt-v2 (?:server|client) key)) ?-{4,5}"
)
_DASHES = re.compile(rb"-{3,5} ?\Z")
_SHOWN = 600
"""The maximum bytes before the body, including headers."""
_RANDOM = 2
"""The minimum entropy of a body: a repeated letter is a placeholder."""
_COST = 10
"""The attempts that a search for a body counts as."""

_ESCAPED_NEWLINES = re.compile(rb"\\+[nrt]|&#(?:10|13|x[aAdD]);|%0[aAdD]|<br ?/?>|\^M")
_ESCAPED_SIGNS = (
    (b"%2B", b"+"),
    (b"%2F", b"/"),
    (b"%3D", b"="),
    (b"\\u002b", b"+"),
    (b"\\/", b"/"),
)
_JOINTS = re.compile(rb"""["']\s*(?:[+.,\\]|<<)?\s*["']""")
_MARGIN = rb"""[ \t\r\n>|#*"'`;:%!-]*(?:// ?)?"""
_HEADER = rb"[A-Za-z-]{2,30}: [^\n]{0,200}\n"
_BODY = re.compile(rb"(?:" + _MARGIN + _HEADER + rb"){0,5}" + _MARGIN + rb"[A-Za-z0-9+/=]{16}")
"""The text after a key's first line; programs that only contain that line do not have it."""

_KINDS = (
    (b"OPENSSH ", "an OpenSSH private key"),
    (b"PGP ", "a PGP private key"),
    (b"SSH2 ", "an SSH2 private key"),
    (b"NKEY SEED", "a seed of NATS"),
    (b"Static key", "an OpenVPN static key"),
    (b"tls-crypt-v2", "an OpenVPN key"),
    (b"TSS2 ", "a private key that a TPM wrapped"),
)


def pem_keys(part: Part) -> Iterator[Found]:
    """Each kind of PEM private key in a part, with the line of the first one."""
    told: set[str] = set()
    for at in places(part.data, b"BEGIN"):
        part.attempts.spend(_COST)
        begin = _BEGIN.match(part.data, _dashes_before(part.data, at))
        kind = _kind(begin["label"]) if begin else ""
        if begin and kind not in told and _has_body(part.data, begin.end()):
            told.add(kind)
            yield part.holds(kind, private=True, at=at)


def _dashes_before(data: bytes, at: int) -> int:
    """The position of the dashes before a word."""
    dashes = _DASHES.search(data, max(0, at - 6), at)
    return dashes.start() if dashes else at


def _kind(label: bytes) -> str:
    return next((kind for part, kind in _KINDS if part in label), "a PEM private key")


def _has_body(data: bytes, start: int) -> bool:
    end = data.find(b"END", start, start + _SHOWN)
    block = data[start : end if end >= 0 else start + _SHOWN].rstrip(b"- ")
    body = _BODY.match(unescaped_pem(block))
    return body is not None and entropy(body[0][-16:]) > _RANDOM


def unescaped_pem(block: bytes) -> bytes:
    """The original text of a block that was escaped in source code, JSON, XML or a URL."""
    block = _ESCAPED_NEWLINES.sub(b"\n", block)
    for escaped, sign in _ESCAPED_SIGNS:
        block = block.replace(escaped, sign)
    return _JOINTS.sub(b"", block).replace(b"\\", b"")
