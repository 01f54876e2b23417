"""Finding secrets that an installation made: keys by their bytes, others by who may read them."""

import re
from collections.abc import Callable, Container, Iterable

from qlumod.model.tree import Entry
from qlumod.state.kind import Dropped, Fixed
from qlumod.state.table import rule_of

_BODY = rb"[^\n]*\n(?:[A-Za-z0-9+/=]{16}|Proc-Type:|Version:|Comment:|\r?\n)"
"""What follows a key's first line; programs that only know that line do not have it."""

KEYS = (
    ("an OpenSSH private key", rb"^-----BEGIN OPENSSH PRIVATE KEY-----" + _BODY),
    ("a PGP private key", rb"^-----BEGIN PGP PRIVATE KEY BLOCK-----" + _BODY),
    ("a PEM private key", rb"^-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----" + _BODY),
    ("a PuTTY private key", rb"\APuTTY-User-Key-File-[123]: "),
    ("an SSH 1 private key", rb"\ASSH PRIVATE KEY FILE FORMAT 1\.1\n"),
    ("a GnuPG private key", rb"\A\(\d+:(?:protected-|shadowed-)?private-key\("),
    ("a GnuPG private key", rb"(?:\A|^)Key: \((?:protected-|shadowed-)?private-key\b"),
    ("a Kerberos keytab", rb"\A\x05\x02\x00\x00"),
    ("a WireGuard private key", rb"^PrivateKey\s*=\s*[A-Za-z0-9+/]{43}="),
    ("an age private key", rb"^AGE-SECRET-KEY-1[A-Z0-9]{20}"),
)
"""What a private key is called, and a pattern of its bytes."""

_PATTERNS = tuple((name, re.compile(pattern, re.MULTILINE)) for name, pattern in KEYS)

HARMLESS = {
    "/etc/exim4/passwd.client": "exim4-config makes it with comments only",
}
"""Files that are not for everyone's eyes but hold nothing, and why."""

_LARGEST_KEY = 1 << 20


def key_in(data: bytes) -> str:
    """What private key a file's bytes hold, such as ``a PEM private key``; empty for none."""
    return next((name for name, pattern in _PATTERNS if pattern.search(data)), "")


def suspicions(
    entries: Iterable[Entry],
    *,
    owned: Container[str],
    read: Callable[[str], bytes],
    shipped: Container[str] = frozenset(),
) -> dict[str, str]:
    """The paths that look like secrets, and why.

    `owned` are the canonical paths that packages own: what everyone can download is no secret.
    Nor is a copy of it: `shipped` are more digests of packages' files, beside those of `entries`.
    `read` reads a file, and is called only for small files that no package owns.
    """
    files = [entry for entry in entries if entry.type == "f"]
    public = {entry.digest for entry in files if entry.path in owned}
    return {
        entry.path: why
        for entry in files
        if entry.size and entry.path not in owned and not _is_ruled_out(entry)
        if entry.digest not in public and entry.digest not in shipped
        for why in [_why(entry, read)]
        if why
    }


def _is_ruled_out(entry: Entry) -> bool:
    """Whether a rule of state takes the file, which then decides about it."""
    rule = rule_of(entry.path)
    return isinstance(rule, Dropped | Fixed) or (rule is not None and hasattr(rule, "capture"))


def _why(entry: Entry, read: Callable[[str], bytes]) -> str:
    key = key_in(read(entry.path)) if entry.size <= _LARGEST_KEY else ""
    if key:
        return f"it holds {key}"
    if not entry.mode & 0o004 and entry.path not in HARMLESS:
        return f"no package owns it, and its mode {entry.mode:04o} hides it from users"
    return ""
