"""Building layers from real packages: what is in them, what is not, and what stops a build."""

import gzip
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from qlumod.cli import build as verb
from qlumod.cli.exits import FoundWanting
from qlumod.errors import QlumodError, singles
from qlumod.events import Listener, Notice, ignore
from qlumod.layer.cache import commit_payload, payload_path
from qlumod.layer.payload_build import build_again
from qlumod.lock.verbs.check import check_specs
from qlumod.model.contents import parse_contents
from qlumod.model.lock_file import parse_lock
from qlumod.model.names import Digest
from qlumod.package.delivery import Delivery
from qlumod.system.disk.mount import squashfs, tmpfs
from qlumod.system.disk.tree_scan import scan
from qlumod.system.processes.command import command
from qlumod.system.processes.namespace import call_inside
from qlumod.system.processes.run import capture
from qlumod.workflows.build import build_modules
from tests.conftest import CommandLine
from tests.layer.small_release import ODD_NAMES, SmallRelease, checked


def tell_layer(*, listen: Listener, image: str, place: str) -> dict[str, list[object]]:
    """Inside: every path of a layer with its type, mode, owner and attributes."""
    with squashfs(Path(image), Path(place)) as root:
        return {
            path: [entry.type, entry.mode, entry.uid, entry.gid, [name for name, _ in entry.xattrs]]
            for path, entry in scan(root, digests=False).items()
        }


def layer_of(payload: Path, tmp_path: Path) -> dict[str, list[object]]:
    place = tmp_path / "layer"
    place.mkdir()
    return call_inside(
        "tests.layer.test_build:tell_layer",
        {"image": str(payload / "layer.squashfs"), "place": str(place)},
        listen=ignore,
    )


def left_out(payload: Path) -> list[str]:
    return gzip.decompress((payload / "left-out.gz").read_bytes()).decode().splitlines()


def test_a_layer_holds_what_its_packages_brought_and_nothing_else(
    release: SmallRelease, tmp_path: Path
) -> None:
    layer = layer_of(release.build("plain"), tmp_path)
    assert sorted(path for path, (kind, *_) in layer.items() if kind != "d") == [
        "/usr/bin/plain",
        "/usr/share/doc/plain/copyright",
        "/usr/share/shared/plain.txt",
        "/var/lib/dpkg/info/plain.list",
        "/var/lib/dpkg/info/plain.md5sums",
        "/var/lib/dpkg/info/plain.postinst",
        "/var/lib/plain/made",
    ]
    assert layer["/usr/bin/plain"][:4] == ["f", 0o4755, 0, 0]


def test_what_a_module_below_left_out_comes_back_with_the_package_that_it_belongs_to(
    release: SmallRelease, tmp_path: Path
) -> None:
    payload = release.build("restoring")
    layer = layer_of(payload, tmp_path)
    below = left_out(release.build("lean"))
    assert "bulky\t/usr/share/bulky/deep/two" in below
    assert "bulky\t/usr/lib/bulky/three" in below
    contents = gzip.decompress((payload / "restoring.contents.gz").read_bytes()).decode()
    lines = parse_contents(contents, "contents")
    assert [line.path for line in lines if line.origin == "bulky"] == [
        "/usr/lib/bulky",
        "/usr/lib/bulky/three",
        "/usr/share/bulky",
        "/usr/share/bulky/deep",
        "/usr/share/bulky/deep/link",
        "/usr/share/bulky/deep/one",
        "/usr/share/bulky/deep/two",
    ]
    assert layer["/usr/share/bulky/deep/two"][:4] == ["f", 0o2750, 0, 0]
    # It is there before the packages are installed, as if it had never been away.
    assert "/usr/share/restful" in layer
    assert left_out(payload) == []


def test_a_time_that_a_squashfs_cannot_store_is_the_first_that_it_can(
    release: SmallRelease,
) -> None:
    image = release.build("plain") / "layer.squashfs"
    said = capture(command("unsquashfs", "-UTC", "-lln", image, "var/lib/plain/made")).decode()
    assert " 1970-01-01 00:00 squashfs-root/var/lib/plain/made\n" in said


def test_restoring_nothing_is_an_error_that_names_the_line(release: SmallRelease) -> None:
    with pytest.raises(QlumodError) as caught:
        release.build("useless")
    assert str(caught.value).splitlines()[::2] == [
        f"useless: Restore: '{what}' restores nothing: no module below has left out such a path of "
        "such a package"
        for what in ("bulky: /usr/share/bulky/kept", "plain: /usr/share/doc/*")
    ]


def test_what_core_is_made_of_sees_neither_network_nor_hardware_of_the_build_host(
    release: SmallRelease,
) -> None:
    image = release.build("core") / "layer.squashfs"
    seen = capture(command("unsquashfs", "-cat", image, "usr/share/witness"))
    assert seen.decode() == "qlumod\n1\n", "no line for /sys, the host name, one interface"


def test_packages_find_the_directory_of_locks_and_leave_nothing_there(
    release: SmallRelease, tmp_path: Path
) -> None:
    payload = release.build("sibling")
    seen = capture(command("unsquashfs", "-cat", payload / "layer.squashfs", "usr/share/locks"))
    assert seen == b"1777\n"
    assert not any(path.startswith(("/run/", "/var/lock")) for path in layer_of(payload, tmp_path))


def test_no_trace_of_the_overlay_is_in_a_layer(release: SmallRelease, tmp_path: Path) -> None:
    layer = layer_of(release.build("plain"), tmp_path)
    assert [path for path, entry in layer.items() if entry[-1]] == []


def test_a_file_keeps_its_package_whatever_it_is_called(release: SmallRelease) -> None:
    payload = release.build("sibling")
    text = gzip.decompress((payload / "sibling.contents.gz").read_bytes()).decode()
    origins = {line.path: line.origin for line in parse_contents(text, "sibling.contents")}
    odd = [origins[f"/usr/share/sibling/{name}"] for name in ODD_NAMES]
    assert odd == ["sibling"] * len(ODD_NAMES)
    assert checked(payload).module == "sibling"


def test_every_path_of_a_layer_is_in_its_contents_and_the_other_way_round(
    release: SmallRelease, tmp_path: Path
) -> None:
    payload = release.build("plain")
    text = gzip.decompress((payload / "plain.contents.gz").read_bytes()).decode()
    lines = parse_contents(text, "plain.contents")
    assert sorted(line.path for line in lines) == sorted(layer_of(payload, tmp_path).keys() - {"/"})
    made_by = {line.path: line.origin for line in lines}
    assert made_by["/usr/bin/plain"] == "plain"
    assert made_by["/var/lib/plain/made"] == "<maintainer-script>"
    assert made_by["/usr/share"] != "<maintainer-script>", "it belongs to a package below"


def test_what_was_left_out_is_written_down(release: SmallRelease) -> None:
    assert left_out(release.build("plain")) == [
        "plain\t/usr/share/doc/plain/README",
        "plain\t/usr/share/man/man1",
        "plain\t/usr/share/man/man1/plain.1",
    ]


def test_a_listed_secret_is_taken_out_and_its_directory_stays(
    release: SmallRelease, tmp_path: Path
) -> None:
    payload = release.build("registered")
    layer = layer_of(payload, tmp_path)
    assert "/etc/keeper" in layer
    assert "/etc/keeper/key" not in layer
    assert "Secrets:\n /etc/keeper/key site\n" in (payload / "manifest").read_text()


def test_accounts_have_the_ids_of_the_table_and_the_homes_that_adduser_makes(
    release: SmallRelease, tmp_path: Path
) -> None:
    payload = release.build("registered")
    assert layer_of(payload, tmp_path)["/var/lib/keeper"][:4] == ["d", 0o755, 450, 450]
    accounts = (payload / "state/accounts").read_text()
    assert "Passwd: keeper:x:450:450:" in accounts
    assert "Group: keeper:x:450:" in accounts


def test_no_account_file_and_no_package_database_is_in_a_layer(
    release: SmallRelease, tmp_path: Path
) -> None:
    layer = layer_of(release.build("registered"), tmp_path)
    shared = {"/etc/passwd", "/etc/shadow", "/etc/group", "/var/lib/dpkg/status", "/etc/issue"}
    assert shared & layer.keys() == set()


def test_what_was_built_is_not_built_again(release: SmallRelease) -> None:
    first = release.build("plain")
    said: list[object] = []
    assert release.build("plain", listen=said.append) == first
    assert said[-1] == Notice(text=f"plain: nothing to build, layer {first.name[:12]} is there")


def test_a_second_build_gives_the_same_bytes(release: SmallRelease) -> None:
    release.build("plain")
    job = release.job("plain")
    assert build_again(job, release.place.workshop, listen=ignore) == ()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A directory of another file system than the cache."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        assert Path(name).stat().st_dev != tmp_path.stat().st_dev
        yield Path(name)


def test_a_layer_may_be_built_on_another_file_system_than_the_cache(
    release: SmallRelease, elsewhere: Path
) -> None:
    release.build("plain")
    job = release.job("plain")
    workshop = replace(release.place.workshop, elsewhere=elsewhere / "work")
    again = build_again(job, workshop, listen=ignore)
    assert again == ()
    assert list((elsewhere / "work").iterdir()) == []


def test_a_payload_comes_into_the_cache_whole_from_another_file_system(
    elsewhere: Path, tmp_path: Path
) -> None:
    payload = elsewhere / "payload"
    (payload / "state").mkdir(parents=True)
    (payload / "state/passwd").write_text("eve")
    (payload / "manifest").write_text("Format: 1")
    (payload / "manifest").chmod(0o600)
    made = commit_payload(payload, tmp_path, Digest("a" * 64))
    assert made == payload_path(tmp_path, Digest("a" * 64))
    assert (made / "state/passwd").read_text() == "eve"
    assert (made / "manifest").stat().st_mode & 0o777 == 0o600
    assert list((tmp_path / "work").iterdir()) == []


def test_a_path_that_comes_out_otherwise_is_named_and_nothing_is_made_of_it(
    release: SmallRelease,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("QLUMOD_CACHE", str(release.cache))
    words = ["random", "--twice", "--specs", str(release.specs), "--output", str(tmp_path)]
    with pytest.raises(FoundWanting):
        verb.command.main(words, standalone_mode=False)
    found, kind, remedy = capsys.readouterr().out.splitlines()
    line = "random: /usr/share/random: content [0-9a-f]{64} and [0-9a-f]{64}"
    assert re.fullmatch(line, found), found
    assert kind == "random: no two installations make this alike"
    assert remedy == (
        "To mend it: leave it out (Exclude in the spec), and if nodes need it, have a unit make it "
        "at boot; list a key or an identity under Secrets; or have the package make the same bytes "
        "at any time (SOURCE_DATE_EPOCH)"
    )
    assert list(tmp_path.iterdir()) == []
    assert not payload_path(release.cache, release.job("random").identity).exists()


def test_a_build_with_other_tools_than_the_lock_records_is_refused(
    release: SmallRelease, tmp_path: Path
) -> None:
    specs = tmp_path / "specs"
    shutil.copytree(release.specs, specs)
    (path,) = (specs / "locks").iterdir()
    text = path.read_text()
    version = dict(release.lock.tools)["squashfs-tools"]
    path.write_text(text.replace(f" squashfs-tools {version}\n", " squashfs-tools 1:4.0-1\n"))
    with pytest.raises(QlumodError) as caught:
        build_modules(
            replace(release.place, specs=specs),
            ["plain"],
            to=Delivery(output=tmp_path / "packages"),
            listen=ignore,
        )
    assert str(caught.value) == (
        "the lock of 1.0.0 for bookworm and amd64 was made with other tools, which would build "
        "other bytes\n"
        f"  squashfs-tools: the lock has 1:4.0-1, this machine {version}\n"
        "To mend it: build where these versions are, or run `qlumod lock`, which keeps the "
        "packages and records the tools of this machine"
    )


def test_an_old_umask_and_locale_do_not_change_the_bytes(
    release: SmallRelease, monkeypatch: pytest.MonkeyPatch
) -> None:
    release.build("registered")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    before = os.umask(0o077)
    try:
        job = release.job("registered")
        assert build_again(job, release.place.workshop, listen=ignore) == ()
    finally:
        os.umask(before)


def faults_of(release: SmallRelease, module: str) -> list[str]:
    with pytest.raises(QlumodError) as caught:
        release.build(module)
    return [str(fault) for fault in singles(caught.value)]


def error_of(release: SmallRelease, module: str) -> str:
    with pytest.raises(QlumodError) as caught:
        release.build(module)
    return str(caught.value)


def test_no_record_has_the_digest_of_a_secret(release: SmallRelease) -> None:
    fragment = release.build("registered") / "state/ucf-hashfile"
    assert fragment.read_text().splitlines()[2:] == [
        "d41d8cd98f00b204e9800998ecf8427e  /etc/keeper/other"
    ]


def test_units_are_switched_only_where_there_is_systemctl(release: SmallRelease) -> None:
    assert error_of(release, "switching") == (
        "switching: Enable: there is no systemctl in the module or below it\n"
        "To mend it: add systemd to the packages of core, or take plain.service out of the field "
        "Enable"
    )


def test_a_failing_maintainer_script_is_shown_with_its_last_lines(release: SmallRelease) -> None:
    said = error_of(release, "failing")
    brief, *tail, remedy = said.splitlines()
    assert brief == "failing: cannot install the packages: apt-get failed: exit status 100"
    assert tail[-7:] == [
        "  Setting up failing (1.0) ...",
        "  this is why it fails",
        "  dpkg: error processing package failing (--configure):",
        "   installed failing package post-installation script subprocess returned error exit "
        "status 7",
        "  Errors were encountered while processing:",
        "   failing",
        "  E: Sub-process /usr/bin/dpkg returned an error code (1)",
    ]
    assert remedy == (
        "To mend it: see the log of the build for all that it said; what a maintainer script "
        "misses may have to be added to Packages, and a question that it asks answered under "
        "Debconf"
    )


def test_an_account_that_is_not_in_the_table_stops_the_build_and_says_what_to_add(
    release: SmallRelease,
) -> None:
    assert (
        error_of(release, "unregistered")
        == """\
unregistered: packages make accounts that have no fixed id in the account table

  Group: newcomer
  Gid: 400
  Packages: unregistered

  User: newcomer
  Uid: 400
  Group: newcomer
  Home: /nonexistent
  Shell: /usr/sbin/nologin
  Packages: unregistered
To mend it: add these stanzas to module-specs/accounts, then run: qlumod lock\
"""
    )


def test_all_faults_of_a_build_come_at_once(release: SmallRelease) -> None:
    """Accounts, changed paths of modules below, state and secrets: nothing hides another."""
    said = [fault.splitlines()[0] for fault in faults_of(release, "faulty")]
    assert said == [
        "/etc/issue: the build changed this path of a module below",
        "faulty: packages make accounts that have no fixed id in the account table",
        "/etc/shadow: the build gave user open no password at all",
        "/etc/faulty/id: this looks like a secret: it holds an OpenSSH private key (line 1)",
    ]


def test_an_account_of_the_table_that_another_package_makes_is_told_by_its_name(
    release: SmallRelease,
) -> None:
    """The table has it for the package registered."""
    (user, group) = sorted(faults_of(release, "keeping"), reverse=True)
    assert user.splitlines() == [
        "keeping: a package makes user keeper, and gives it another id than the account table: "
        f"{user.splitlines()[0].rpartition(' ')[2]}",
        "To mend it: add keeping to Packages of 'User: keeper' in module-specs/accounts, then "
        "run: qlumod lock",
    ]
    assert "To mend it: add keeping to Packages of 'Group: keeper'" in group


def test_a_key_that_nobody_listed_stops_the_build(release: SmallRelease) -> None:
    assert error_of(release, "leaky") == (
        "/etc/leaky/id: this looks like a secret: it holds an OpenSSH private key (line 1)\n"
        "To mend it: add it to the field Secrets, as '/etc/leaky/id site' if many nodes share it, "
        "or as '/etc/leaky/id node' if each node has its own"
    )


def test_changing_a_file_of_a_module_below_stops_the_build(release: SmallRelease) -> None:
    said = error_of(release, "meddling")
    assert said.startswith("/etc/issue: the build changed this path of a module below\n")
    assert said.endswith(
        "To mend it: if this module's is right for every stack, add /etc/issue to the field Wins"
    )


def test_a_module_may_win_a_path_that_its_spec_lists(release: SmallRelease, tmp_path: Path) -> None:
    assert layer_of(release.build("winning"), tmp_path)["/etc/issue"][0] == "f"


def test_a_damaged_package_in_the_store_stops_the_build(
    release: SmallRelease, tmp_path: Path
) -> None:
    package = next(p for p in release.lock.packages if p.package == "sibling")
    path = release.store.path(package.sha256)
    good = path.read_bytes()
    release.build("plain")
    shutil.rmtree(payload_path(release.cache, release.job("sibling").identity), ignore_errors=True)
    path.chmod(0o644)
    path.write_bytes(good[:-1] + b"x")
    try:
        assert error_of(release, "sibling") == (
            f"{path}: the package is damaged\n"
            f"  its bytes have the digest {sha256(good[:-1] + b'x').hexdigest()} "
            f"({len(good)} bytes)\n"
            f"To mend it: rm {path}, then `qlumod fetch`"
        )
    finally:
        path.write_bytes(good)
        path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)


def build_with_little_room(
    *, listen: Listener, specs: str, cache: str, place: str
) -> tuple[str, list[str]]:
    """Inside: build into a cache of 3 MB; what was said, and every path that is left there."""
    with tmpfs(Path(place), size="3m") as small:
        (small / "packages").symlink_to(Path(cache) / "packages")
        (small / "layers").mkdir()
        for payload in Path(cache, "layers").iterdir():
            (small / "layers" / payload.name).symlink_to(payload)
        before = sorted(small.rglob("*"))
        project = check_specs(Path(specs))
        (found,) = Path(specs, "locks").iterdir()
        release = SmallRelease(
            Path(specs), project, parse_lock(found.read_text(), str(found)), small
        )
        said = error_of(release, "big")
        return said, [str(path) for path in sorted(small.rglob("*")) if path not in before]


def test_a_full_disk_stops_the_build_and_nothing_half_written_stays(
    release: SmallRelease, tmp_path: Path
) -> None:
    release.build("plain")
    place = tmp_path / "small"
    place.mkdir()
    said, left = call_inside(
        "tests.layer.test_build:build_with_little_room",
        {"specs": str(release.specs), "cache": str(release.cache), "place": str(place)},
        listen=ignore,
    )
    assert said == (
        f"cannot write {place / 'work' / release.job('big').identity}/payload/layer.squashfs: "
        "No space left on device\n"
        "To mend it: make room on that file system, and run it again"
    )
    assert left == [f"{place}/work"]


WITHOUT_MKSQUASHFS = (
    "unshare", "--mount", "--propagation", "private", "--",
    "sh", "-ec", 'mount --bind /dev/null /usr/bin/mksquashfs; exec "$@"', "sh",
)  # fmt: skip
"""The words before a program that does not see mksquashfs."""


def test_a_missing_program_is_named_with_its_package_before_any_work(
    release: SmallRelease, tmp_path: Path
) -> None:
    qlumod = CommandLine(tmp_path, release.cache, before=WITHOUT_MKSQUASHFS)
    answer = qlumod("build", "meddling", "--specs", release.specs, "--quiet")
    assert (answer.status, answer.out, answer.err.partition("The full log")[0]) == (
        1,
        "",
        "qlumod: error: cannot run mksquashfs: it is not installed\n"
        "To mend it: apt install squashfs-tools\n",
    )
