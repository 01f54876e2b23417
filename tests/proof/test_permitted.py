"""What is permitted, and what is not although it looks alike."""

from dataclasses import replace
from hashlib import md5

import pytest

from qlumod.model.difference import Aspect, Difference
from qlumod.model.tree import TreeEntry
from qlumod.packaging.debian.packaging import DEBIAN
from qlumod.packaging.permits import Permission
from qlumod.proof.permitted import permissions
from qlumod.proof.recorded import false_records, other_bytes_beside
from qlumod.proof.scanned_tree import ScannedTree
from tests.packaging.toy.permits import LOG, TOY_PERMITS
from tests.proof.expected import expectations


def tree(*paths: str, **targets: str) -> ScannedTree:
    entries = [TreeEntry(path=path, type="f", mode=0o644, digest="dd") for path in paths]
    links = [TreeEntry(path=p, type="l", mode=0o777, target=t) for p, t in targets.items()]
    names = ("fonts", "js/otf", "js/otf/a", "man/hr", "man/man1")
    directories = [TreeEntry(path=f"/usr/share/{one}", type="d", mode=0o755) for one in names]
    found = [*directories, *entries, *links]
    return ScannedTree(entries={entry.path: entry for entry in found}, data={})


REFERENCE = replace(
    tree(
        "/boot/vmlinuz-6.1.0",
        **{
            "/etc/alternatives/awk.1.gz": "/usr/share/man/man1/mawk.1.gz",
            "/etc/alternatives/awk": "/usr/bin/mawk",
            "/usr/share/man/man1/awk.1.gz": "/etc/alternatives/awk.1.gz",
            "/usr/bin/awk": "/etc/alternatives/awk",
            "/usr/share/fonts/math": "../js/otf",
        },
    ),
    data={
        "/var/lib/dpkg/info/munge.md5sums": b"0  usr/share/doc/munge/README\n"
        b"0  usr/share/doc/munge/README.Debian\n"
    },
)
EXPECTED = replace(expectations(), beside={"/boot/vmlinuz-6.1.0": "dd"})


def permitted(path: str, aspect: Aspect = Aspect.MISSING, **told: str) -> str | None:
    difference = Difference(path=path, aspect=aspect, **told)
    allowed: tuple[Permission, ...] = permissions(EXPECTED, REFERENCE, DEBIAN.permits)
    return next((one.name for one in allowed if one.permits(difference)), None)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/usr/share/doc/munge/README", "left out"),
        ("/usr/share/doc/munge", None),
        ("/usr/share/doc/made", "left out, unpackaged"),
        ("/usr/share/doc/made/copyright", None),
        ("/usr/share/man/index", "left out, unpackaged"),
        ("/usr/lib/modules/6.1.0/snd-made", "left out, unpackaged"),
        ("/usr/share/made", None),
        ("/usr/share/doc/munge/README.Debian", None),
        ("/etc/alternatives/awk.1.gz", "alternative left out"),
        ("/usr/share/man/man1/awk.1.gz", "alternative left out"),
        ("/var/lib/dpkg/alternatives/awk.1.gz", "alternative left out"),
        ("/etc/alternatives/awk", None),
        ("/usr/bin/awk", None),
        ("/etc/munge/munge.key", "secret"),
        ("/etc/munge/other.key", None),
        ("/boot/vmlinuz-6.1.0", "kernel and initrd"),
        ("/boot/initrd.img-6.1.0", None),
        ("/boot/System.map-6.1.0", "for boot loaders"),
        ("/boot/System.map-6.1.1", None),
        ("/var/lib/dpkg/status-old", "bookkeeping"),
        ("/var/lib/dpkg/status", None),
        ("/var/lib/ucf/hashfile.3", "bookkeeping"),
        ("/var/lib/ucf/hashfile", None),
        ("/etc/apt/sources.list", "of the build"),
        ("/dev/null", "device"),
        ("/dev/sda", None),
        ("/dev/mapper/control", "device"),
        ("/dev/mapper/root", None),
        ("/var/cache/debconf/tmp.ci", "bookkeeping"),
        ("/etc/xml/catalog.old", "bookkeeping"),
        ("/var/lib/sgml-base/supercatalog.old", "bookkeeping"),
        ("/etc/subuid-", "bookkeeping"),
        ("/var/cache/man/hr/index.db", "man index"),
        ("/var/cache/man/de/index.db", None),
        ("/var/cache/man/de", None),
        ("/var/log/fontconfig.log", "log"),
        ("/var/log/other.log", None),
        ("/var/cache/fontconfig/3830d5c3-le64.cache-8", None),
        ("/run/lock", "run-time directory"),
        ("/run/lock/other", None),
    ],
)
def test_only_what_is_named_may_be_missing(path: str, name: str | None) -> None:
    assert permitted(path) == name


@pytest.mark.parametrize(
    ("path", "without"),
    [
        ("/var/cache/man/hr", "/var/cache/man/de"),
        ("/var/cache/man/hr/cat1", "/var/cache/man/de/cat1"),
        ("/var/cache/man/cat1", "/var/cache/man/cat6"),
    ],
)
def test_caches_of_manual_pages_may_be_missing_where_there_are_pages(
    path: str, without: str
) -> None:
    assert permitted(path) == "man index"
    assert permitted(without) is None


def test_the_digest_of_a_secret_may_be_missing_in_the_records_of_ucf() -> None:
    path, line = "/var/lib/ucf/hashfile", f"{'0' * 32}  /etc/munge/munge.key"
    assert permitted(path, Aspect.ENTRY, reference=line) == "secret"
    assert permitted(path, Aspect.ENTRY, reference=line, stack=line) is None
    assert permitted(path, Aspect.ENTRY, reference=f"{line}s") is None
    assert permitted("/var/lib/ucf/other", Aspect.ENTRY, reference=line) is None


@pytest.mark.parametrize("fonts", ["", "/math", "/math/a"])
def test_only_the_stack_may_have_caches_of_fonts(fonts: str) -> None:
    directory = f"/usr/share/fonts{fonts}".encode()
    path = f"/var/cache/fontconfig/{md5(directory).hexdigest()}-le64.cache-8"
    assert permitted(path, Aspect.EXTRA) == "font cache"
    assert permitted(path, Aspect.CONTENT) is None
    assert permitted("/var/cache/fontconfig/3830d5c3-le64.cache-8", Aspect.EXTRA) is None


@pytest.mark.parametrize("aspect", [a for a in Aspect if a not in (Aspect.MISSING, Aspect.ORDER)])
@pytest.mark.parametrize("path", ["/etc/munge/munge.key", "/boot/vmlinuz-6.1.0", "/etc/passwd-"])
def test_what_may_be_missing_may_not_be_there_otherwise(path: str, aspect: Aspect) -> None:
    assert permitted(path, aspect) is None


def test_another_kernel_beside_the_layer_is_told() -> None:
    assert list(other_bytes_beside(EXPECTED, REFERENCE, tree())) == []
    other = replace(EXPECTED, beside={"/boot/vmlinuz-6.1.0": "ee", "/boot/initrd.img-6.1.0": "ff"})
    assert [str(difference) for difference in other_bytes_beside(other, REFERENCE, tree())] == [
        "/boot/initrd.img-6.1.0: content (beside the layer): - → ff",
        "/boot/vmlinuz-6.1.0: content (beside the layer): dd → ee",
    ]


def test_what_the_stack_has_instead_is_compared_where_it_lies() -> None:
    other = replace(EXPECTED, beside={"/boot/vmlinuz-6.1.0": "dd", "/boot/initrd.img-6.1.0": "ff"})
    stack = ScannedTree(
        entries={"/boot/initrd.img-6.1.0": REFERENCE.entries["/boot/vmlinuz-6.1.0"]}, data={}
    )
    assert list(other_bytes_beside(other, REFERENCE, stack)) == []


def test_only_the_number_of_the_table_may_be_another() -> None:
    told = {"subject": "user munge: uid", "reference": "101"}
    assert permitted("/etc/passwd", Aspect.ID, **told, stack="401") == "account ids"
    assert permitted("/etc/passwd", Aspect.ID, **told, stack="402") is None


def test_only_the_day_of_the_module_may_be_another() -> None:
    allowed = permissions(
        replace(EXPECTED, days={"munge": ("20001", "20000")}), REFERENCE, DEBIAN.permits
    )

    def name(subject: str, reference: str, stack: str) -> str | None:
        told = Difference(
            path="/etc/shadow",
            aspect=Aspect.ENTRY,
            subject=subject,
            reference=reference,
            stack=stack,
        )
        return next((one.name for one in allowed if one.permits(told)), None)

    assert name("user munge: day of change", "20001", "20000") == "day of an account"
    assert name("user munge: day of change", "20000", "20001") is None
    assert name("user munge: day of change", "20001", "20002") is None
    assert name("user root: day of change", "20001", "20000") is None
    assert name("user munge: minimum", "20001", "20000") is None


def test_only_diversions_of_left_out_paths_may_be_missing() -> None:
    path, page = "/var/lib/dpkg/diversions", "/usr/share/man/man1/mawk.1.gz"
    gone = f"{page} {page}.real mawk"
    assert permitted(path, Aspect.ENTRY, reference=gone) == "diversion left out"
    assert permitted(path, Aspect.ENTRY, stack=gone) is None
    assert permitted(path, Aspect.ENTRY, reference="/bin/sh /bin/sh.distrib dash") is None


def test_slaves_in_left_out_directories_may_be_missing_from_links_and_records() -> None:
    """Scripts ask for the directory, and say nothing of the slave where it is not there."""
    record, page = "/var/lib/dpkg/alternatives/gpu", "/usr/share/man/man1/gpu-smi.1.gz"
    group = "auto\n/usr/lib/gpu\nsmi\n/usr/bin/gpu-smi\nsmi.1\n" + page
    reference = ScannedTree(
        entries=tree(
            **{
                page: "/etc/alternatives/smi.1",
                "/etc/alternatives/smi.1": "/opt/smi.1.gz",
                "/usr/bin/gpu-smi": "/etc/alternatives/smi",
                "/etc/alternatives/smi": "/opt/smi",
            }
        ).entries,
        data={record: f"{group}\n\n/opt\n5\n/opt/smi\n/opt/smi.1.gz\n\n".encode()},
    )
    allowed = permissions(
        replace(EXPECTED, left_out=frozenset(["/usr/share/man/man1"])), reference, DEBIAN.permits
    )

    def name(path: str, aspect: Aspect = Aspect.MISSING, **told: str) -> str | None:
        difference = Difference(path=path, aspect=aspect, **told)
        return next((one.name for one in allowed if one.permits(difference)), None)

    assert name(page) == name("/etc/alternatives/smi.1") == "alternative left out"
    assert name("/usr/bin/gpu-smi") is None
    assert name("/etc/alternatives/smi") is None
    told = {"subject": "auto", "reference": f"smi.1 | {page}"}
    assert name(record, Aspect.ENTRY, **told) == "alternative left out"
    assert name(record, Aspect.ENTRY, **told, stack="smi.2") is None
    choice = {"subject": "/opt", "reference": "/opt/smi.1.gz"}
    assert name(record, Aspect.ENTRY, **choice) == "alternative left out"
    assert name(record, Aspect.ENTRY, subject="/opt", reference="/opt/smi") is None


def test_only_checksums_of_left_out_paths_may_be_missing() -> None:
    path, line = "/var/lib/dpkg/info/munge.md5sums", f"{'0' * 32}  usr/share/doc/munge/README"
    assert permitted(path, Aspect.ENTRY, reference=line) == "checksum left out"
    assert permitted(path, Aspect.ENTRY, reference=line, stack=line) is None
    assert permitted(path, Aspect.ENTRY, reference=line.replace("README", "NEWS")) is None
    assert permitted("/etc/x.md5sums", Aspect.ENTRY, reference=line) is None


def test_another_packaging_permits_what_its_own_installer_leaves_and_nothing_of_debian() -> None:
    allowed = permissions(EXPECTED, REFERENCE, TOY_PERMITS)

    def name(path: str) -> str | None:
        difference = Difference(path=path, aspect=Aspect.MISSING)
        return next((one.name for one in allowed if one.permits(difference)), None)

    assert name(LOG) == "log"
    assert name("/usr/share/doc/munge/README") == "left out"
    assert name("/boot/vmlinuz-6.1.0") == "kernel and initrd"
    assert name("/run/lock") == "run-time directory"
    of_debian = ("/var/lib/dpkg/status-old", "/etc/alternatives/awk.1.gz", "/initrd.img")
    assert set(map(name, of_debian)) == {None}


def test_no_permission_covers_a_whole_directory() -> None:
    for permission in permissions(EXPECTED, REFERENCE, DEBIAN.permits):
        for path in getattr(permission, "paths", ()):
            assert not path.rpartition("/")[2].startswith("*"), path


@pytest.mark.parametrize(
    ("recorded", "stack", "what"),
    [
        ("/usr/share/doc/x/README", (), ""),
        ("/usr/share/doc/x/README", ("/usr/share/doc/x/README",), "and is there"),
        ("/usr/share/doc/y", (), "and no package brings it"),
        ("/usr/bin/x", (), "and no pattern excludes it"),
        ("/usr/share/doc/x/copyright", (), "and no pattern excludes it"),
        ("/usr/lib/x", (), "and no pattern excludes it"),
    ],
)
def test_a_record_must_be_true(recorded: str, stack: tuple[str, ...], what: str) -> None:
    reference = tree(
        "/usr/share/doc/x/README", "/usr/bin/x", "/usr/share/doc/x/copyright", "/usr/lib/x"
    )
    expected = expectations(left_out=frozenset({recorded}))
    found = [str(false) for false in false_records(expected, reference, tree(*stack))]
    assert found == ([f"{recorded}: record: - → recorded as left out, {what}"] if what else [])


@pytest.mark.parametrize(
    ("include", "kept"), [("/lib/modules/*/drm.ko", True), ("/usr/lib/*/drm.ko", False)]
)
def test_an_include_keeps_paths_that_are_spelt_as_in_the_package(include: str, kept: bool) -> None:
    drm = "/usr/lib/modules/6.1.0/drm.ko"
    expected = expectations(
        left_out=frozenset({drm}), excludes=("/lib/modules/*",), includes=(include,)
    )
    assert bool([*false_records(expected, tree(drm), tree())]) is kept


def test_a_directory_may_go_with_all_that_was_in_it() -> None:
    inner = TreeEntry(path="/usr/lib/x", type="d", mode=0o755)
    page = TreeEntry(path="/usr/share/man/x", type="f", mode=0o644)
    parent = TreeEntry(path="/usr/share/man", type="d", mode=0o755)
    reference = ScannedTree(entries={e.path: e for e in (inner, page, parent)}, data={})
    expected = expectations(left_out=frozenset(reference.entries), excludes=("/usr/share/man/*",))
    assert [false.path for false in false_records(expected, reference, tree())] == ["/usr/lib/x"]
