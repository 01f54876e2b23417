"""Tables of logins: files that have only lines of ``user:password`` or ``host secret``."""

import re
from collections.abc import Iterator, Sequence

from qlumod.secrets.found import Found
from qlumod.secrets.part import NEWLINE, Part
from qlumod.secrets.text.secret_values import is_mixed

_LARGEST = 1 << 16
_HINT = re.compile(
    r"(?i)(?:auth|pass|secret|cred|login|users?\b|sasl|psk|digest|token|radius|radcli|pcp\.conf)"
    r"[^/]*(?:/[^/]*)?\Z"
)
"""Words in the names of files with logins, or of their directories."""
_ROW = re.compile(
    rb"(?:[\w.@-]{1,64}[ \t]+)?([^\s:|%=<>{}\"'(]{1,80})(?P<sign>[:|%]) ?(?P<rest>\S[^\n]*)"
)
_HOST = re.compile(
    rb"(?P<host>(?:[\w-]+\.)+[\w-]+(?:[:,/]\d+)?|\[[0-9a-f:]+\](?::\d+)?|localhost|\*|//\S+|(?P<role>\w+))"
    rb"[ \t]+(?:\S+[ \t]+)?(?P<secret>\S{4,})(?:[ \t]+\d+)?[ \t]*"
)
_DIGEST = re.compile(rb"[\w.@-]{1,64}:[^:/\n]{1,80}:[0-9a-f]{32}")
_WEB = ("/etc/", "/srv/", "/var/www/")
"""Directories in which web servers store digests in files of any name."""
_FIELDS = 3
"""The number of fields after the first one that may be a secret."""


def login_tables(part: Part) -> Iterator[Found]:
    """A small file that is a table of logins, or of digests for a web server."""
    hinted, web = _HINT.search(part.called), part.path.startswith(_WEB)
    if not (hinted or web) or len(part.data) > _LARGEST or not part.is_text:
        return
    rows = tuple(line.strip() for line in part.data.split(NEWLINE) if _has_row(line))
    if not rows:
        return
    if all(map(_DIGEST.fullmatch, rows)):
        yield part.holds("hashes of passwords", at=part.data.find(rows[0]))
    elif hinted:
        secret = _in_columns(rows) or _behind_hosts(rows, roles="passw" in part.called)
        if secret:
            yield part.holds("a password in a table of logins", at=part.data.find(secret))


def _has_row(line: bytes) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith((b"#", b";", b"//#", b"!"))


def _in_columns(rows: Sequence[bytes]) -> bytes:
    """The first row with a secret, if all rows have the same separator; else ""."""
    matches = tuple(map(_ROW.fullmatch, rows))
    first = matches[0]
    if first is None or not all(row and row["sign"] == first["sign"] for row in matches):
        return b""
    return next((row[0] for row in matches if row and _has_secret(row["rest"])), b"")


def _has_secret(rest: bytes) -> bool:
    fields = re.split(rb"[:|%\s]", rest)
    return len(fields) <= _FIELDS + 1 and any(map(is_mixed, fields[:_FIELDS]))


def _behind_hosts(rows: Sequence[bytes], *, roles: bool) -> bytes:
    """The first row with a secret, if each row begins with a host (or with a role); else ""."""
    matches = tuple(map(_HOST.fullmatch, rows))
    if not all(row and (roles or not row["role"]) for row in matches):
        return b""
    return next((row[0] for row in matches if row and is_mixed(row["secret"])), b"")
