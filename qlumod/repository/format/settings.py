"""The settings of a repository, such as its names and signing keys, in ``.qlumod/settings``."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.document import Reading, decoded, written
from qlumod.model.fields import Fields, yes_or_no
from qlumod.model.names import ArchName, arch_name
from qlumod.packaging.debian.architectures import client_architecture
from qlumod.repository.format.layout import suite
from qlumod.system.keys.signers import fingerprint

DEFAULT_ORIGIN = "Qlustar"
DEFAULT_ARCHITECTURES = ("amd64",)

_URI = re.compile(r"[a-z][a-z0-9+]*:[!-~]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a repository; apt asks users to confirm a change of Origin or Label."""

    origin: str
    label: str
    keys: tuple[str, ...]
    """The fingerprints of the signing keys, as the user named them."""
    architectures: tuple[ArchName, ...]
    """The clients' architectures, even if no package is only for one of them."""
    proving_keys: tuple[str, ...] = ()
    """The fingerprints of further keys whose proofs are accepted, besides `keys`."""
    uri: str = ""
    """The address for clients; empty: the path on this machine."""
    private: tuple[str, ...] = ()
    """The suites that are not public, so that they may have packages with Redistribute: no."""
    xz: bool = False
    """Whether indexes are also compressed with xz."""

    def __str__(self) -> str:
        return written(
            (
                ("Format", "1"),
                ("Origin", self.origin),
                ("Label", self.label),
                ("Keys", self.keys),
                ("Proving-Keys", self.proving_keys),
                ("Architectures", " ".join(self.architectures)),
                ("URI", self.uri),
                ("Private", " ".join(self.private)),
                ("Xz", "yes" if self.xz else ""),
            )
        )

    @property
    def keyring(self) -> str:
        """The file name of the public keys for users."""
        word = "".join(char if char.isalnum() else "-" for char in self.origin.lower())
        return f"{word}-archive-keyring.asc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The requested settings of a repository; None or empty: any value."""

    keys: tuple[str, ...] = ()
    usual_keys: tuple[str, ...] = ()
    """The keys of a new repository, if no others are requested."""
    origin: str | None = None
    label: str | None = None
    architectures: tuple[str, ...] = ()
    uri: str | None = None
    xz: bool | None = None
    private: tuple[str, ...] = ()
    """Suites to be marked as private; marked suites stay marked."""
    proving_keys: tuple[str, ...] | None = None
    """The new list of keys of other hosts whose proofs are accepted; None: no change."""


def founded(wishes: Wishes) -> Settings:
    """The settings of a new repository; raises `QlumodError`."""
    keys = wishes.keys or wishes.usual_keys
    if not keys:
        raise QlumodError(
            "a new repository needs the key that signs it",
            remedy="name its fingerprint (--key); qlumod repo key makes one for trying things out",
        )
    origin = one_line(wishes.origin or DEFAULT_ORIGIN)
    return Settings(
        origin=origin,
        label=one_line(wishes.label or origin),
        keys=tuple(fingerprint(key) for key in keys),
        architectures=tuple(
            map(client_architecture, sorted(wishes.architectures or DEFAULT_ARCHITECTURES))
        ),
        uri=repository_address(wishes.uri) if wishes.uri else "",
        private=tuple(sorted(map(suite, wishes.private))),
        proving_keys=_proving(wishes),
        xz=bool(wishes.xz),
    )


def kept(settings: Settings, wishes: Wishes, where: Path) -> Settings:
    """The existing settings; raises `QlumodError` if other ones are requested."""
    keys = tuple(fingerprint(key) for key in wishes.keys)
    differing = [
        (name, is_now, asked)
        for name, is_now, asked in (
            ("Keys", " ".join(settings.keys), " ".join(keys)),
            ("Origin", settings.origin, wishes.origin),
            ("Label", settings.label, wishes.label),
            (
                "Architectures",
                " ".join(settings.architectures),
                " ".join(sorted(wishes.architectures)),
            ),
        )
        if asked and asked != is_now
    ]
    raise_faults(
        QlumodError(
            f"{where}: {name}: the repository has {is_now!r}, not {asked!r}: its clients would"
            " refuse it",
            remedy="leave the option out, or begin another repository",
        )
        for name, is_now, asked in differing
    )
    return replace(
        settings,
        uri=repository_address(wishes.uri) if wishes.uri else settings.uri,
        private=tuple(sorted({*settings.private, *map(suite, wishes.private)})),
        proving_keys=settings.proving_keys if wishes.proving_keys is None else _proving(wishes),
        xz=settings.xz if wishes.xz is None else wishes.xz,
    )


def _proving(wishes: Wishes) -> tuple[str, ...]:
    return tuple(sorted(map(fingerprint, wishes.proving_keys or ())))


def with_keys(settings: Settings, wishes: Wishes) -> Settings:
    """Settings with the requested signing keys; raises if clients have none of these keys."""
    keys = tuple(fingerprint(key) for key in wishes.keys)
    if keys and not set(keys) & set(settings.keys):
        raise QlumodError(
            f"none of {', '.join(keys)} signs the repository now: its clients would refuse it",
            remedy="let the old key and the new one sign for a while: name both"
            f" (--key {settings.keys[0]} --key {keys[0]})",
        )
    return replace(settings, keys=keys) if keys else settings


def repository_address(text: str) -> str:
    """Check the address of a repository; raises `QlumodError`."""
    if not _URI.match(text):
        raise QlumodError(f"{text!r} is no address: it is one such as 'https://example.org/debian'")
    return text


def one_line(text: str) -> str:
    """Check an Origin or Label; raises `QlumodError`."""
    if not text.strip() or not text.isprintable() or text != text.strip():
        raise QlumodError(f"{text!r} is no name: it is one line of printable characters")
    return text


def parse_settings(data: bytes, path: Path) -> Settings:
    """Read the settings; raises `QlumodError` with all faults. `path` is the file's name."""
    reading = Reading(str(path))
    stanzas = reading.stanzas(decoded(data, str(path)))
    if len(stanzas) != 1:
        reading.fault(1, "a settings file has one stanza")
        reading.finish()
    fields = Fields(reading, stanzas[0])
    settings = Settings(
        origin=fields.need("Origin", one_line, ""),
        label=fields.need("Label", one_line, ""),
        keys=fields.words("Keys", fingerprint),
        proving_keys=fields.words("Proving-Keys", fingerprint),
        architectures=fields.words("Architectures", arch_name),
        uri=fields.one("URI", repository_address, ""),
        private=fields.words("Private", suite),
        xz=fields.one("Xz", yes_or_no, False),
    )
    fields.done()
    reading.finish()
    return settings
