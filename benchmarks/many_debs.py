"""Many small module packages, with the files and fields that real ones have, made in Python.

dpkg-deb takes 20 ms for each: for 100,000 that would be half an hour.
"""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from qlumod.model.manifest import Manifest, PayloadFile, manifest_text
from qlumod.model.names import ArchName, Digest, FlavorName, ModuleName, ReleaseVersion
from qlumod.model.payload_paths import payload_home

MODULES = 50
"""How many modules a release has."""
EPOCH = 1_763_812_800
FLAVOR, ARCHITECTURE = FlavorName("bookworm"), ArchName("amd64")
AT_ONCE = 500
"""How many packages a process makes before it is given more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One package: the module of that number in the release of that number."""

    number: int

    @property
    def module(self) -> ModuleName:
        """The first of a release is its core."""
        return ModuleName(f"module-{place}" if (place := self.number % MODULES) else "core")

    @property
    def release(self) -> ReleaseVersion:
        """Later numbers are later releases."""
        return ReleaseVersion(14, self.number // MODULES // 100, self.number // MODULES % 100)

    @property
    def source(self) -> str:
        """The name of its source package."""
        return f"bench-module-{self.module}-{FLAVOR}-{ARCHITECTURE}"

    @property
    def package(self) -> str:
        """The name of the package."""
        return f"{self.source}-{self.release}"

    @property
    def name(self) -> str:
        """The name of the file."""
        return f"{self.package}_{self.release}-1_all.deb"


def make_debs(directory: Path, numbers: Iterable[int]) -> list[Path]:
    """Make the packages of these numbers, on all processors; returns their files."""
    directory.mkdir(parents=True, exist_ok=True)
    made = [Made(number=number) for number in numbers]
    with ProcessPoolExecutor() as pool:
        for _ in pool.map(_make, [directory] * len(made), made, chunksize=AT_ONCE):
            pass
    return [directory / one.name for one in made]


def make_head(directory: Path) -> Path:
    """What every module depends on."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "qlumod-head_1.0_all.deb"
    control = {
        "Package": "qlumod-head",
        "Version": "1.0",
        "Architecture": "all",
        "Maintainer": _MAINTAINER,
        "Section": "misc",
        "Priority": "optional",
        "Description": "what every module depends on",
    }
    file.write_bytes(_deb(control, {}))
    return file


def changes(directory: Path, files: Iterable[Path]) -> Path:
    """Write a .changes file that names all of them: they are more than a command line takes."""
    lines = "".join(
        f" {hashlib.sha256(data).hexdigest()} {len(data)} {file.name}\n"
        for file in files
        for data in [file.read_bytes()]
    )
    path = directory / "bench.changes"
    path.write_text(f"Format: 1.8\nSource: bench\nVersion: 1\nChecksums-Sha256:\n{lines}")
    return path


_MAINTAINER = "Release Engineers <engineers@qlumod.example>"


def _make(directory: Path, made: Made) -> None:
    (directory / made.name).write_bytes(_deb(_control(made), _files(made)))


def _control(made: Made) -> dict[str, str]:
    core = f"bench-module-core-{FLAVOR}-{ARCHITECTURE}-{made.release}"
    below = "" if made.module == "core" else f", {core} (>= {made.release}-1)"
    return {
        "Package": made.package,
        "Source": made.source,
        "Version": f"{made.release}-1",
        "Architecture": "all",
        "Maintainer": _MAINTAINER,
        "Installed-Size": "33",
        "Depends": f"qlumod-head (>= 0.1~){below}",
        "Section": "misc",
        "Priority": "optional",
        "Multi-Arch": "foreign",
        "Description": f"{made.module} image module (bookworm amd64 {made.release})\n"
        " Support for the workload manager of the module.\n .\n"
        " The daemon and the commands of a compute node.\n .\n"
        " This package holds the module itself: a layer for the images of nodes.",
    }


def _files(made: Made) -> dict[str, bytes]:
    module = made.module
    digest = hashlib.sha256(made.module.encode()).hexdigest()
    listed = f"{module}-tool\t1.0-1\tamd64\t{module}-tool\t{digest}\tdebian\n"
    payload = {
        "layer.squashfs": made.package.encode() * 4,
        "left-out.gz": _gzip(b""),
        f"{module}.contents.gz": _gzip(b"d\t0755\troot:root\t0\t-\tbase-files\t/usr\n"),
        f"{module}.copyright.gz": _gzip(b"Copyright 2025 The Authors\n"),
        f"{module}.packages.version.gz": _gzip(listed.encode()),
        "state/accounts": b"Format: 1\n",
    }
    home = payload_home(module, FLAVOR, ARCHITECTURE, made.release)
    documents = f"usr/share/doc/{made.package}"
    changelogs = ("changelog", "contents.changelog.gz", "packages.changelog.gz")
    return {
        f"{documents}/changelog.Debian.gz": _gzip(b"changes\n"),
        f"{documents}/copyright": b"Copyright 2025 The Authors\n",
        **{f"{documents}/{module}.{end}": b"changes\n" for end in changelogs},
        f"usr/share/lintian/overrides/{made.package}": b"overrides\n",
        f"{home}/manifest": _manifest(made, payload).encode(),
        **{f"{home}/{path}": data for path, data in payload.items()},
    }


def _manifest(made: Made, payload: Mapping[str, bytes]) -> str:
    return manifest_text(
        Manifest(
            module=made.module,
            title=made.module,
            stack_group="HPC Stack",
            description="Support for the workload manager",
            version=made.release,
            flavor=FLAVOR,
            architecture=ARCHITECTURE,
            requires=() if made.module == "core" else (ModuleName("core"),),
            conflicts=(),
            wins=(),
            kernel="",
            epoch=EPOCH,
            packages=1,
            unpacked_size=1000,
            secrets=(),
            files=tuple(
                PayloadFile(
                    path=path, sha256=Digest(hashlib.sha256(data).hexdigest()), size=len(data)
                )
                for path, data in sorted(payload.items())
            ),
        )
    )


def _deb(control: Mapping[str, str], files: Mapping[str, bytes]) -> bytes:
    text = "".join(f"{name}: {value}\n" for name, value in control.items())
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": _gzip(_tar({"control": text.encode()})),
        "data.tar.gz": _gzip(_tar(files)),
    }
    return b"!<arch>\n" + b"".join(
        f"{name:<16}{EPOCH:<12}0     0     100644  {len(data):<10}`\n".encode()
        + data
        + b"\n" * (len(data) % 2)
        for name, data in members.items()
    )


def _tar(files: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for folder in ("", *sorted({str(each) for path in files for each in _folders(path)})):
            member = tarfile.TarInfo(f"./{folder}")
            member.type, member.mode, member.mtime = tarfile.DIRTYPE, 0o755, EPOCH
            archive.addfile(member)
        for path, data in files.items():
            member = tarfile.TarInfo(f"./{path}")
            member.size, member.mode, member.mtime = len(data), 0o644, EPOCH
            archive.addfile(member, io.BytesIO(data))
    return written.getvalue()


def _folders(path: str) -> Iterator[str]:
    parts = path.split("/")[:-1]
    return ("/".join(parts[: end + 1]) for end in range(len(parts)))


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)
