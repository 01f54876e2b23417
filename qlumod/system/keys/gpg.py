"""Signing by a key that is named by its fingerprint, and checking signatures with gpgv.

A throw-away key signs what qlumod makes for itself (a frozen archive, a folder of .debs), so that
apt can check it like any other archive. Its private home is a short-lived temporary directory.
gpg itself never starts its agent here: who signs does so within `gpg_daemons.daemons`.
"""

import base64
import binascii
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.system.disk.directories import make_private
from qlumod.system.disk.documents import MOST, MOST_RECORDS
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.disk.scratch import scratch
from qlumod.system.keys.gpg_daemons import daemons, home_words, short_directory
from qlumod.system.processes.command import Command, command
from qlumod.system.processes.run import attempt, capture

_RUNTIME = Path(f"/run/user/{os.geteuid()}/gnupg")
"""The directory of GnuPG's sockets, if the user's session has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A key that signs; `home` is its GNUPGHOME, None: the user's own."""

    fingerprint: str
    home: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The result of checking a signature."""

    fingerprint: str
    """The primary key's fingerprint."""
    text: bytes
    """The signed text of a clearsigned file; empty for a detached signature."""
    signers: tuple[str, ...]
    """The fingerprints of the keys that signed: the primary keys and the subkeys."""


class BadSignature(QlumodError):
    """A signature is missing, damaged, expired, or by a key that is not in the keyring."""


@contextmanager
def throw_away_key(name: str = "qlumod throw-away key") -> Iterator[SigningKey]:
    """Make a key for the length of a block; key and agent are removed at its end."""
    with scratch(short_directory()) as home:
        try:
            with daemons(home) as ready:
                ready()
                yield _made_key(home, name, "never")
        finally:
            _remove_socket_directory(home)


def make_key(home: Path, name: str, *, expires: str = "never") -> SigningKey:
    """Make an Ed25519 key without passphrase in a GNUPGHOME; `expires` as gpg reads it."""
    make_private(home)
    with daemons(home) as ready:
        ready()
        return _made_key(home, name, expires)


def _made_key(home: Path, name: str, expires: str) -> SigningKey:
    call = _gpg(
        home, "--passphrase", "", "--status-fd", "1",
        "--quick-generate-key", name, "ed25519", "sign", expires,
    )  # fmt: skip
    made = re.search(rb"KEY_CREATED \S+ ([0-9A-F]{40})", capture(call))
    if made is None:
        raise QlumodError("gpg made no key, and did not say why")
    return SigningKey(fingerprint=made[1].decode(), home=home)


def _remove_socket_directory(home: Path) -> None:
    """GnuPG makes a socket directory for each home, and does not remove it."""
    if _RUNTIME.is_dir():
        attempt(command("gpgconf", *home_words(home), "--remove-socketdir"))


def clearsign(key: SigningKey, text: bytes, *, also: Iterable[SigningKey] = ()) -> bytes:
    """Sign a text in place, as an InRelease file is; `also` are further keys of the same home."""
    return _sign((key, *also), "--clearsign", text)


def detach_sign(key: SigningKey, data: bytes, *, also: Iterable[SigningKey] = ()) -> bytes:
    """Make an armoured signature beside the data, as Release.gpg is."""
    return _sign((key, *also), "--detach-sign", data)


def export_key(key: SigningKey) -> bytes:
    """The public key in binary form: a keyring for `Signed-By`."""
    exported = capture(_gpg(key.home, "--export", key.fingerprint))
    if not exported:
        raise QlumodError(f"cannot export the key {key.fingerprint}: gpg does not hold it")
    return exported


def newest_key_date(keyring: Path) -> int:
    """When the newest key of a keyring file was made, in seconds."""
    return max(map(int, re.findall(r"^pub:(?:[^:]*:){4}(\d+):", _listing(keyring), re.MULTILINE)))


def fingerprints(keyring: Path) -> tuple[str, ...]:
    """The fingerprints of the primary keys of a keyring file."""
    listing = _listing(keyring)
    return tuple(re.findall(r"^pub:.*\n(?:.*\n)*?fpr:+([0-9A-F]{40}):", listing, re.MULTILINE))


def all_fingerprints(keyring: bytes) -> frozenset[str]:
    """The fingerprints of all keys and subkeys of a keyring; raises `QlumodError`."""
    if not keyring:
        return frozenset()
    with scratch(short_directory()) as home:
        call = _gpg(
            home, "--with-colons", "--with-subkey-fingerprint", "--show-keys", stdin=keyring
        )
        listed = capture(call).decode(errors="replace")
    return frozenset(re.findall(r"^fpr:+([0-9A-F]{40}):", listed, re.MULTILINE))


def keyring_listing(keyring: bytes) -> str:
    """The keys of a keyring with their signatures, as ``gpg --with-colons`` lists them."""
    with scratch(short_directory()) as home:
        (home / "ring.gpg").write_bytes(dearmoured(keyring))
        words = ("--trust-model", "always", "--no-default-keyring", "--keyring", home / "ring.gpg")
        listed = capture(_gpg(home, *words, "--with-colons", "--list-sigs"))
    return listed.decode(errors="replace")


def user_ids(keyring: Path) -> tuple[str, ...]:
    """The user ids of the keys of a keyring file, as ``Name <mail>``."""
    found = re.findall(r"^uid:(?:[^:]*:){8}([^:]*):", _listing(keyring), re.MULTILINE)
    # gpg writes a colon, and characters that end a line, as escapes.
    return tuple(re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), one) for one in found)


def _listing(keyring: Path) -> str:
    with scratch(short_directory()) as home:
        listed = capture(_gpg(home, "--with-colons", "--show-keys", keyring))
    return listed.decode(errors="replace")


def verify(signed: Path, keyring: Path, *, signature: Path | None = None) -> Signed:
    """Check a clearsigned file (or `signed` against its detached `signature`) against a keyring.

    A file may be signed by several keys: one good signature by a key of the keyring suffices, as
    for apt, but no signature may be bad.
    """
    with scratch(short_directory()) as place:
        text = place / "text"
        call = command(
            "gpgv", "--status-fd", "1", "--keyring", _binary(keyring, place),
            *(("--", signature, signed) if signature else ("--output", text, "--", signed)),
        )  # fmt: skip
        _, status, said = attempt(call)
        told = status.decode(errors="replace")
        good = _good_signatures(told)
        if not good:
            raise BadSignature(
                f"{signed}: no good signature by a key of {keyring}",
                details=(*said.decode(errors="replace").splitlines(), *_reasons(told)),
            )
        return Signed(
            fingerprint=good[0][-1],
            text=read_bytes(text, most=MOST_RECORDS) if text.exists() else b"",
            signers=tuple(dict.fromkeys(key for keys in good for key in keys)),
        )


def verify_text(signed: bytes, keyring: bytes, name: str) -> Signed:
    """Check a clearsigned text that is in memory; `name` stands for it in errors."""
    with scratch(short_directory()) as place:
        (place / "signed").write_bytes(signed)
        (place / "ring").write_bytes(dearmoured(keyring))
        try:
            return verify(place / "signed", place / "ring")
        except BadSignature as fault:
            raise BadSignature(f"{name}: no good signature", details=fault.details) from fault


CLEARSIGNED = b"-----BEGIN PGP SIGNED MESSAGE-----"
"""The beginning of a clearsigned text (RFC 9580, 7.1)."""


def unchecked_text(signed: bytes) -> bytes:
    """The content of a clearsigned text, which must have been checked; any other text unchanged."""
    if not signed.startswith(CLEARSIGNED):
        return signed
    text = re.split(rb"\r?\n\r?\n", signed, maxsplit=1)[-1]
    text = text.rpartition(b"\n-----BEGIN PGP SIGNATURE-----")[0]
    return re.sub(rb"^- ", b"", text, flags=re.MULTILINE)


_REFUSED_DIGESTS = {"1": "MD5", "2": "SHA-1", "3": "RIPEMD-160", "11": "SHA-224"}
"""Digests whose signatures are refused, as by apt (numbers of RFC 9580, 9.5)."""


def _is_weak(words: Sequence[str]) -> bool:
    """Whether VALIDSIG names a digest or a signature version that is refused."""
    return words[4] == "3" or words[7] in _REFUSED_DIGESTS


_REASONS = {
    "EXPSIG": "the signature has expired",
    "EXPKEYSIG": "its key has expired",
    "REVKEYSIG": "its key was revoked",
}
"""The status lines of gpgv about signatures (doc/DETAILS of GnuPG)."""


def _reasons(status: str) -> Iterator[str]:
    for keyword, words in re.findall(r"^\[GNUPG:\] (\w+) (.*)$", status, re.MULTILINE):
        if keyword in _REASONS:
            yield f"{_REASONS[keyword]}: {words}"
        if keyword == "VALIDSIG" and _is_weak(parts := words.split(" ")):
            digest = _REFUSED_DIGESTS.get(parts[7], "")
            yield f"it is a signature {f'by {digest}' if digest else 'of version 3'}: {parts[0]}"


def _good_signatures(status: str) -> list[tuple[str, str]]:
    """The keys of the good signatures, as (signer, primary); none if one signature is bad."""
    verdict, good = "", []
    for line in status.splitlines():
        _, keyword, *words = [*line.split(" "), "", ""]
        if keyword == "BADSIG":
            return []
        if keyword.endswith("SIG") and keyword != "VALIDSIG":
            verdict = keyword  # of the signature that the next VALIDSIG describes
        if keyword == "VALIDSIG" and verdict == "GOODSIG" and not _is_weak(words):
            good.append((words[0], next(word for word in reversed(words) if word)))
    return good


def dearmoured(keyring: bytes) -> bytes:
    """A keyring in binary form: gpgv of Debian 12 does not read armoured keyrings."""
    if not keyring.lstrip().startswith(b"-----BEGIN PGP"):
        return keyring
    blocks = re.findall(
        rb"-----BEGIN PGP[^\n]*-----\r?\n(?:[^\n]+\r?\n)*?\r?\n"
        rb"(.*?)\r?\n=?[^\n]{0,5}\r?\n?-----END",
        keyring,
        re.DOTALL,
    )
    try:
        return b"".join(base64.b64decode(block) for block in blocks)
    except binascii.Error as error:
        raise QlumodError(f"cannot read an armoured keyring: {error}") from error


def _binary(keyring: Path, scratch: Path) -> Path:
    data = read_bytes(keyring, most=MOST)
    if (binary := dearmoured(data)) is data:
        return keyring.absolute()
    (scratch / "keyring").write_bytes(binary)
    return scratch / "keyring"


def _sign(keys: Sequence[SigningKey], how: str, data: bytes) -> bytes:
    first = keys[0]
    signers = [word for key in keys for word in ("--local-user", f"{key.fingerprint}!")]
    call = _gpg(
        first.home, "--digest-algo", "SHA512", *signers, "--armor", how,
        stdin=data,
    )  # fmt: skip
    return capture(call)


def _gpg(home: Path | None, *words: str | Path, stdin: bytes = b"") -> Command:
    return command(
        "gpg", "--batch", "--no-tty", "--quiet", "--no-auto-check-trustdb", "--no-autostart",
        *home_words(home),
        *(("--pinentry-mode", "loopback") if home else ()),
        *words,
        stdin=stdin,
    )  # fmt: skip
