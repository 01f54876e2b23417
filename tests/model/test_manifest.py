"""The manifest: what build host and head node agree upon."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.model.manifest import Manifest, PayloadFile, manifest_text, parse_manifest
from qlumod.model.names import (
    ArchName,
    Digest,
    FlavorName,
    ModuleName,
    ReleaseVersion,
    packaging_name,
)
from qlumod.model.numbers import LAST_SECOND
from qlumod.model.public import Public
from qlumod.model.secret import Secret, SecretKind
from tests.support.texts import SEEN

A, B = Digest("a" * 64), Digest("b" * 64)

MANIFEST = Manifest(
    module=ModuleName("slurm"),
    title="Slurm",
    stack_group="HPC Stack",
    description="Slurm\nThe workload manager.\n.\n  verbatim",
    version=ReleaseVersion(14, 0, 0),
    flavor=FlavorName("bookworm"),
    architecture=ArchName("amd64"),
    requires=(ModuleName("core"), ModuleName("ofed")),
    conflicts=(ModuleName("gridengine"),),
    wins=("/etc/slurm/slurm.conf",),
    kernel="6.1.0-56-amd64",
    epoch=1790000000,
    packages=14,
    unpacked_size=15728640,
    secrets=(Secret(path="/etc/munge/munge.key", kind=SecretKind.SITE),),
    public=(Public(pattern="/var/lib/slurm/", reason="an empty database"),),
    files=(
        PayloadFile(path="layer.squashfs", sha256=A, size=4718592),
        PayloadFile(path="state/accounts", sha256=B, size=120),
    ),
)

TEXT = f"""\
Format: 1
Module: slurm
Title: Slurm
Stack-Group: HPC Stack
Version: 14.0.0
Flavor: bookworm
Architecture: amd64
Requires: core, ofed
Conflicts: gridengine
Wins:
 /etc/slurm/slurm.conf
Kernel: 6.1.0-56-amd64
Epoch: 1790000000
Packages: 14
Unpacked-Size: 15728640
Secrets:
 /etc/munge/munge.key site
Public:
 /var/lib/slurm/ an empty database
Files:
 {A} 4718592 layer.squashfs
 {B} 120 state/accounts
Description: Slurm
 The workload manager.
 .
   verbatim
"""


def test_a_manifest_says_what_its_packages_are_where_they_are_no_debs() -> None:
    toys = replace(MANIFEST, packaging=packaging_name("toys"))
    text = TEXT.replace("Flavor: bookworm\n", "Flavor: bookworm\nPackaging: toys\n")
    assert manifest_text(toys) == text
    assert parse_manifest(text, "manifest") == toys


def test_a_manifest_is_written_for_people_who_read_it() -> None:
    assert manifest_text(MANIFEST) == TEXT


def test_a_manifest_read_from_its_text_is_the_same() -> None:
    assert parse_manifest(TEXT, "manifest") == MANIFEST


FAULTS = {
    "a newer format": (
        TEXT.replace("Format: 1", "Format: 2"),
        "manifest:1: Format: this qlumod reads format 1, not '2'\n"
        "To mend it: install a newer qlumod",
    ),
    "files outside the payload": (
        TEXT.replace("layer.squashfs", "../../etc/passwd").replace("state/accounts", "/etc/x"),
        "manifest:21: Files: '../../etc/passwd' is no path within a payload directory\n"
        "manifest:22: Files: '/etc/x' is no path within a payload directory",
    ),
    "files that say too little": (
        TEXT.replace(f" {B} 120 ", f" {B} "),
        f"manifest:22: Files: '{B} state/accounts' is no file: it has the form 'digest size path'",
    ),
    "a file twice": (
        TEXT.replace("state/accounts", "layer.squashfs"),
        "manifest:20: Files: 'layer.squashfs' is named twice",
    ),
    "a second stanza": (TEXT + "\nModule: x\n", "manifest:28: a manifest has one stanza only"),
    "a kernel": (
        TEXT.replace("6.1.0-56-amd64", "../6.1"),
        "manifest:12: Kernel: '../6.1' is no kernel release, as uname -r prints it",
    ),
    "an empty file": ("", "manifest:1: the document is empty: it begins with 'Format: 1'"),
    "a file cut off": (
        TEXT[: TEXT.index("Secrets:")],
        "manifest:1: Description: the field is missing",
    ),
}


@pytest.mark.parametrize("text, error", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_file_and_line(text: str, error: str) -> None:
    with pytest.raises(QlumodError) as caught:
        parse_manifest(text, "manifest")
    assert str(caught.value) == error


MODULE = st.from_regex(r"[a-z][a-z0-9+-]{0,6}", fullmatch=True)
DIGEST = st.from_regex(r"[0-9a-f]{64}", fullmatch=True).map(Digest)
SAID = st.text(SEEN, min_size=1, max_size=9)
PATH = st.from_regex(r"(/[a-z0-9_@%+=:,~-]{3,6}){1,3}", fullmatch=True)
PATHS = PATH.filter(lambda path: path.split("/")[1] not in ("bin", "sbin", "lib", "lib32", "lib64"))
MODULES = st.lists(MODULE, max_size=3, unique=True).map(tuple)
MANIFESTS = st.builds(
    Manifest,
    module=MODULE,
    title=SAID,
    stack_group=SAID,
    description=st.lists(SAID, min_size=1, max_size=3).map("\n".join),
    version=st.builds(ReleaseVersion, *[st.integers(0, 99)] * 3),
    flavor=st.sampled_from(["bookworm", "trixie"]),
    architecture=st.sampled_from(["amd64", "arm64"]),
    requires=MODULES,
    conflicts=MODULES,
    wins=st.lists(PATHS, max_size=2, unique=True).map(tuple),
    kernel=st.one_of(
        st.just(""), st.from_regex(r"[0-9]\.[0-9]{1,2}\.0-[a-z0-9]{1,5}", fullmatch=True)
    ),
    epoch=st.integers(0, LAST_SECOND),
    packages=st.integers(0, 10**4),
    unpacked_size=st.integers(0, 10**12),
    secrets=st.lists(
        st.builds(Secret, path=PATHS, kind=st.sampled_from(SecretKind)), max_size=2, unique=True
    ).map(tuple),
    files=st.lists(
        st.builds(
            PayloadFile,
            path=st.from_regex(r"[a-z0-9_-]{1,5}(/[a-z0-9_-]{1,5})?", fullmatch=True),
            sha256=DIGEST,
            size=st.integers(0, 10**12),
        ),
        max_size=4,
        unique_by=lambda file: file.path,
    ).map(lambda files: tuple(sorted(files, key=lambda file: file.path))),
)


@settings(max_examples=100, deadline=None)
@given(MANIFESTS)
def test_any_manifest_read_from_its_text_is_the_same(manifest: Manifest) -> None:
    assert parse_manifest(manifest_text(manifest), "manifest") == manifest
