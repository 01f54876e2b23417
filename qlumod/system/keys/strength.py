"""Weak keys: a table of the keys that apt of Debian 13 refuses.

apt of Debian 13 uses sqv, with a policy of its own (/usr/share/apt/default-sequoia.config, apt
3.0.4) over that of Sequoia (``StandardPolicy`` of sequoia-openpgp 2.0); apt and gpgv of Debian 12
accept most of these keys. Only the primary key and signing subkeys count; encryption subkeys do
not sign.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.system.keys.gpg import keyring_listing

_SEQUOIA = "StandardPolicy of sequoia-openpgp"
_APT = "default-sequoia.config of apt 3.0"
_TRIED = "sqv 1.3.0 of Debian 13, tried"
_NEW_KEY = "make another key: gpg --quick-generate-key 'NAME <MAIL>' ed25519 sign"
_SIGN_ANEW = (
    "let its owner sign it anew by a better digest: gpg --cert-digest-algo SHA512"
    " --quick-set-expire FINGERPRINT 3y"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRule:
    """A row of the table: keys by algorithm, size or curve, or signatures by their digest."""

    what: str
    since: str
    """The day from which it is refused; a dash: always."""
    source: str
    mend: str = _NEW_KEY
    algorithms: frozenset[int] = frozenset()
    """By their numbers in OpenPGP (RFC 9580, 9.1)."""
    below: int = 0
    """Keys of fewer bits; 0: keys of any size."""
    curves: frozenset[str] = frozenset()
    """As gpg names them."""
    hashes: frozenset[int] = frozenset()
    """Digests of self-signatures, by their numbers in OpenPGP (RFC 9580, 9.5)."""


RSA, DSA, ELGAMAL = frozenset({1, 2, 3}), frozenset({17}), frozenset({16, 20})
BRAINPOOL = frozenset({"brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"})
TABLE = (
    KeyRule(
        what="RSA below 2048 bits", since="2014-02-01", source=_SEQUOIA, algorithms=RSA, below=2048
    ),
    KeyRule(
        what="DSA below 2048 bits", since="2014-02-01", source=_SEQUOIA, algorithms=DSA, below=2048
    ),
    KeyRule(what="DSA of any size", since="2024-02-01", source=_APT, algorithms=DSA),
    KeyRule(
        what="ElGamal below 2048 bits",
        since="2014-02-01",
        source=_SEQUOIA,
        algorithms=ELGAMAL,
        below=2048,
    ),
    KeyRule(what="Brainpool curves", since="-", source=_TRIED, curves=BRAINPOOL),
    KeyRule(what="the curve secp256k1", since="-", source=_TRIED, curves=frozenset({"secp256k1"})),
    KeyRule(
        what="self-signatures by MD5",
        since="2004-02-01",
        source=_SEQUOIA,
        mend=_SIGN_ANEW,
        hashes=frozenset({1}),
    ),
    KeyRule(
        what="self-signatures by RIPEMD-160",
        since="2013-02-01",
        source=_SEQUOIA,
        mend=_SIGN_ANEW,
        hashes=frozenset({3}),
    ),
    KeyRule(
        what="self-signatures by SHA-1",
        since="2026-02-01",
        source=_APT,
        mend=_SIGN_ANEW,
        hashes=frozenset({2}),
    ),
    KeyRule(
        what="self-signatures by SHA-224",
        since="2026-02-01",
        source=_APT,
        mend=_SIGN_ANEW,
        hashes=frozenset({11}),
    ),
)
_NAMES = {
    **dict.fromkeys(RSA, "RSA"), **dict.fromkeys(DSA, "DSA"), **dict.fromkeys(ELGAMAL, "ElGamal"),
    18: "ECDH", 19: "ECDSA", 22: "EdDSA", 27: "Ed25519", 28: "Ed448",
}  # fmt: skip
_CURVED = frozenset({18, 19, 22})
WEAK_DIGESTS: frozenset[int] = frozenset(number for row in TABLE for number in row.hashes)
"""Digests that are refused for all signatures."""
_SELF = frozenset({"10", "11", "12", "13", "18", "1f"})
"""The classes of signatures that bind a user id, a subkey, or the key itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """A refused key: its description, and the row of the table."""

    fingerprint: str
    said: str
    row: KeyRule

    def fault(self, what: str, *, mend: str = "") -> QlumodError:
        """The error for it; `what` is the use of the key, `mend` a remedy in place of the row's."""
        since = "" if self.row.since == "-" else f" since {self.row.since}"
        return QlumodError(
            f"{what}: the key {self.fingerprint} is too weak: {self.said}",
            details=(f"{self.row.what}: refused{since} ({self.row.source})",),
            remedy=mend or self.row.mend.replace("FINGERPRINT", self.fingerprint),
        )


def weaknesses(keyring: bytes) -> dict[str, Weakness]:
    """The keys and signing subkeys of a keyring that are refused, by their fingerprints."""
    found: dict[str, Weakness] = {}
    for primary, *subkeys in _certificates(keyring_listing(keyring)):
        above = _weakness(primary)
        for key in (primary, *(key for key in subkeys if key.signs)):
            if weak := above or _weakness(key):
                found[key.fingerprint] = Weakness(
                    fingerprint=key.fingerprint, said=weak.said, row=weak.row
                )
    return found


def require_strong(
    named: Iterable[str], weak: Mapping[str, Weakness], what: str, *, mend: str = ""
) -> Iterator[QlumodError]:
    """The errors for those of the named keys that are too weak."""
    for key in named:
        if key in weak:
            yield weak[key].fault(what, mend=mend)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    """A key from gpg's listing; with a curve if the algorithm has several."""

    fingerprint: str
    primary: bool
    algorithm: int
    bits: int
    curve: str
    signs: bool
    hashes: tuple[int, ...]
    """Digests of its self-signatures: one good one suffices."""

    @property
    def said(self) -> str:
        name = _NAMES.get(self.algorithm, f"algorithm {self.algorithm}")
        return f"{name} over {self.curve}" if self.curve else f"{name} of {self.bits} bits"


def _weakness(key: _Key) -> Weakness | None:
    for row in TABLE:
        if _is_refused(key, row):
            return Weakness(fingerprint=key.fingerprint, said=key.said, row=row)
    return None


def _is_refused(key: _Key, row: KeyRule) -> bool:
    if row.hashes:
        return set(key.hashes) <= WEAK_DIGESTS and bool(row.hashes.intersection(key.hashes))
    if row.curves:
        return key.curve in row.curves
    return key.algorithm in row.algorithms and (not row.below or key.bits < row.below)


def _certificates(listing: str) -> Iterator[list[_Key]]:
    """The keys of a listing, each with its subkeys."""
    certificate: list[_Key] = []
    for key in _keys(listing):
        if key.primary and certificate:
            yield certificate
            certificate = []
        certificate.append(key)
    if certificate:
        yield certificate


def _keys(listing: str) -> Iterator[_Key]:
    """The keys of a listing, as doc/DETAILS of GnuPG describes it."""
    owner = ""
    for block in re.split(r"\n(?=pub:|sub:)", listing):
        head, *rows = [line.split(":") for line in block.splitlines()] or [[""]]
        if head[0] not in ("pub", "sub"):
            continue
        owner = head[4] if head[0] == "pub" else owner
        algorithm = int(head[3] or 0)
        yield _Key(
            fingerprint=next((row[9] for row in rows if row[0] == "fpr"), head[4]),
            primary=head[0] == "pub",
            algorithm=algorithm,
            bits=int(head[2] or 0),
            curve=head[16] if algorithm in _CURVED else "",
            signs=head[0] == "pub" or "s" in head[11],
            hashes=tuple(
                int(row[15] or 0)
                for row in rows
                if row[0] == "sig" and row[4] == owner and row[10][:2] in _SELF
            ),
        )
