"""The keys that people sign with: named by fingerprint, found in GnuPG, tried before they count."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from qlumod.errors import QlumodError, raise_faults
from qlumod.system.keys.gpg import SigningKey, all_fingerprints, detach_sign
from qlumod.system.keys.gpg_daemons import daemons
from qlumod.system.keys.strength import Weakness, require_strong, weaknesses
from qlumod.system.processes.command import CommandFailed, command
from qlumod.system.processes.run import attempt, capture
from qlumod.system.processes.workers import workers

T = TypeVar("T")
_FINGERPRINT = re.compile(r"[0-9A-F]{40}\Z")
_GPG = ("gpg", "--batch", "--no-tty", "--no-autostart")
_WHY_NOT = {"e": "it is expired", "r": "it is revoked", "d": "it is disabled", "i": "it is invalid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signers:
    """Keys that can sign, and their public parts as text."""

    keys: tuple[SigningKey, ...]
    public: bytes
    weak: Mapping[str, Weakness] = field(default_factory=dict)
    """Those that are too weak, by the fingerprints of primary keys and of subkeys."""

    def strong(self) -> "Signers":
        """These keys, one of which clients can believe; raises `QlumodError`.

        A weak one may sign beside a strong one, so that clients that have only it can follow.
        """
        weak = [key.fingerprint for key in self.keys if key.fingerprint in self.weak]
        if len(weak) == len(self.keys):
            raise_faults(self.faults(weak))
        return self

    def faults(self, named: Iterable[str]) -> Iterator[QlumodError]:
        """What is against those of the named keys that are too weak."""
        return require_strong(named, self.weak, "the key that signs")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """A primary key or subkey as ``--with-colons`` lists it."""

    fingerprint: str
    primary: bool
    validity: str
    created: int
    signs: bool
    secret: bool

    @property
    def usable(self) -> bool:
        return self.signs and self.secret and self.validity not in _WHY_NOT


def fingerprint(text: str) -> str:
    """Check a key's fingerprint, which may be written in groups; raises `QlumodError`."""
    plain = re.sub(r"\s+|^0x", "", text).upper()
    if not _FINGERPRINT.match(plain):
        raise QlumodError(
            f"{text!r} is no fingerprint: it has 40 hexadecimal digits",
            remedy="gpg --list-secret-keys --keyid-format none shows the fingerprints",
        )
    return plain


def usable_key(named: str) -> SigningKey:
    """Find a key of the user's GnuPG and sign with it once; raises `QlumodError`."""
    wanted = fingerprint(named)
    listed = tuple(_keys(_listing(wanted)))
    if not listed:
        raise QlumodError(
            f"the key {wanted} is missing: there is no secret key of that fingerprint in {_home()}",
            remedy="set GNUPGHOME, or import the key (gpg --import)",
        )
    key = SigningKey(fingerprint=_signer(wanted, listed).fingerprint)
    _try(key, wanted)
    return key


def usable_keys(named: Sequence[str]) -> tuple[SigningKey, ...]:
    """Find all keys that are to sign; raises every reason against any of them at once."""
    found: list[SigningKey] = []
    faults: list[QlumodError] = []
    for one in named:
        try:
            found.append(usable_key(one))
        except QlumodError as fault:
            faults.append(fault)
    raise_faults(faults)
    return tuple(found)


def armoured_keys(fingerprints: Iterable[str]) -> bytes:
    """The public keys as text, without what does not belong to them (signatures of others).

    What gpg needs to run beside is there: see `gpg_daemons`.
    """
    return capture(
        command(
            *_GPG, "--quiet", "--armor",
            "--export-options", "export-minimal", "--export",
            *fingerprints,
        )
    )  # fmt: skip


def public_keys(named: Sequence[str]) -> bytes:
    """The public keys of others as text, each of which must be there; raises `QlumodError`."""
    with daemons(secret=False) as ready:
        ready()
        exported = armoured_keys(named) if named else b""
    held = all_fingerprints(exported)
    raise_faults(
        QlumodError(
            f"the key {one} is missing: there is no public key of that fingerprint in {_home()}",
            remedy="import it (gpg --import FILE), once you are sure of the fingerprint",
        )
        for one in named
        if one not in held
    )
    raise_faults(require_strong(named, weaknesses(exported), "the key of a host that proves"))
    return exported


def own_keys() -> dict[str, bool]:
    """The user's secret keys by the fingerprints that one may name, and whether each can sign.

    A subkey can be named, too; it is not counted as one that can sign by itself.
    """
    with daemons() as ready:
        ready()
        listing = _listing("")
    found: dict[str, bool] = {}
    for primary, *subkeys in _grouped(_keys(listing)):
        valid = primary.validity not in _WHY_NOT
        found[primary.fingerprint] = valid and any(key.usable for key in (primary, *subkeys))
        found.update((key.fingerprint, False) for key in subkeys)
    return found


def _grouped(keys: Iterable["_Listed"]) -> list[list["_Listed"]]:
    """Each primary key with its subkeys."""
    found: list[list[_Listed]] = []
    for key in keys:
        if key.primary:
            found.append([])
        found[-1].append(key)
    return found


@contextmanager
def signing(named: Sequence[str]) -> Iterator[Callable[[], Signers]]:
    """Try keys while other work is done; the value waits, and raises every reason against them."""

    with daemons() as ready, workers(3) as beside:

        def once_ready(work: Callable[[Sequence[str]], T]) -> T:
            ready()
            return work(named)

        keys = beside.submit(once_ready, usable_keys)
        public = beside.submit(once_ready, armoured_keys)
        weak = beside.submit(lambda: weaknesses(public.result()))
        yield lambda: Signers(
            keys=keys.result(), public=public.result(), weak=weak.result()
        ).strong()


def _listing(wanted: str) -> bytes:
    """What gpg lists of a key, or of all; nothing where there is none."""
    _, listing, _ = attempt(
        command(
            *_GPG, "--with-colons", "--with-subkey-fingerprint",
            "--list-secret-keys", *([wanted] if wanted else ()),
        )
    )  # fmt: skip
    return listing


def _keys(listing: bytes) -> Iterator[_Listed]:
    fields: list[str] = []
    primary = False
    for line in listing.decode(errors="replace").splitlines():
        kind, *rest = line.split(":")
        if kind in ("sec", "ssb"):
            fields, primary = rest, kind == "sec"
        elif kind == "fpr" and fields:
            yield _of_fields(fields, rest[8], primary)
            fields = []


def _of_fields(fields: list[str], fingerprint: str, primary: bool) -> _Listed:
    return _Listed(
        fingerprint=fingerprint,
        primary=primary,
        validity=fields[0],
        created=int(fields[4] or 0),
        signs="s" in fields[10],
        secret=fields[13] != "#",
    )


def _signer(wanted: str, listed: tuple[_Listed, ...]) -> _Listed:
    """The key that signs: the one that is named, or the newest subkey of it, as gpg chooses."""
    primary, *subkeys = listed
    if wanted != primary.fingerprint:
        candidates = [key for key in subkeys if key.fingerprint == wanted]
    else:
        candidates = [*sorted(subkeys, key=lambda key: -key.created), primary]
    usable = [key for key in candidates if key.usable]
    if primary.validity in _WHY_NOT or not usable:
        raise QlumodError(
            f"the key {wanted} cannot sign: {_reason(primary, candidates)}",
            remedy="renew the key (gpg --quick-set-expire), or name another one",
        )
    return usable[0]


def _reason(primary: _Listed, candidates: list[_Listed]) -> str:
    for key in (primary, *candidates):
        if key.validity in _WHY_NOT:
            return _WHY_NOT[key.validity]
    if any(key.signs for key in candidates):
        return "its secret part is not here"
    return "it is not made for signing"


def _try(key: SigningKey, wanted: str) -> None:
    try:
        detach_sign(key, b"qlumod tries a key\n")
    except CommandFailed as failed:
        raise QlumodError(
            f"the key {wanted} cannot sign",
            details=failed.details,
            remedy="unlock it in gpg-agent: sign something with it by hand, then run this again",
        ) from failed


def _home() -> str:
    return os.environ.get("GNUPGHOME") or "~/.gnupg"
