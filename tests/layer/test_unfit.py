"""What a layer cannot hold is refused, and told with the way on."""

from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.layer.unfit import faults_of_access_lists, faults_of_devices, faults_of_secrets
from qlumod.model.secret import parse_secret
from qlumod.model.tree import TreeEntry
from qlumod.system.disk.within import Root
from tests.layer.small_release import SmallRelease, checked


def refusal(release: SmallRelease, module: str) -> str:
    with pytest.raises(QlumodError) as raised:
        release.build(module)
    return str(raised.value)


def test_secrets_that_a_link_leads_to_or_a_directory_holds_are_told(release: SmallRelease) -> None:
    assert refusal(release, "linked").startswith(
        "Secrets: /etc/linked/key: a link leads to /var/lib/linked/key, which is not listed\n"
        "To mend it: add '/var/lib/linked/key site' to the field Secrets\n"
        "Secrets: /etc/linked/named: a link leads to /etc/linked/real, which is not listed\n"
        "To mend it: add '/etc/linked/real site' to the field Secrets\n"
        "Secrets: /etc/linked/tree: it is a directory, and its files would be in the layer\n"
        "To mend it: list its files: '/etc/linked/tree/* node'\n"
    )


def test_a_directory_is_right_under_secrets_if_its_files_are_listed(tmp_path: Path) -> None:
    (tmp_path / "etc/d/cn=a").mkdir(parents=True)
    (tmp_path / "etc/d/archive_status/deeper").mkdir(parents=True)
    (tmp_path / "etc/d/cn=a/b.ldif").write_text("b")
    whole = parse_secret("/etc/d/* node")
    (fault,) = faults_of_secrets([whole], Root(tmp_path))
    assert str(fault) == (
        "Secrets: /etc/d/cn=a: it is a directory, and its files would be in the layer\n"
        "To mend it: list its files: '/etc/d/cn=a/* node'"
    )
    listed = [whole, parse_secret("/etc/d/cn=a/* node")]
    assert list(faults_of_secrets(listed, Root(tmp_path))) == []


def test_names_with_newlines_and_sockets_are_refused(release: SmallRelease) -> None:
    names = (r"/var/log/sysstat/sa\x0a01",)
    assert refusal(release, "named") == "".join(
        f"{name}: there is a newline in this name, and no list of paths can hold it\n"
        "To mend it: let the package's script give it another name\n"
        for name in names
    ) + (
        "/etc/left is the socket of a program that runs no more\n"
        "To mend it: let the package's script remove it, or make it below /run\n"
        "named: /etc/listed has an access control list, and a squashfs stores none\n"
        "To mend it: let the package's script give it an owner, a group and a mode instead "
        "(setfacl -b removes the list), or let a unit set the list on each node at boot"
    )


def test_the_access_lists_that_are_set_at_boot_are_no_fault() -> None:
    listed = (("system.posix_acl_access", b"\2"), ("system.posix_acl_default", b"\2"))
    entry = TreeEntry(path="/var/log/journal", type="d", mode=0o2755, xattrs=listed)
    assert list(faults_of_access_lists([entry], "core")) == []


def test_a_device_that_hides_what_is_below_is_told_with_its_package(release: SmallRelease) -> None:
    assert refusal(release, "hiding") == (
        "hiding: the package hiding ships /usr/share/hiding/base as a character device 0:0, which "
        "hides a path of a lower layer in an overlay and which no layer can have\n"
        "To mend it: leave it out with 'Exclude: /usr/share/hiding/base', or take the package out"
    )
    assert checked(release.build("showing")).module == "showing"


def test_such_a_device_of_a_module_over_no_other_is_told_too() -> None:
    entries = [TreeEntry(path=path, type="c", mode=0) for path in ("/etc/a", "/etc/b")]
    said = [str(fault) for fault in faults_of_devices(entries, {"/etc/a": "hiding"}, "core")]
    assert said == [
        "core: the package hiding ships /etc/a as a character device 0:0, which hides a path of a "
        "lower layer in an overlay and which no layer can have\n"
        "To mend it: leave it out with 'Exclude: /etc/a', or take the package out",
        "core: a maintainer script makes /etc/b as a character device 0:0, which hides a path of a "
        "lower layer in an overlay and which no layer can have\n"
        "To mend it: see which package's script makes it, and take that package out or mend it",
    ]
