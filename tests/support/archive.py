"""Small signed archives of .debs, made by apt-ftparchive, read by file:."""

import gzip
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.system.keys import gpg
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture

DATE = "Tue, 14 Nov 2023 22:13:20 +0000"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallArchive:
    """An archive directory; `keyring` is a file for Signed-By."""

    directory: Path
    suite: str
    component: str
    keyring: Path
    fingerprint: str

    @property
    def uri(self) -> str:
        """The archive's address for an apt on this machine."""
        return f"file:{self.directory}"

    @property
    def sources_line(self) -> str:
        """The one-line sources.list entry."""
        return f"deb [signed-by={self.keyring}] {self.uri} {self.suite} {self.component}\n"


def make_archive(
    directory: Path,
    debs: Sequence[Path],
    *,
    suite: str = "stable",
    component: str = "main",
    architecture: str = "amd64",
    origin: str = "Test",
    label: str = "Test",
    date: str = DATE,
    release: Mapping[str, str] | None = None,
    key: gpg.SigningKey | None = None,
    sign: bool = True,
    rewritten: Callable[[bytes], bytes] = bytes,
) -> SmallArchive:
    """Make (or make anew) an archive of these .debs, signed by `key`, else by a throw-away key.

    `release` are further fields of the Release file, such as ``Valid-Until``. A suite whose name
    ends with a slash is flat: a directory without components. `rewritten` changes the index.
    """
    shutil.rmtree(directory / "pool", ignore_errors=True)
    pool = directory / "pool"
    pool.mkdir(parents=True)
    for deb in debs:
        shutil.copy(deb, pool / deb.name)
    dist = suite if suite.endswith("/") else f"dists/{suite}"
    index = f"{dist}/Packages"
    if component:
        index = f"{dist}/{component}/binary-{architecture}/Packages"
    packages = capture(command("apt-ftparchive", "packages", "pool", directory=directory))
    packages = rewritten(packages)
    (directory / index).parent.mkdir(parents=True, exist_ok=True)
    (directory / index).write_bytes(packages)
    (directory / f"{index}.gz").write_bytes(gzip.compress(packages, mtime=0))
    for old in ("InRelease", "Release", "Release.gpg"):
        (directory / dist / old).unlink(missing_ok=True)
    fields = {
        "Origin": origin,
        "Label": label,
        "Suite": suite,
        "Codename": suite,
        "Architectures": architecture,
        "Components": component,
        "Date": date,
        **(release or {}),
    }
    hashes = capture(
        command("apt-ftparchive", "-o", "APT::FTPArchive::Release::SHA512=0",
                "release", dist, directory=directory)
    ).decode()  # fmt: skip
    text = "".join(f"{name}: {value}\n" for name, value in fields.items())
    text += hashes.partition("SHA256:")[1] + hashes.partition("SHA256:")[2]
    if key:
        fingerprint = _publish(directory, dist, text, key, sign=sign)
    else:
        with gpg.throw_away_key() as own:
            fingerprint = _publish(directory, dist, text, own, sign=sign)
    return SmallArchive(
        directory=directory,
        suite=suite,
        component=component,
        keyring=directory / "keyring.gpg",
        fingerprint=fingerprint,
    )


def _publish(directory: Path, suite: str, text: str, key: gpg.SigningKey, *, sign: bool) -> str:
    dist = directory / suite
    (directory / "keyring.gpg").write_bytes(gpg.export_key(key))
    if sign:
        (dist / "InRelease").write_bytes(gpg.clearsign(key, text.encode()))
    else:
        (dist / "Release").write_text(text)
    return key.fingerprint
