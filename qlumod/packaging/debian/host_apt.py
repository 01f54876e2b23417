"""The settings that private roots take from the host's apt, and the archives that it knows.

Private roots take the `Acquire::` settings for reaching archives (proxies, timeouts, certificates),
the passwords and the addresses of the archives. They take nothing else: no setting that loosens the
checks, and no hooks.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from qlumod.system.processes.command import Command, command
from qlumod.system.processes.run import capture

_LENT = re.compile(
    r"Acquire::("
    r"Retries(::\S+)?|Queue-Mode|Queue-Host::\S+|ForceIPv[46]|By-Hash|EnableSrvRecords|PDiffs(::\S+)?"
    r"|[a-z+]+::(\S+::)?("
    r"Proxy(-Auto-Detect|AutoDetect)?(::\S+)?|Timeout|ConnectionAttemptDelayMsec|Dl-Limit"
    r"|Pipeline-Depth|No-Cache|Max-Age|No-Store|AllowRedirect|User-Agent|SendAccept"
    r"|CaInfo|CaPath|CrlFile|IssuerCert|SslCert|SslKey"
    r"))\Z",
    re.IGNORECASE,
)
"""The settings that are taken (apt.conf(5), apt-transport-http(1), apt-transport-https(1)). They
are listed one by one, so that none of them loosens a check: of dates (Check-Valid-Until,
Check-Date, Max-FutureTime, Min-ValidTime), digests (ForceHash), signatures (gpgv::Options, Allow…)
or certificates (Verify-Peer).
"""
_FIELDS = ("ORIGIN", "LABEL", "REPO_URI", "SUITE", "CODENAME", "SOURCESENTRY", "SHADOWED")
_SHADOWED = "true"
"""What apt from 2.7 on lists of an address that a snapshot stands in for."""
_SNAPSHOT = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_NETRC = ("Dir::Etc::netrc", "Dir::Etc::netrcparts")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostArchive:
    """An archive that the host's apt knows, by the fields of its Release file."""

    origin: str
    label: str
    uri: str
    suite: str
    codename: str
    snapshot: str = ""
    """The snapshot that the host's sources choose (`Snapshot:`, sources.list(5)); empty: none."""


def host_archives(config: Path | None = None) -> tuple[HostArchive, ...]:
    """The archives in the lists of the host's apt; `config`: another host's APT_CONFIG (tests)."""
    listing = capture(
        _on_host(
            config, "apt-get", "indextargets", "--format",
            "\t".join(f"$({field})" for field in _FIELDS), "Identifier: Packages",
        )
    ).decode()  # fmt: skip
    return listed_archives(listing)


def listed_archives(listing: str) -> tuple[HostArchive, ...]:
    """The archives in a listing of index targets, which has the values of `_FIELDS` in each line.

    Where an entry of the sources chooses a snapshot, apt reads that, but it also lists the address
    that the entry names: as shadowed.
    """
    rows = [
        tuple(line.split("\t"))
        for line in dict.fromkeys(listing.splitlines())
        if not line.startswith("$(")
    ]
    shadowed = {
        (entry, codename) for _, _, _, _, codename, entry, shadow in rows if shadow == _SHADOWED
    }
    return tuple(
        HostArchive(
            origin=origin,
            label=label,
            uri=uri,
            suite=suite,
            codename=codename,
            snapshot=_snapshot_of(uri) if (entry, codename) in shadowed else "",
        )
        for origin, label, uri, suite, codename, entry, shadow in rows
        if shadow != _SHADOWED
    )


def host_keyrings(config: Path | None = None) -> tuple[Path, ...]:
    """The directories in which the host has keyrings of archives, and its apt those it trusts."""
    words = ("ETC", "Dir::Etc/d", "TRUSTED", "Dir::Etc::trustedparts/d")
    listing = capture(_on_host(config, "apt-config", "shell", *words)).decode()
    paths = dict(line.split("=", 1) for line in listing.splitlines())
    etc, trusted = (Path(*shlex.split(paths[name])) for name in ("ETC", "TRUSTED"))
    return (etc / "keyrings", Path("/usr/share/keyrings"), trusted)


def _snapshot_of(uri: str) -> str:
    """The id of a snapshot in its address; the address if it has none of the usual form."""
    found = _SNAPSHOT.search(uri)
    return found[0] if found else uri


def host_settings(config: Path | None = None) -> tuple[str, ...]:
    """The host's `Acquire::` settings and the paths of its passwords, as lines of an apt.conf."""
    dump = capture(_on_host(config, "apt-config", "dump", "Acquire")).decode()
    return (
        *(
            line
            for line in dump.splitlines()
            if _LENT.match(line.partition(" ")[0]) and not line.endswith(' "";')
        ),
        *_passwords(config),
    )


def _passwords(config: Path | None) -> Iterator[str]:
    """Settings for the host's apt_auth.conf(5), which apt would search for in the private root."""
    words = (word for name in _NETRC for word in (name.rpartition("::")[2], f"{name}/f"))
    for line in capture(_on_host(config, "apt-config", "shell", *words)).decode().splitlines():
        name, _, path = line.partition("=")
        (plain,) = shlex.split(path)
        yield f'Dir::Etc::{name} "{plain}";'


def _on_host(config: Path | None, *words: str) -> Command:
    environment: Mapping[str, str] = {"APT_CONFIG": str(config)} if config else {}
    return command(*words, environment=environment)
