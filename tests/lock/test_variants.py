"""Modules that exclude each other, and archives on request."""

from pathlib import Path

import pytest

from qlumod.cli.lock import change_lines
from qlumod.events import ignore
from qlumod.lock.verbs.check import check_specs
from qlumod.lock.verbs.lock_files import target
from qlumod.lock.verbs.open_archives import open_archives
from qlumod.lock.verbs.survey import Survey, survey
from tests.lock.build_host import BuildHost, table, versions

BACKPORTS = """
Archive: backports
URI: file://{top}/backports
Suites: next
Components: main
Key: {top}/backports/keyring.gpg
On-Request: yes
"""


def offer_backports(host: BuildHost, *debs: Path) -> None:
    """An archive as Debian's backports are: apt takes nothing from it unless it is asked to."""
    fields = {"NotAutomatic": "yes", "ButAutomaticUpgrades": "yes"}
    host.publish("backports", debs, suite="next", release=fields)
    host.release(extra=BACKPORTS.format(top=host.top))


def packages_of(host: BuildHost) -> dict[str, list[str]]:
    """``package version`` of each module's layer."""
    lock = host.lock().lock
    return {
        module: [f"{p.package} {p.version}" for p in lock.of(module)]
        for module, _ in lock.specs
        if module != "core"
    }


def samba(host: BuildHost) -> None:
    """Samba in the archive's version and in that of the backports."""
    host.spec(
        "samba",
        "samba",
        variants=(
            {"Variant": "samba-4.17"},
            {"Variant": "samba-4.22", "Archive": "backports"},
        ),
    )


def test_variants_are_locked_side_by_side_and_share_what_both_can_use(host: BuildHost) -> None:
    host.offer(
        host.deb("samba", "4.17", depends="libtalloc, libsmb (= 4.17), python"),
        host.deb("libsmb", "4.17"),
        host.deb("libtalloc", "2"),
        host.deb("python", "3.11"),
    )
    offer_backports(
        host,
        host.deb("samba", "4.22", depends="libtalloc, libsmb (= 4.22), python"),
        host.deb("libsmb", "4.22"),
        host.deb("libtalloc", "3"),
    )
    samba(host)
    assert packages_of(host) == {
        "samba-4.17": ["libsmb 4.17", "libtalloc 2", "python 3.11", "samba 4.17"],
        "samba-4.22": ["libsmb 4.22", "libtalloc 2", "python 3.11", "samba 4.22"],
    }
    lock = host.lock()
    assert not lock.changed
    host.fetch("samba-4.22")
    found = {p.package: host.store.has(p.sha256) for p in lock.lock.of("samba-4.17")}  # type: ignore[arg-type]
    assert found == {"libsmb": False, "libtalloc": True, "python": True, "samba": False}


def test_only_the_variant_that_is_named_moves(host: BuildHost) -> None:
    host.offer(host.deb("samba", "4.17", depends="lib"), host.deb("lib", "1"))
    offer_backports(host, host.deb("samba", "4.22", depends="lib (>= 2)"), host.deb("lib", "2"))
    samba(host)
    host.lock()
    host.offer(host.deb("samba", "4.17.1", depends="lib"), host.deb("lib", "1.1"))
    offer_backports(host, host.deb("samba", "4.22.1", depends="lib (>= 2)"), host.deb("lib", "2.1"))
    # The archives have dropped what was locked; the store had it.
    assert "neither the archive nor the store has them" in host.refusal()
    both = host.lock(update=["samba-4.22", "samba-4.17"])
    moved = [str(moved) for moved in both.difference.moved]
    assert moved == ["lib 1 → 1.1", "lib 2 → 2.1", "samba 4.17 → 4.17.1", "samba 4.22 → 4.22.1"]
    host.fetch()
    host.offer(host.deb("samba", "4.17.2", depends="lib"), host.deb("lib", "1.2"))
    offer_backports(host, host.deb("samba", "4.22.2", depends="lib (>= 2)"), host.deb("lib", "2.2"))
    assert not host.lock().changed
    moved = [str(moved) for moved in host.lock(update=["samba-4.22"]).difference.moved]
    assert moved == ["lib 2.1 → 2.2", "samba 4.22.1 → 4.22.2"]


def test_an_archive_on_request_is_only_there_for_modules_that_name_it(host: BuildHost) -> None:
    host.offer(host.deb("tool", "1"))
    host.publish("backports", [host.deb("tool", "2"), host.deb("own", "2")], suite="next")
    host.release(extra=BACKPORTS.format(top=host.top))
    host.spec("m", "tool")
    host.spec("n", "own", fields={"Archive": "backports"})
    assert packages_of(host) == {"m": ["tool 1"], "n": ["own 2"]}
    host.spec("m", "own")
    assert host.refusal() == (
        "TOP/module-specs/m.module:7: Packages: there is no package own\n"
        "  own 2 is in the archive backports, which is on request\n"
        "To mend it: add backports to the field Archive of the module"
    )
    host.spec("m", "own", fields={"Archive": "backports"})
    assert packages_of(host)["m"] == ["own 2"]


def test_packages_are_looked_up_in_archives_on_request_with_their_kernel_modules(
    host: BuildHost,
) -> None:
    """As `qlumod new zfs --packages zfsutils-linux` does it."""
    host.offer(host.deb("lib"))
    recommends = {"Recommends": "tank-modules | tank-dkms"}
    host.publish(
        "backports",
        [
            host.deb("tank-utils", depends="lib", fields=recommends),
            host.deb("tank-dkms", depends="dkms", fields={"Provides": "tank-modules"}),
            # As Debian's debhelper add-on for such packages.
            host.deb("dh-dkms", depends="lib"),
        ],
        suite="next",
    )
    host.release(extra=BACKPORTS.format(top=host.top))
    project = check_specs(host.specs)
    with open_archives(host.place, project.release, target(project.release)) as archives:
        found = survey(archives, project, ["tank-utils"], listen=ignore)
        assert found == Survey(archives=("backports",), kernel_modules=("tank-dkms",), unread={})
        for name, asked in {"lib": (), "dh-dkms": ("backports",)}.items():
            found = survey(archives, project, [name], listen=ignore)
            assert found == Survey(archives=asked, kernel_modules=(), unread={})


def test_a_lock_that_needs_another_archive_on_request_says_which(host: BuildHost) -> None:
    """As a driver of non-free whose library was updated in security's non-free only."""
    host.offer()
    host.publish("backports", [host.deb("driver", "1", depends="lib (>= 2)"), host.deb("lib")])
    host.publish("security", [host.deb("lib", "2")])
    extra = BACKPORTS.format(top=host.top).replace("Suites: next", "Suites: stable")
    security = extra.replace("backports", "security")
    host.release(extra=extra + security)
    host.spec("gpu", "driver", fields={"Archive": "backports"})
    assert host.refusal() == (
        "TOP/module-specs/gpu.module: gpu cannot be installed\n"
        "   driver : Depends: lib (>= 2) but it is not going to be installed\n"
        "  there is lib in 1\n"
        "  lib 2 is in the archive security, which is on request\n"
        "To mend it: add security to the field Archive of the module"
    )
    host.spec("gpu", "driver", fields={"Archive": "backports, security"})
    assert packages_of(host)["gpu"] == ["driver 1", "lib 2"]


def test_what_a_named_archive_has_in_another_version_is_not_taken_elsewhere(
    host: BuildHost,
) -> None:
    host.offer(host.deb("samba", "4.22"))
    offer_backports(host, host.deb("samba", "4.23"))
    host.spec("m", "samba (<< 4.23)", fields={"Archive": "backports"})
    assert host.refusal() == (
        "TOP/module-specs/m.module:7: Packages: no version of samba is << 4.23\n  there is: 4.23"
    )


def test_a_newer_library_that_another_module_has_otherwise_is_refused(host: BuildHost) -> None:
    host.offer(host.deb("samba", "4.17"), host.deb("lib", "1"), host.deb("viewer", depends="lib"))
    offer_backports(host, host.deb("samba", "4.22", depends="lib (>= 2)"), host.deb("lib", "2"))
    samba(host)
    host.spec("desktop", "viewer")
    assert host.refusal() == (
        "TOP/module-specs/samba.module: samba-4.22 cannot be installed\n"
        "   samba : Depends: lib (>= 2) but 1 is to be installed\n"
        "  there is lib in 2, 1\n"
        "  lib is held at 1, as desktop has it\n"
        "To mend it: if that is how it is, write 'Conflicts: desktop'"
    )
    host.spec("desktop", "viewer", fields={"Conflicts": "samba-4.22"})
    assert packages_of(host)["samba-4.22"] == ["lib 2", "samba 4.22"]


def test_modules_whose_packages_conflict_are_told_before_anything_is_built(host: BuildHost) -> None:
    host.offer(
        host.deb("gridengine", depends="exim | mta"),
        host.deb("exim", fields={"Provides": "mta", "Conflicts": "mta"}),
        host.deb("nullmailer", fields={"Provides": "mta", "Conflicts": "mta"}),
        host.deb("mon", depends="nullmailer"),
        host.deb("old-tool"),
        host.deb("new-tool", fields={"Breaks": "old-tool (<< 2)"}),
    )
    host.spec("gridengine", "gridengine", "old-tool")
    host.spec("monitoring", "mon", "new-tool")
    assert host.refusal() == (
        "TOP/module-specs/gridengine.module: gridengine and monitoring cannot be in one image\n"
        "  exim 1 conflicts with nullmailer 1\n"
        "  new-tool 1 breaks old-tool 1\n"
        "  nullmailer 1 conflicts with exim 1\n"
        "To mend it: let apt choose otherwise with the field Prefer, or write 'Conflicts:"
        " monitoring' if that is how it is"
    )
    host.spec("gridengine", "gridengine", fields={"Prefer": "nullmailer"})
    assert packages_of(host)["gridengine"] == ["gridengine 1", "nullmailer 1"]
    host.spec("gridengine", "gridengine", "old-tool", fields={"Conflicts": "monitoring"})
    assert packages_of(host)["gridengine"] == ["exim 1", "gridengine 1", "old-tool 1"]


VENDOR = """
Archive: vendor
URI: {uri}
Suites: stable
Components: main
Key: {key}
On-Request: yes
"""


def vendor(host: BuildHost, *, uri: str = "", key: str = "") -> None:
    """A module of a vendor's archive, and one that stands on it."""
    folder = host.top / "vendor"
    host.release(
        extra=VENDOR.format(uri=uri or f"file://{folder}", key=key or folder / "keyring.gpg")
    )
    host.spec("beegfs", "beegfs-client", fields={"Archive": "vendor"})
    host.spec("more", "tool", requires="beegfs")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"key": "unverified"}, "archive vendor: its key is unverified"),
        ({"key": "/nowhere.gpg"}, "archive vendor: Key: there is no keyring /nowhere.gpg"),
        ({"uri": "file:///nowhere/at/all", "key": "KEYRING"}, "archive vendor: it cannot be read"),
    ],
)
def test_a_module_whose_archive_cannot_be_used_is_left_out_with_the_reason(
    host: BuildHost, given: dict[str, str], reason: str
) -> None:
    host.offer(host.deb("tool"))
    vendor(
        host, **{n: v.replace("KEYRING", f"{host.archive}/keyring.gpg") for n, v in given.items()}
    )
    locked = host.lock()
    assert dict(locked.lock.left_out) == {"beegfs": reason, "more": "it requires beegfs"}
    assert [module for module, _ in locked.lock.specs] == ["core"]
    assert not host.lock().changed
    host.fetch("core")
    with pytest.raises(Exception, match="beegfs is not in the lock"):
        host.fetch("beegfs")


def test_a_module_that_was_left_out_is_added_and_nothing_moves(host: BuildHost) -> None:
    host.offer(host.deb("tool", "1"))
    vendor(host, key="unverified")
    host.lock()
    host.offer(host.deb("tool", "1"), host.deb("hello", "2"))
    host.publish("vendor", [host.deb("beegfs-client", depends="tool")])
    vendor(host)
    locked = host.lock()
    assert list(change_lines(locked.difference)) == [
        "+ beegfs-client 1 (requested by beegfs)",
        "+ tool 1 (beegfs-client depends on it)",
    ]
    assert (versions(locked)["hello"], locked.lock.left_out) == ("1", ())
    assert table(locked)["tool"] == "1 · beegfs · beegfs-client depends on it"


def test_a_locked_module_stays_as_long_as_the_store_has_it(host: BuildHost) -> None:
    host.offer(host.deb("tool"))
    host.publish("vendor", [host.deb("beegfs-client")])
    vendor(host)
    before = host.lock().lock
    vendor(host, uri="file:///nowhere/at/all", key=f"{host.top}/vendor/keyring.gpg")
    assert host.refusal() == (
        "beegfs is in the lock, and its packages cannot be had any more: archive vendor: it cannot"
        " be read\n"
        "  it is file:///nowhere/at/all/\n"
        "  E: The repository 'file:/nowhere/at/all stable Release' does not have a Release file.\n"
        "To mend it: name another place of the archive with --archive NAME=URI, or let the module"
        " go: qlumod lock --update beegfs\n"
        "more is in the lock, and its packages cannot be had any more: it requires beegfs\n"
        "To mend it: name another place of the archive with --archive NAME=URI, or let the module"
        " go: qlumod lock --update more"
    )
    vendor(host)
    host.fetch()
    vendor(host, uri="file:///nowhere/at/all", key=f"{host.top}/vendor/keyring.gpg")
    kept = host.lock().lock
    assert (kept.packages, kept.archives) == (before.packages, before.archives)
    for package in before.of("beegfs"):  # type: ignore[arg-type]
        host.store.path(package.sha256).unlink()
    gone = host.lock(update=["beegfs", "more"])
    assert [package.package for package in gone.difference.removed] == ["beegfs-client", "tool"]


def test_a_lock_that_was_merged_to_two_versions_is_refused(host: BuildHost) -> None:
    host.offer(host.deb("tool"))
    host.spec("ma", "tool")
    host.spec("mb", "tool")
    path = host.lock().path
    text = path.read_text()
    *rest, tool = text.split("\n\n")
    one, other = tool.replace("ma mb", "ma"), tool.replace("ma mb", "mb").replace("n: 1", "n: 2")
    path.write_text("\n\n".join((*rest, one.rstrip(), other)))
    with pytest.raises(Exception, match="ma has tool 1, mb has it in 2"):
        host.fetch()
