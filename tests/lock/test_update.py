"""What a new lock keeps of the old one, and what moves."""

from pathlib import Path

from qlumod.cli.lock import change_lines
from tests.lock.build_host import BuildHost, versions


def first(host: BuildHost) -> None:
    """A lock of version 1 of everything, then version 2 of everything in the archive."""
    host.offer(*stock(host, "1"))
    host.spec("slurm", "munge", "slurmd")
    host.lock()
    host.offer(*stock(host, "1"), *stock(host, "2"), date="Wed, 15 Nov 2023 22:13:20 +0000")


def stock(host: BuildHost, version: str) -> list[Path]:
    return [
        host.deb("munge", version, depends=f"libmunge (= {version}), libc", fields=SOURCE),
        host.deb("libmunge", version, depends="libc", fields=SOURCE),
        host.deb("slurmd", version, depends="libmunge (>= 1), libhwloc"),
        host.deb("libhwloc", version),
        host.deb("libc", version),
        host.deb("new", version, depends="libhwloc"),
        host.deb("newer", version, depends=f"libhwloc (>= {version})"),
    ]


SOURCE = {"Source": "munge"}
ALL_ONE = {
    "apt": "1",
    "base-files": "1",
    "hello": "1",
    "libc": "1",
    "libhwloc": "1",
    "libmunge": "1",
    "munge": "1",
    "slurmd": "1",
}


def test_without_update_nothing_moves_and_the_file_stays_as_it_is(host: BuildHost) -> None:
    first(host)
    again = host.lock()
    assert versions(again) == ALL_ONE
    assert not again.changed
    assert not again.difference


def test_update_of_a_package_moves_only_what_follows_from_it(host: BuildHost) -> None:
    first(host)
    moved = host.lock(update=["munge"])
    assert versions(moved) == {**ALL_ONE, "munge": "2", "libmunge": "2"}
    assert list(change_lines(moved.difference)) == ["~ libmunge 1 → 2", "~ munge 1 → 2"]
    assert moved.lock.epoch == 1_700_086_400


def test_update_of_what_others_stand_on_takes_those_along_that_need_it(host: BuildHost) -> None:
    first(host)
    moved = host.lock(update=["libmunge"])
    assert versions(moved) == {**ALL_ONE, "munge": "2", "libmunge": "2"}


def test_update_of_a_module_moves_its_packages(host: BuildHost) -> None:
    first(host)
    moved = versions(host.lock(update=["slurm"]))
    assert moved == {**dict.fromkeys(ALL_ONE, "2"), "apt": "1", "base-files": "1", "hello": "1"}


def test_update_without_names_moves_all(host: BuildHost) -> None:
    first(host)
    host.offer(*stock(host, "2"), host.deb("hello", "2"))
    moved = versions(host.lock(update=[]))
    assert moved == {**dict.fromkeys(ALL_ONE, "2"), "apt": "1", "base-files": "1"}


def test_a_dry_run_says_what_would_move_and_writes_nothing(host: BuildHost) -> None:
    first(host)
    path = host.lock().path
    before = path.read_bytes()
    dry = host.lock(update=["munge"], dry_run=True)
    assert dry.changed
    assert list(change_lines(dry.difference)) == ["~ libmunge 1 → 2", "~ munge 1 → 2"]
    assert path.read_bytes() == before


def test_a_new_request_moves_nothing_that_it_can_live_with(host: BuildHost) -> None:
    first(host)
    host.spec("slurm", "munge", "slurmd", "new")
    assert versions(host.lock()) == {**ALL_ONE, "new": "2"}


def test_a_new_request_moves_what_it_demands(host: BuildHost) -> None:
    first(host)
    host.spec("slurm", "munge", "slurmd", "newer")
    assert versions(host.lock()) == {**ALL_ONE, "newer": "2", "libhwloc": "2"}


def test_a_new_bound_moves_the_package_and_what_follows(host: BuildHost) -> None:
    first(host)
    host.spec("slurm", "munge (>= 2)", "slurmd")
    assert versions(host.lock()) == {**ALL_ONE, "munge": "2", "libmunge": "2"}


def test_a_name_that_the_lock_does_not_know_cannot_be_updated(host: BuildHost) -> None:
    first(host)
    assert host.refusal(update=["mungee", "nothing-like-it"]) == (
        "cannot update mungee: the lock has no package and no module of this name\n"
        "  close names: munge, libmunge\n"
        "cannot update nothing-like-it: the lock has no package and no module of this name"
    )


def test_what_the_mirror_has_dropped_stays_while_the_store_has_it(host: BuildHost) -> None:
    first(host)
    host.fetch()
    host.offer(*stock(host, "2"))
    assert not host.lock().changed
    host.spec("slurm", "munge", "slurmd", "new")
    locked = host.lock()
    assert versions(locked) == {**ALL_ONE, "new": "2"}
    munge = next(p for p in locked.lock.packages if p.package == "munge")
    assert (munge.archive, munge.filename) == ("test", "pool/munge_1_all.deb")


def test_what_neither_the_mirror_nor_the_store_has_is_named_with_the_renewing_command(
    host: BuildHost,
) -> None:
    first(host)
    host.offer(*stock(host, "2"))
    host.spec("slurm", "munge")
    assert host.refusal() == (
        "3 locked packages cannot be had any more: neither the archive nor the store has them\n"
        "  libc 1 of the archive test\n"
        "  libmunge 1 of the archive test\n"
        "  munge 1 of the archive test\n"
        "To mend it: qlumod lock --update libc libmunge munge"
    )
    moved = host.lock(update=["libc", "munge"])
    assert versions(moved) == {
        **dict.fromkeys(("apt", "base-files", "hello"), "1"),
        **dict.fromkeys(("libc", "libmunge", "munge"), "2"),
    }


def test_a_stale_lock_is_refused_with_the_command_that_renews_it(host: BuildHost) -> None:
    first(host)
    host.spec("slurm", "munge")
    host.spec("storage", "libhwloc")
    (host.specs / "accounts").write_text("Format: 1\n\nGroup: munge\nGID: 401\nPackages: munge\n")
    host.release(extra="\nArchive: dist\nFlavors: bookworm\nDirectory: d\n")
    try:
        host.fetch()
    except Exception as error:
        assert str(error) == (
            "the lock of 14.0.0 bookworm amd64 is stale\n"
            "  the release file has changed\n"
            "  the account table has changed\n"
            "  the spec of the module slurm has changed\n"
            "  the module storage is new\n"
            "To mend it: qlumod lock"
        )
    else:
        raise AssertionError("a stale lock was used")


def test_the_same_version_with_other_bytes_is_taken_with_a_caution(host: BuildHost) -> None:
    first(host)
    others = stock(host, "1")[1:]
    host.offer(host.deb("munge", "1", depends="libmunge (= 1)", files={"/x": "y"}), *others)
    locked = host.lock()
    assert list(change_lines(locked.difference)) == ["~ munge 1: other bytes"]
    assert "munge 1: other bytes, in the archive test" in str(host.events[-1])
