"""What two trees differ in, aspect by aspect."""

from dataclasses import replace

import pytest

from qlumod.model.difference import Difference
from qlumod.model.tree import TreeEntry
from qlumod.packaging.debian.packaging import DEBIAN
from qlumod.proof.compare import compare
from qlumod.proof.listed import listed_trees
from qlumod.proof.scanned_tree import ScannedTree
from tests.support.keystore import MAIL, PATH, TLS, keystore

PASSWD = b"root:x:0:0:root:/root:/bin/bash\nmunge:x:%d:%d::/nonexistent:/usr/sbin/nologin\n"
GROUP = b"root:x:0:\nmunge:x:%d:\nadm:x:4:%s\n"


def file(path: str, **changes: object) -> TreeEntry:
    values: dict[str, object] = {"size": 4, "digest": "aa", "inode": (1, hash(path)), **changes}
    return TreeEntry(path=path, type="f", mode=0o644, **values)  # type: ignore[arg-type]


def tree(*entries: TreeEntry, munge: int = 101, members: bytes = b"", **data: bytes) -> ScannedTree:
    known = {
        "/etc/passwd": PASSWD % (munge, munge),
        "/etc/group": GROUP % (munge, members),
        **data,
    }
    all_entries = [*entries, *(file(path) for path in known)]
    return ScannedTree(entries={entry.path: entry for entry in all_entries}, data=known)


def told(reference: ScannedTree, stack: ScannedTree) -> list[str]:
    return [str(difference) for difference in compare(reference, stack, listed_trees(DEBIAN))]


def test_equal_trees_do_not_differ() -> None:
    assert told(tree(file("/a")), tree(file("/a"))) == []


def test_inodes_and_times_are_of_no_account() -> None:
    assert told(tree(file("/a")), tree(file("/a", inode=(9, 9), mtime=5))) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"mode": 0o4755}, "/a: mode: 0644 → 4755"),
        ({"type": "p"}, "/a: type: file → fifo"),
        ({"digest": "bb"}, "/a: content: 4 bytes aa → 4 bytes bb"),
        ({"size": 5}, "/a: content: 4 bytes aa → 5 bytes aa"),
        ({"uid": 101}, "/a: owner: root → munge"),
        ({"gid": 55}, "/a: group: root → #55"),
        (
            {"xattrs": (("security.capability", b"\1"),)},
            "/a: extended attributes: - → security.capability=01",
        ),
        (
            {"xattrs": (("system.posix_acl_access", b"\2"),)},
            "/a: access control lists: - → system.posix_acl_access=02",
        ),
    ],
)
def test_every_aspect_of_a_file_counts(change: dict[str, object], line: str) -> None:
    other = replace(file("/a"), **change)  # type: ignore[arg-type]
    assert told(tree(file("/a")), tree(other)) == [line]


def test_links_and_devices_are_compared_by_what_they_stand_for() -> None:
    link, node = (
        TreeEntry(path="/l", type="l", mode=0o777),
        TreeEntry(path="/n", type="b", mode=0o600),
    )
    assert told(
        tree(replace(link, target="a"), replace(node, rdev=0x700)),
        tree(replace(link, target="b"), replace(node, rdev=0x701)),
    ) == ["/l: link target: a → b", "/n: device number: 0x700 → 0x701"]


def test_a_path_that_one_of_both_has_is_told_with_its_type() -> None:
    assert told(tree(file("/a")), tree(TreeEntry(path="/b", type="d", mode=0o755))) == [
        "/a: missing file",
        "/b: extra directory",
    ]


def test_attributes_of_the_overlay_are_not_seen() -> None:
    seen = file("/a", xattrs=(("trusted.overlay.origin", b"x"),))
    assert told(tree(file("/a")), tree(seen)) == []


def test_owners_are_compared_by_name() -> None:
    differences = told(tree(file("/a", uid=101), munge=101), tree(file("/a", uid=401), munge=401))
    assert differences == [
        "/etc/group: id (group munge: gid): 101 → 401",
        "/etc/passwd: id (user munge: uid): 101 → 401",
    ]


def test_a_new_member_of_a_group_is_told() -> None:
    assert told(tree(), tree(members=b"munge")) == [
        "/etc/group: entry (group adm: members): - → munge"
    ]


def test_members_have_no_order() -> None:
    assert told(tree(members=b"a,b"), tree(members=b"b,a")) == []


def test_a_line_that_is_no_account_is_told() -> None:
    other = tree()
    data = {**other.data, "/etc/passwd": other.data["/etc/passwd"] + b"garbage\n"}
    assert told(tree(), replace(other, data=data)) == ["/etc/passwd: entry (user garbage)"]


def test_a_broken_hard_link_is_told_at_both_paths() -> None:
    one = [file(path, inode=(1, 5), nlink=2) for path in ("/a", "/b")]
    assert told(tree(*one), tree(file("/a"), file("/b"))) == [
        "/a: hard links: /a /b → -",
        "/b: hard links: /a /b → -",
    ]


def test_a_hard_link_to_what_is_left_out_does_not_count() -> None:
    linked = [file(path, inode=(1, 5), nlink=2) for path in ("/a", "/b")]
    assert told(tree(*linked), tree(file("/a"))) == ["/b: missing file"]


STATUS = b"Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: b\nVersion: 2\n\n"


def test_a_keystore_that_was_made_at_another_time_is_told_as_another_order() -> None:
    first, later, other = (
        keystore(*entries, when=when)[PATH].data
        for entries, when in (((TLS,), 1), ((TLS,), 2), ((MAIL,), 1))
    )
    order = told(tree(**{PATH: first}), tree(**{PATH: later}))
    assert [line.partition(": ")[2].split(":")[0] for line in order] == [
        "order (java-certificates)"
    ]
    entries = told(tree(**{PATH: first}), tree(**{PATH: other}))
    assert {line.partition(": ")[2].split(" ")[0] for line in entries} == {"entry"}


def test_an_index_of_depmod_in_which_modules_have_other_places_is_told_as_another_order() -> None:
    path = "/usr/lib/modules/6.1.0/modules.alias.bin"
    one, other = (
        bytes.fromhex(f"b007f457 00020001 4000000c 00000001 0000000{place}") + b"munge\0"
        for place in (5, 6)
    )
    (line,) = told(tree(**{path: one}), tree(**{path: other}))
    assert line.startswith(f"{path}: order (kernel-modules): ")
    (line,) = told(tree(**{path: one}), tree(**{path: one + b"more"}))
    assert line.startswith(f"{path}: content (kernel-modules): ")


def test_no_other_kind_says_that_bytes_are_of_no_account() -> None:
    path = "/etc/nsswitch.conf"
    one, other = (b"passwd: files\n# \0" + word + b"\n" for word in (b"a", b"b"))
    (line,) = told(tree(**{path: one}), tree(**{path: other}))
    assert line.startswith(f"{path}: content (nsswitch): ")


def test_the_same_stanzas_in_another_order_are_only_that() -> None:
    first, second, _ = STATUS.split(b"\n\n")
    other = b"\n\n".join((second, first, b""))
    path = "/var/lib/dpkg/status"
    assert told(tree(**{path: STATUS}), tree(**{path: other})) == [f"{path}: order (dpkg-status)"]


def test_a_changed_stanza_is_told_by_its_package() -> None:
    path = "/var/lib/dpkg/status"
    other = STATUS.replace(b"Version: 1", b"Version: 3")
    assert told(tree(**{path: STATUS}), tree(**{path: other})) == [
        f"{path}: entry (Package: a): Version: 1 → Version: 3"
    ]


def test_bytes_that_no_entry_explains_are_told() -> None:
    path = "/etc/shells"
    assert told(tree(**{path: b"/bin/sh\n"}), tree(**{path: b"/bin/sh\n# d\n"})) == [
        f"{path}: content (shells): - → # d"
    ]


def test_what_no_kind_of_state_can_read_is_told_line_by_line() -> None:
    path = "/var/lib/dpkg/diversions"
    whole, broken = tree(**{path: b"/a\n/b\nc\n"}), tree(**{path: b"/a\n/b\nc\n/d\n"})
    assert f"{path}: entry (dpkg-diversions): - → /d" in told(whole, broken)


def test_a_file_that_its_kind_cannot_read_is_told() -> None:
    path = "/var/lib/dpkg/status"
    found = told(tree(**{path: STATUS}), tree(**{path: b"garbage\n"}))
    assert found
    assert all(line.startswith(f"{path}: entry (") for line in found)


def test_differences_are_sorted_by_path() -> None:
    differences = compare(tree(file("/b"), file("/a")), tree(), listed_trees(DEBIAN))
    assert [difference.path for difference in differences] == ["/a", "/b"]
    assert all(isinstance(difference, Difference) for difference in differences)
