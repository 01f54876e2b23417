"""A small release with core and slurm, and payloads fake in content and real in form."""

import gzip
import hashlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from qlumod.model.accounts_file import accounts_text, parse_accounts
from qlumod.model.contents import PackageLine, packages_text, parse_contents
from qlumod.model.copyright import collected
from qlumod.model.digests import digest_bytes
from qlumod.model.lock import Lock, LockedPredecessor
from qlumod.model.lock_file import lock_text, parse_lock
from qlumod.model.manifest import Manifest, PayloadFile, manifest_text
from qlumod.model.module_file import parse_spec, spec_text
from qlumod.model.names import Digest, ModuleName
from qlumod.model.release import Release, parse_release, release_text
from qlumod.model.spec import ModuleSpec, with_requirements
from qlumod.package.before import Predecessor, predecessor_document
from qlumod.package.changelog import transparency
from qlumod.package.deb_build import Toolbox, from_tree
from qlumod.package.place import source_tree
from qlumod.package.render import render
from qlumod.package.source_plan import SourcePlan
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture

EPOCH = 1_763_812_800
"""Sat, 22 Nov 2025 12:00:00 UTC."""

RELEASE = """\
Format: 1
Version: 14.0.0
Prefix: qlustar
Origin: Qlustar
Label: Qlustar
Maintainer: Release Engineers <engineers@qlumod.example>
Flavors: bookworm trixie
Default-Flavor: bookworm
Architectures: amd64

Archive: debian
Flavors: bookworm trixie
Origin: Debian
Label: Debian
Suites: stable
Components: main
Key: /usr/share/keyrings/debian-archive-keyring.gpg
"""

SPECS = {
    "core": """\
Format: 1
Module: core
Title: Core
Stack-Group: Cluster OS
Packages: systemd
Description: Basic operating system components that any node needs
""",
    "slurm": """\
Format: 1
Module: slurm
Title: Slurm
Stack-Group: HPC Stack
Requires: core
Packages: slurmd, munge
Description: Support for the Slurm workload manager
 The daemon and the commands of a compute node.
 .
  - slurmd
  - munge
""",
}

ACCOUNTS = """\
Format: 1
"""

LOCKED = (
    ("systemd", "252.39-1~deb12u1", "systemd", ("core",)),
    ("munge", "0.5.15-2", "munge", ("slurm",)),
    ("slurm-client", "22.05.8-4+deb12u3", "slurm-wlm", ("slurm",)),
    ("slurmd", "22.05.8-4+deb12u3", "slurm-wlm", ("slurm",)),
)


def release(version: str = "14.0.0") -> Release:
    return parse_release(RELEASE.replace("14.0.0", version), "release")


def spec(module: str) -> ModuleSpec:
    (found,) = parse_spec(SPECS[module], f"{module}.module", release())
    return found


def lock(
    flavor: str = "bookworm", *, version: str = "14.0.0", epoch: int = EPOCH, **revisions: int
) -> Lock:
    digest = hashlib.sha256(b"x").hexdigest()
    packages = "".join(
        f"\nPackage: {name}\nVersion: {version}\nArchitecture: amd64\nSource: {source}\n"
        f"SHA256: {hashlib.sha256(f'{name}{version}'.encode()).hexdigest()}\nSize: 1000\n"
        f"Filename: pool/{name}.deb\nArchive: debian\nModules: {' '.join(modules)}\n"
        f"Reason: requested by {modules[0]}\n"
        for name, version, source, modules in LOCKED
    )
    numbers = {"core": 2, "slurm": 1, **revisions}
    text = (
        f"Format: 1\nVersion: {version}\nFlavor: {flavor}\nArchitecture: amd64\nEpoch: {epoch}\n"
        f"Release-Digest: {release(version).digest}\nAccounts-Digest: {digest}\n"
        "Specs:\n"
        + "".join(f" {name} {spec(name).digest}\n" for name in sorted(SPECS))
        + "Revisions:\n"
        + "".join(f" {name} {number}\n" for name, number in sorted(numbers.items()))
        + "Tools:\n dpkg 1.21.23\n"
        + packages
    )
    return parse_lock(text, "lock")


def plan(
    module: str = "slurm",
    flavor: str = "bookworm",
    before: Predecessor | None = None,
    *,
    version: str = "14.0.0",
    epoch: int = EPOCH,
    **revisions: int,
) -> SourcePlan:
    wanted = with_requirements([ModuleName(module)], [spec(name) for name in SPECS])
    whole = lock(flavor, version=version, epoch=epoch, **revisions).restricted_to(
        entry.module for entry in wanted
    )
    if before:
        known = LockedPredecessor(
            module=before.module,
            version=before.version,
            sha256=digest_bytes(predecessor_document(before.texts)),
        )
        whole = replace(whole, predecessors=(known,))
    return SourcePlan(
        release=release(version),
        spec=spec(module),
        lock=whole,
        inputs=(
            ("accounts", accounts_text(parse_accounts(ACCOUNTS, "accounts"))),
            ("lock", lock_text(whole)),
            ("release", release_text(release(version))),
            *((f"{entry.module}.module", spec_text(entry)) for entry in wanted),
        ),
        before=before,
    )


def predecessor(
    made: SourcePlan,
    packages: Iterable[PackageLine] | None = None,
    contents: str = "",
    **texts: str,
) -> Predecessor:
    """What would be known of a plan's version, with other packages and contents perhaps."""
    published = transparency(made, parse_contents(contents, "contents"))
    return Predecessor(
        module=made.module,
        version=made.version,
        texts={
            "packages": packages_text(tuple(made.packages if packages is None else packages)),
            "contents": contents,
            "debian.changelog": render(made)["debian/changelog"],
            "spec": spec_text(made.spec),
            **{name.removeprefix(f"{made.module}."): text for name, text in published.items()},
            **texts,
        },
    )


FREE = b"Copyright 2025 The Authors\n\nUse it as you like.\n"


def make_payload(
    directory: Path,
    made: SourcePlan,
    text: str = "payload",
    files: Mapping[str, str] | None = None,
    *,
    beside: Mapping[str, bytes] | None = None,
    kernel: str = "",
) -> Path:
    """Make a payload directory: a real squashfs of a file or more, their contents, a manifest.

    `beside` are further files of the payload, such as those that core has for booting.
    """
    texts = {package.package: FREE for package in made.lock.of(made.module)}
    module = made.module
    tree = directory.with_name(f"{directory.name}.tree")
    tree.mkdir(parents=True)
    for path, data in (files or {f"/usr/bin/{module}": text}).items():
        (tree / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (tree / path.lstrip("/")).write_text(data)
    for found in (tree, *tree.rglob("*")):
        found.chmod(0o755)
    directory.mkdir(parents=True)
    _squash(tree, directory / "layer.squashfs")
    listing = "".join(f"{line}\n" for line in made.packages)
    contents = "".join(
        f"{_line(found, module)}\t/{found.relative_to(tree)}\n" for found in sorted(tree.rglob("*"))
    )
    for name, packed in (
        (f"{module}.packages.version.gz", listing.encode()),
        (f"{module}.contents.gz", contents.encode()),
        (f"{module}.copyright.gz", collected(made.lock, module, texts)),
        ("left-out.gz", b""),
    ):
        (directory / name).write_bytes(gzip.compress(packed, mtime=0))
    for name, plain in {"state/accounts": b"Format: 1\n", **(beside or {})}.items():
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_bytes(plain)
    (directory / "manifest").write_text(manifest_text(_manifest(directory, made, kernel)))
    return directory


def _line(found: Path, module: str) -> str:
    """A path's line in the contents, but for the path."""
    if found.is_dir():
        return "d\t0755\troot:root\t0\t-\tbase-files"
    data = found.read_bytes()
    return f"f\t0755\troot:root\t{len(data)}\t{hashlib.sha256(data).hexdigest()}\t{module}"


def _squash(tree: Path, image: Path) -> None:
    capture(
        command(
            "mksquashfs", tree, image, "-all-root", "-noappend", "-quiet", "-no-progress",
            environment={"SOURCE_DATE_EPOCH": "0"},
        )
    )  # fmt: skip


def _manifest(directory: Path, made: SourcePlan, kernel: str) -> Manifest:
    return Manifest(
        module=made.module,
        title=made.spec.title,
        stack_group=made.spec.stack_group,
        description=made.spec.description,
        version=made.release.version,
        flavor=made.lock.flavor,
        architecture=made.lock.architecture,
        requires=made.spec.requires,
        conflicts=(),
        wins=(),
        kernel=kernel,
        epoch=made.epoch,
        packages=len(made.packages),
        unpacked_size=1000,
        secrets=(),
        files=tuple(
            PayloadFile(
                path=str(path.relative_to(directory)),
                sha256=Digest(hashlib.sha256(path.read_bytes()).hexdigest()),
                size=path.stat().st_size,
            )
            for path in sorted(directory.rglob("*"))
            if path.is_file()
        ),
    )


STAND_IN = """\
#!{python} -P
# `qlumod payload`, with a payload that the test has made.
import sys
sys.path.insert(0, {tree!r})
from pathlib import Path
from qlumod.cli import main
from qlumod.layer import cache
cache.payload_path = lambda place, identity: Path({payload!r})
main.main()
"""


def toolbox(directory: Path, payload: Path) -> Toolbox:
    """Our add-on from the source tree, with a `qlumod` that takes its payload from `payload`."""
    tree = source_tree()
    assert tree
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / "qlumod"
    program.write_text(STAND_IN.format(python=sys.executable, tree=str(tree), payload=str(payload)))
    program.chmod(0o755)
    return from_tree(tree, directory)
