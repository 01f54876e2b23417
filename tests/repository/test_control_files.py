"""A control file that dpkg refuses is refused by file and line, and so is what clients misread."""

import gzip
import subprocess
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.model.stanzas import normalised
from qlumod.packaging.debian.architectures import ARCHITECTURES, package_architecture
from qlumod.packaging.debian.control_file import checked_control
from qlumod.packaging.debian.deb import Deb
from tests.repository.conftest import SmallRepository, refused
from tests.support.raw_debs import CONTROL, deb

pytestmark = pytest.mark.usefixtures("untried")
MEND = "\nTo mend it: mend its debian/control (deb-control(5)), and build it again"
TWICE = "line 6: the field VERSION stands there twice"
OF_DPKG = "dpkg keeps this field in its database, and refuses it in a package"

REFUSED = {
    "a field twice": (CONTROL + b"VERSION: 2\n", TWICE),
    "a blank line in a description": (
        CONTROL + b" one\n \n two\n",
        "line 7: it has blanks only",
    ),
    "a variable": (
        CONTROL + b"Depends: libc6,\n ${shlibs:Depends}\n",
        "line 6: Depends: the variable '${shlibs:Depends}' was not replaced (deb-substvars(5))",
    ),
    "a variable in a version": (
        CONTROL + b"Depends: libc6 (= ${source:Version})\n",
        "line 6: Depends: the variable '${source:Version}' was not replaced (deb-substvars(5))",
    ),
    "a comment": (
        CONTROL + b"# mine\n",
        "line 6: '# mine' is a comment, which only a source package may have",
    ),
    "a comment first": (
        b"# mine\n" + CONTROL,
        "line 1: '# mine' is a comment, which only a source package may have",
    ),
    "no newline": (CONTROL[:-1], "line 5: the last line has no end (a newline)"),
    "no colon": (
        CONTROL + b"Homepage\n",
        "line 6: 'Homepage' is neither 'Field: value' nor continues a field",
    ),
    "a comma too many": (
        CONTROL + b"Depends: libc6,\n",
        "line 6: Depends: '' is no relation to a package",
    ),
    "no comma": (
        CONTROL + b"Depends: a b\n",
        "line 6: Depends: 'a b' is no relation to a package",
    ),
    "alternatives": (
        CONTROL + b"Breaks: a | b\n",
        "line 6: Breaks: 'a | b' is no relation to a package",
    ),
    "an architecture in brackets": (
        CONTROL + b"Depends: a [amd64]\n",
        "line 6: Depends: 'a [amd64]' is no relation to a package",
    ),
    "an operator that is none": (
        CONTROL + b"Depends: a (=> 1)\n",
        "line 6: Depends: 'a (=> 1)' is no relation to a package",
    ),
    "a version that ends with a hyphen": (
        CONTROL + b"Depends: a (= 1-)\n",
        "line 6: Depends: 'a (= 1-)' is no relation to a package",
    ),
    "a version without its revision": (
        CONTROL.replace(b": 1.0", b": 1.0-"),
        "line 2: Version: '1.0-' is no version (Debian Policy 5.6.12)",
    ),
    "a version of letters": (
        CONTROL.replace(b": 1.0", b": v1.0"),
        "line 2: Version: 'v1.0' is no version (Debian Policy 5.6.12)",
    ),
    "no version": (CONTROL.replace(b"Version: 1.0\n", b""), " has no field Version"),
    "same and all": (
        CONTROL + b"Multi-Arch: same\n",
        "line 6: Multi-Arch: a package of the architecture all cannot be 'same'",
    ),
    "no Multi-Arch": (
        CONTROL + b"Multi-Arch: yes\n",
        "line 6: Multi-Arch: 'yes' is none of same, foreign, allowed, no",
    ),
    "no yes": (CONTROL + b"Essential: true\n", "line 6: Essential: 'true' is none of yes, no"),
    "no no": (CONTROL + b"Protected: 0\n", "line 6: Protected: '0' is none of yes, no"),
    "a name of one letter": (
        CONTROL + b"X: 1\n",
        "line 6: X: the name of a field has at least two letters",
    ),
    "a status": (
        CONTROL + b"Status: install ok installed\n",
        f"line 6: Status: {OF_DPKG}",
    ),
    "triggers": (CONTROL + b"Triggers-Pending: a\n", f"line 6: Triggers-Pending: {OF_DPKG}"),
    "a configured version": (
        CONTROL + b"config-version: 1\n",
        f"line 6: config-version: {OF_DPKG}",
    ),
}
"""What dpkg refuses as well."""
NOT_OURS = {
    "conffiles": (CONTROL + b"Conffiles:\n /etc/a 0\n", f"line 6: Conffiles: {OF_DPKG}"),
    "a revision": (
        CONTROL + b"Revision: 2\n",
        "line 6: Revision: dpkg adds this field to the version, and apt does not",
    ),
}
"""What dpkg takes, and other clients read otherwise."""
TAKEN = {
    "plain": CONTROL,
    "an empty field": CONTROL + b"Depends:\nSection: misc\n",
    "no operator": CONTROL + b"Depends: libc6 (2.36)\n",
    "an old operator": CONTROL + b"Depends: libc6 (> 2.36)\n",
    "an old name": CONTROL + b"Recommends: a\nRecommended: b\n",
    "an architecture": CONTROL + b"Depends: libc6:i386, perl:any\n",
    "lines": CONTROL + b" one\n .\n two\nDepends: a (>=\n 1) |\n b\n",
    "capitals": CONTROL.upper().replace(b"TEST@", b"t@").replace(b"ALL", b"all"),
    "yes": CONTROL + b"Essential: YES\nMulti-Arch: Foreign\n",
    "no maintainer": CONTROL.replace(b"Maintainer: Test <test@example.org>\n", b""),
}


def made(folder: Path, control: bytes) -> Path:
    (folder / "raw").mkdir(exist_ok=True)
    (folder / "raw/tool_1.0_all.deb").write_bytes(deb(control))
    return folder / "raw/tool_1.0_all.deb"


def dpkg_takes(folder: Path, package: Path) -> bool:
    """Whether dpkg would install a package, as far as its control file is concerned."""
    for name in ("info", "updates"):
        (folder / "root/var/lib/dpkg" / name).mkdir(parents=True)
    (folder / "root/var/lib/dpkg/status").touch()
    words = ("--force-not-root", "--force-depends", "--force-architecture", "--dry-run")
    call = ["dpkg", f"--root={folder / 'root'}", *words, "--install", package]
    return subprocess.run(call, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", [*REFUSED, *NOT_OURS])
def test_it_is_refused_with_file_line_and_remedy(repository: SmallRepository, name: str) -> None:
    control, told = {**REFUSED, **NOT_OURS}[name]
    joint = "" if told.startswith(" ") else ": "
    whole = f"W/raw/tool_1.0_all.deb: its control file{joint}{told}{MEND}"
    assert refused(repository, made(repository.work, control)) == whole


@pytest.mark.parametrize("name", REFUSED)
def test_dpkg_refuses_the_same(tmp_path: Path, name: str) -> None:
    assert not dpkg_takes(tmp_path, made(tmp_path, REFUSED[name][0]))


@pytest.mark.parametrize("name", TAKEN)
def test_what_dpkg_takes_is_taken(tmp_path: Path, name: str) -> None:
    package = made(tmp_path, TAKEN[name])
    assert dpkg_takes(tmp_path, package)
    assert normalised(checked_control(Deb.at(package))).fields


@pytest.mark.parametrize(
    ("architecture", "told"),
    [
        ("noarch", "Debian calls it 'all'"),
        ("x86_64", "Debian calls it 'amd64'"),
        ("amd46", "did you mean 'amd64'?"),
        ("amd65", "did you mean 'amd64'?"),
        ("any", "it belongs into debian/control of a source; a package has one, such as 'amd64'"),
        ("linux-any", "it belongs into debian/control of a source; a package has one, such as"
         " 'amd64'"),
        ("source", "it belongs into debian/control of a source; a package has one, such as"
         " 'amd64'"),
        ("amd64 i386", "did you mean 'amd64'?"),
        ("../x", "it has names such as 'amd64' and 'all'"),
    ],
)  # fmt: skip
def test_an_architecture_is_one_of_debian(
    repository: SmallRepository, architecture: str, told: str
) -> None:
    control = CONTROL.replace(b": all", b": " + architecture.encode())
    assert refused(repository, made(repository.work, control)) == (
        "W/raw/tool_1.0_all.deb: its control file: line 3: Architecture:"
        f" {architecture!r} is no architecture of Debian: {told}{MEND}"
    )


def test_the_architectures_are_those_that_dpkg_knows() -> None:
    known = subprocess.run(
        ["dpkg-architecture", "-L"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert ARCHITECTURES - {"hurd-amd64", "loong64"} <= {*known}
    for name in ("all", *ARCHITECTURES):
        assert package_architecture(name) == name
    with pytest.raises(QlumodError, match="did you mean 'arm64'"):
        package_architecture("arm46")


FOREIGN = b"".join(
    b"%s: 1\n" % name
    for name in (
        b"SHA512", b"sha384", b"SHA-1", b"MD5sum", b"md5", b"Checksum-FileSize", b"Checksums",
        b"Checksums-Sha512", b"Files", b"size", b"filename", b"Directory", b"MSDOS-Filename",
        b"Description-md5", b"Phased-Update-Percentage",
    )
)  # fmt: skip


def test_only_what_the_repository_computed_is_in_the_index(repository: SmallRepository) -> None:
    repository.publish(made(repository.work, CONTROL.replace(b"Maint", FOREIGN + b"Maint")))
    index = gzip.decompress(repository.current.checked("main/binary-all/Packages.gz")).decode()
    assert [line.partition(":")[0] for line in index.splitlines() if line] == [
        "Package", "Version", "Architecture", "Maintainer", "Filename", "Size", "SHA256",
        "Description",
    ]  # fmt: skip


def test_a_version_without_an_operator_gets_the_one_that_dpkg_reads(
    repository: SmallRepository,
) -> None:
    fields = b"Depends: libc6 (2.36), a ( 1) | b (>= 1)\nProvides: c (1:2)\n"
    repository.publish(made(repository.work, CONTROL + fields))
    (entry,) = repository.current.entries()
    assert "\nDepends: libc6 (= 2.36), a (= 1) | b (>= 1)\n" in entry.text
    assert "\nProvides: c (= 1:2)\n" in entry.text
