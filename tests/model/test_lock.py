"""The lock file: written sorted, read back the same, and refused where it cannot be right."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.model.generated import Generated
from qlumod.model.lock import (
    Lock,
    LockedArchive,
    LockedPackage,
    LockedPredecessor,
    LockedPublication,
)
from qlumod.model.lock_file import lock_text, parse_lock
from qlumod.model.names import (
    ArchName,
    Digest,
    FlavorName,
    ModuleName,
    PackageName,
)
from qlumod.model.numbers import LAST_SECOND
from tests.support.texts import SEEN

A, B = Digest("a" * 64), Digest("b" * 64)


def package(
    name: str, *modules: str, version: str = "1:0.5.15-2+deb12u1", section: str = ""
) -> LockedPackage:
    return LockedPackage(
        package=PackageName(name),
        version=version,
        architecture="amd64",
        source=f"{name} (0.5.15-2)",
        sha256=A,
        size=105432,
        filename=f"pool/main/{name[0]}/{name}/{name}_0.5.15-2_amd64.deb",
        archive="debian",
        modules=tuple(map(ModuleName, modules)),
        reason=f"requested by {modules[0]}",
        section=section,
    )


LOCK = Lock(
    version="14.0.0",
    flavor=FlavorName("bookworm"),
    architecture=ArchName("amd64"),
    epoch=1790000000,
    specs=((ModuleName("core"), A), (ModuleName("slurm"), B)),
    release=A,
    accounts=B,
    archives=(
        LockedArchive(
            archive="debian",
            suite="bookworm",
            date="Sat, 05 Sep 2026 09:14:13 UTC",
            digest=A,
            key="4CB50190207B4758A3F73A796ED0E7B82643E131",
        ),
    ),
    tools=(("dpkg", "1.21.22"), ("mmdebstrap", "1.3.5-7")),
    revisions=((ModuleName("core"), 1), (ModuleName("slurm"), 2)),
    packages=(package("munge", "slurm"), package("systemd", "core", version="252.39-1")),
    epochs=((ModuleName("core"), 1780000000),),
    predecessors=(
        LockedPredecessor(module=ModuleName("slurm"), version="14.0.0-1", sha256=Digest("d" * 64)),
    ),
    publications=(LockedPublication(module=ModuleName("core"), recipe=A, manifest=B, document=A),),
)

TEXT = f"""\
Format: 1
Version: 14.0.0
Flavor: bookworm
Architecture: amd64
Epoch: 1790000000
Epochs:
 core 1780000000
Release-Digest: {A}
Accounts-Digest: {B}
Specs:
 core {A}
 slurm {B}
Revisions:
 core 1
 slurm 2
Predecessors:
 slurm 14.0.0-1 {"d" * 64}
Published:
 core {A} {B} {A}
Tools:
 dpkg 1.21.22
 mmdebstrap 1.3.5-7

Archive: debian
Suite: bookworm
Date: Sat, 05 Sep 2026 09:14:13 UTC
SHA256: {A}
Key: 4CB50190207B4758A3F73A796ED0E7B82643E131

Package: munge
Version: 1:0.5.15-2+deb12u1
Architecture: amd64
Source: munge (0.5.15-2)
SHA256: {A}
Size: 105432
Filename: pool/main/m/munge/munge_0.5.15-2_amd64.deb
Archive: debian
Modules: slurm
Reason: requested by slurm

Package: systemd
Version: 252.39-1
Architecture: amd64
Source: systemd (0.5.15-2)
SHA256: {A}
Size: 105432
Filename: pool/main/s/systemd/systemd_0.5.15-2_amd64.deb
Archive: debian
Modules: core
Reason: requested by core
"""


def test_a_lock_is_written_for_people_who_review_it() -> None:
    assert lock_text(LOCK) == TEXT


def test_a_lock_tells_what_is_compiled_and_who_was_left_out() -> None:
    nvidia = ModuleName("nvidia")
    lock = replace(
        LOCK,
        packages=(
            replace(package("dkms", "slurm"), builds=(nvidia,), modules=()),
            LockedPackage(
                package=PackageName("nvidia-kernel-6.1.0-56-amd64"),
                version="535-1+6.1.192-2",
                architecture=ArchName("amd64"),
                source="nvidia (535-1)",
                sha256=A,
                size=0,
                filename="",
                archive="generated",
                modules=(nvidia,),
                reason="kernel modules of nvidia",
                section="non-free/kernel",
                generated=Generated(
                    sources=PackageName("nvidia-kernel-dkms"),
                    sources_version="535-1",
                    kernel="6.1.0-56-amd64",
                    depends=("linux-image-6.1.0-56-amd64", "firmware | firmware-535"),
                    build_depends=("dkms (>= 3)",),
                    provides=("nvidia-kernel-dkms (= 535-1)", "nvidia-kernel-535"),
                    conflicts=("other",),
                ),
            ),
            *LOCK.packages,
        ),
        left_out=((ModuleName("virtualgl"), "archive virtualgl: its key is unverified"),),
    )
    text = lock_text(lock)
    assert "Left-Out:\n virtualgl archive virtualgl: its key is unverified\n" in text
    assert (
        f"""
Package: nvidia-kernel-6.1.0-56-amd64
Version: 535-1+6.1.192-2
Architecture: amd64
Source: nvidia (535-1)
Inputs: {A}
Compiled-From: nvidia-kernel-dkms (= 535-1)
Kernel: 6.1.0-56-amd64
Depends: linux-image-6.1.0-56-amd64, firmware | firmware-535
Build-Depends: dkms (>= 3)
Provides: nvidia-kernel-dkms (= 535-1), nvidia-kernel-535
Conflicts: other
Section: non-free/kernel
Modules: nvidia
Reason: kernel modules of nvidia
"""
        in text
    )
    assert "Builds: nvidia\n" in text
    assert parse_lock(text, "x.lock") == replace(
        lock, packages=tuple(sorted(lock.packages, key=lambda package: package.package))
    )
    assert [p.package for p in lock.building(nvidia)] == ["dkms"]
    assert lock.of(nvidia) == lock.generated(nvidia) == lock.packages[1:2]
    assert lock.restricted_to([nvidia]).packages == lock.packages[:2]
    assert [p.package for p in lock.to_make(nvidia, [ModuleName("core")])] == ["dkms"]


def test_modules_may_have_a_package_in_two_versions() -> None:
    two = (package("samba", "samba-4.17", version="2:4.17"), package("samba", "samba-4.22"))
    lock = replace(LOCK, packages=tuple(sorted(two, key=lambda p: p.version)))
    assert parse_lock(lock_text(lock), "x.lock") == lock


def test_a_lock_read_from_its_text_is_the_same() -> None:
    assert parse_lock(TEXT, "x.lock") == LOCK


def test_a_lock_restricted_to_modules_speaks_of_no_others() -> None:
    lock = Lock(
        version="14.0.0",
        flavor=LOCK.flavor,
        architecture=LOCK.architecture,
        epoch=1,
        specs=LOCK.specs,
        release=A,
        accounts=B,
        archives=LOCK.archives,
        tools=LOCK.tools,
        revisions=LOCK.revisions,
        packages=(*LOCK.packages, package("libicu72", "ofed", "slurm")),
        epochs=LOCK.epochs,
        predecessors=LOCK.predecessors,
        publications=LOCK.publications,
    )
    part = lock.restricted_to([ModuleName("slurm")])
    assert part.specs == ((ModuleName("slurm"), B),)
    assert part.revisions == ((ModuleName("slurm"), 2),)
    assert [(p.package, p.modules) for p in part.packages] == [
        ("munge", ("slurm",)),
        ("libicu72", ("slurm",)),
    ]
    assert (part.epochs, part.predecessors, part.publications) == ((), LOCK.predecessors, ())
    assert (part.archives, part.tools, part.epoch) == (lock.archives, lock.tools, 1)


FAULTS = {
    "a newer format": (
        TEXT.replace("Format: 1", "Format: 7"),
        "x.lock:1: Format: this qlumod reads format 1, not '7'\nTo mend it: install a newer qlumod",
    ),
    "digests, numbers and paths": (
        TEXT.replace(f"Release-Digest: {A}", "Release-Digest: abc")
        .replace("Size: 105432", "Size: 1e5", 1)
        .replace("pool/main/m", "../main/m"),
        "x.lock:8: Release-Digest: 'abc' is no SHA-256 digest: it has 64 hexadecimal digits\n"
        "x.lock:35: Size: '1e5' is no whole number\n"
        "x.lock:36: Filename: '../main/m/munge/munge_0.5.15-2_amd64.deb' is no path of a .deb "
        "below an archive",
    ),
    "a version that a shell would like": (
        TEXT.replace("252.39-1", "252;id"),
        "x.lock:42: Version: '252;id' is no version of a package (Debian Policy 5.6.12)",
    ),
    "a package twice": (
        TEXT.replace("Package: systemd", "Package: munge").replace(
            "Modules: core", "Builds: slurm"
        ),
        "x.lock:41: Package: 'munge' is locked twice for slurm: first in line 30",
    ),
    "a merge that went wrong": (
        TEXT.replace("Version: 252.39-1\n", "<<<<<<< ours\nVersion: 252.39-1\n"),
        "x.lock:42: cannot parse line '<<<<<<< ours': it is neither 'Field: value', "
        "nor indented to continue a field, nor a '# comment'",
    ),
    "a field that no lock has": (
        TEXT.replace("Reason: requested by core\n", "Reason: requested by core\nPin: 1000\n"),
        "x.lock:51: unknown field 'Pin'; known are Architecture, Archive, Builds, "
        "Compiled-From, Filename, Modules, Package, Reason, SHA256, Section, Size, Source, "
        "Version",
    ),
}


@pytest.mark.parametrize("text, error", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_file_and_line(text: str, error: str) -> None:
    with pytest.raises(QlumodError) as caught:
        parse_lock(text, "x.lock")
    assert str(caught.value) == error


NAME = st.from_regex(r"[a-z0-9][a-z0-9+-]{1,8}", fullmatch=True)
MODULE = st.from_regex(r"[a-z][a-z0-9+-]{0,6}", fullmatch=True)
VERSION = st.from_regex(r"([0-9]:)?[0-9][a-z0-9.+~]{0,5}(-[a-z0-9+~]{1,4})?", fullmatch=True)
DIGEST = st.from_regex(r"[0-9a-f]{64}", fullmatch=True).map(Digest)
SAID = st.text(SEEN, min_size=1, max_size=9)
PACKAGES = st.builds(
    LockedPackage,
    package=NAME.map(PackageName),
    version=VERSION,
    architecture=st.sampled_from(["all", "amd64"]),
    source=st.builds("{} ({})".format, NAME, VERSION),
    sha256=DIGEST,
    size=st.integers(0, 10**12),
    filename=st.from_regex(r"(pool/[a-z0-9]/)?[a-z0-9+_.]{1,9}\.deb", fullmatch=True),
    archive=NAME,
    modules=st.sets(MODULE, min_size=1, max_size=3).map(lambda names: tuple(sorted(names))),
    reason=SAID,
)
ARCHIVES = st.builds(
    LockedArchive,
    archive=NAME,
    suite=st.one_of(st.just(""), NAME),
    date=st.one_of(st.just(""), SAID),
    digest=DIGEST,
    key=st.one_of(st.just(""), st.from_regex(r"[0-9A-F]{40}", fullmatch=True)),
)
PREDECESSORS = st.builds(
    LockedPredecessor,
    module=MODULE,
    version=st.from_regex(r"[1-9][0-9]?\.[0-9]\.[0-9]-[1-9]", fullmatch=True),
    sha256=DIGEST,
)
PUBLICATIONS = st.builds(
    LockedPublication, module=MODULE, recipe=DIGEST, manifest=DIGEST, document=DIGEST
)


def of_modules(lines: st.SearchStrategy) -> st.SearchStrategy:
    """One line for each of some modules, sorted."""
    return st.lists(lines, max_size=3, unique_by=lambda line: line.module).map(
        lambda found: tuple(sorted(found, key=lambda line: line.module))
    )


LOCKS = st.builds(
    Lock,
    epochs=st.dictionaries(MODULE, st.integers(0, LAST_SECOND), max_size=3).map(
        lambda d: tuple(sorted(d.items()))
    ),
    predecessors=of_modules(PREDECESSORS),
    publications=of_modules(PUBLICATIONS),
    version=st.from_regex(r"[1-9][0-9]?\.[0-9]\.[0-9]", fullmatch=True),
    flavor=st.sampled_from(["bookworm", "trixie"]),
    architecture=st.sampled_from(["amd64", "arm64"]),
    epoch=st.integers(0, LAST_SECOND),
    specs=st.dictionaries(MODULE, DIGEST, max_size=3).map(lambda d: tuple(sorted(d.items()))),
    release=DIGEST,
    accounts=DIGEST,
    archives=st.lists(ARCHIVES, max_size=2, unique_by=lambda a: (a.archive, a.suite)).map(
        lambda found: tuple(sorted(found, key=lambda a: (a.archive, a.suite)))
    ),
    host=st.sampled_from(["", "debian", "debian 12", "ubuntu 24.04"]),
    tools=st.dictionaries(NAME, VERSION, max_size=3).map(lambda d: tuple(sorted(d.items()))),
    revisions=st.dictionaries(MODULE, st.integers(1, 99), max_size=3).map(
        lambda d: tuple(sorted(d.items()))
    ),
    packages=st.lists(PACKAGES, max_size=4, unique_by=lambda p: p.package).map(
        lambda found: tuple(sorted(found, key=lambda p: p.package))
    ),
)


def test_a_module_has_the_epoch_of_the_lock_unless_it_has_its_own() -> None:
    assert LOCK.epoch_of(ModuleName("slurm")) == 1790000000
    assert LOCK.epoch_of(ModuleName("core")) == 1780000000


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("slurm 14.0.0-1", "'slurm 14.0.0-1' is no predecessor: 'module version digest'"),
        (f"slurm 14.0-1 {A}", "'14.0' is no release version: it has the form x.y.z"),
        (f"slurm 14.0.0 {A}", "'' is no release version: it has the form x.y.z"),
        (f"slurm 14.0.0-b1 {A}", "'b1' is no whole number"),
        (f"slurm 14.0.0-1 {A}\n slurm 14.0.0-2 {A}", "'slurm' is named twice"),
    ],
)
def test_a_predecessor_that_cannot_be_read_is_a_fault(line: str, said: str) -> None:
    text = TEXT.replace("Predecessors:\n slurm 14.0.0-1 " + "d" * 64, f"Predecessors:\n {line}")
    with pytest.raises(QlumodError) as caught:
        parse_lock(text, "x.lock")
    assert caught.value.brief.partition(": Predecessors: ")[2] == said


@pytest.mark.parametrize("host", ["Debian", "debian 12 13", "debian  12", "debian/12", "-"])
def test_a_host_is_an_id_and_a_version(host: str) -> None:
    with pytest.raises(QlumodError) as caught:
        parse_lock(TEXT.replace("Tools:", f"Host: {host}\nTools:"), "x.lock")
    assert caught.value.brief.partition(": Host: ")[2] == (
        f"{host!r} is no release of a distribution, such as 'debian 12'"
    )


@settings(max_examples=100, deadline=None)
@given(LOCKS)
def test_any_lock_read_from_its_text_is_the_same(lock: Lock) -> None:
    assert parse_lock(lock_text(lock), "x.lock") == lock
