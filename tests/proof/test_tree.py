"""A scanned tree, as it is kept and as it is read again."""

import os
from pathlib import Path

from qlumod.model.tree import TreeEntry
from qlumod.packaging.debian.packaging import DEBIAN
from qlumod.proof.scanned import scanned
from qlumod.proof.scanned_tree import ScannedTree, dumped, loaded
from qlumod.system.disk.within import Root
from tests.proof.small import PING_CAPABILITY, make_stack


def test_a_tree_is_read_as_it_was_written(tmp_path: Path) -> None:
    make_stack(tmp_path)
    (tmp_path / "usr/bin/odd\udcff\n").touch()
    tree = scanned(Root(tmp_path), DEBIAN)
    assert loaded(dumped(tree)) == tree


def test_the_same_tree_is_written_in_the_same_bytes(tmp_path: Path) -> None:
    tree = scanned(Root(make_stack(tmp_path)), DEBIAN)
    assert dumped(tree) == dumped(tree)


def test_the_bytes_of_shared_state_are_at_hand_and_no_others(tmp_path: Path) -> None:
    tree = scanned(Root(make_stack(tmp_path)), DEBIAN)
    assert tree.data["/etc/passwd"] == (tmp_path / "etc/passwd").read_bytes()
    assert "/var/lib/dpkg/status" in tree.data
    assert "/usr/bin/munge" not in tree.data


def test_a_number_stands_for_its_first_name() -> None:
    table = b"root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\n\nodd\nbad:x:no:0\nmunge:x:7:7\n"
    tree = ScannedTree(entries={}, data={"/etc/passwd": table, "/etc/group": b"root:x:0:\n"})
    assert tree.users() == {0: "root", 7: "munge"}
    assert tree.groups() == {0: "root"}


def test_a_scan_tells_all_of_a_path(tmp_path: Path) -> None:
    make_stack(tmp_path)
    entries = scanned(Root(tmp_path), DEBIAN).entries
    assert list(entries) == sorted(entries)
    ping = entries["/usr/bin/ping"]
    assert (ping.type, ping.size, ping.xattrs) == (
        "f",
        4,
        (("security.capability", PING_CAPABILITY),),
    )
    assert entries["/tmp"].mode == 0o1777
    assert entries["/usr/bin/su"].mode == 0o4755
    assert entries["/usr/bin/awk"].target == "/etc/alternatives/awk"
    assert entries["/usr/bin/perl"].inode == entries["/usr/bin/perl5.36.0"].inode
    assert entries["/usr/bin/perl"].nlink == 2


def test_a_scan_tells_devices_fifos_and_whiteouts(tmp_path: Path) -> None:
    os.mknod(tmp_path / "loop", 0o60600, os.makedev(7, 1))
    os.mknod(tmp_path / "whiteout", 0o20000, 0)
    os.mkfifo(tmp_path / "fifo")
    entries = scanned(Root(tmp_path), DEBIAN).entries
    assert {path: entry.type for path, entry in entries.items()} == {
        "/": "d",
        "/fifo": "p",
        "/loop": "b",
        "/whiteout": "c",
    }
    assert entries["/loop"].rdev == os.makedev(7, 1)
    assert entries["/whiteout"].whiteout
    assert not entries["/loop"].whiteout


def test_an_entry_of_a_missing_file_type_is_told_from_others() -> None:
    assert not TreeEntry(path="/x", type="f", mode=0o644).whiteout
