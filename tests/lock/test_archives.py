"""Archives that must not be read, and where archives are found."""

import re
from pathlib import Path

import apt_pkg
import pytest

from qlumod.errors import QlumodError
from qlumod.model.lock_file import parse_lock
from qlumod.packaging.debian import host_apt
from qlumod.packaging.debian.build_tools import tools
from qlumod.system.keys import gpg
from qlumod.system.processes.command import command
from qlumod.system.processes.run import attempt, run
from tests.lock.build_host import BuildHost, versions
from tests.support.debs import make_deb
from tests.support.signing import signing_home, weak_key

OLD_APT = apt_pkg.VERSION < "2.9"  # type: ignore[attr-defined]
"""Debian 12's, which checks signatures by gpgv; a newer one does so by sqv, in other words."""
REFUSED = "cannot read the archives' indexes: apt refuses them\n"


def test_an_archive_without_a_signature_is_refused(host: BuildHost) -> None:
    host.offer()
    host.offer(sign=False)
    assert host.refusal() == (
        f"{REFUSED}"
        "  E: The repository 'file:TOP/archive stable Release' is not signed.\n"
        "To mend it: use the archive's signed suite, if it has any"
    )


def test_an_archive_signed_by_another_key_is_refused(host: BuildHost) -> None:
    host.offer()
    keyring = (host.archive / "keyring.gpg").read_bytes()
    with gpg.throw_away_key() as other:
        host.offer(key=other)
        (host.archive / "keyring.gpg").write_bytes(keyring)
        text = host.refusal()
    remedy = "name the keyring that holds this key in the archive's field Key"
    assert text.startswith(REFUSED)
    assert text.endswith(f"\nTo mend it: {remedy}")
    assert not OLD_APT or text == (
        f"{REFUSED}"
        "  W: GPG error: file:TOP/archive stable InRelease: The following signatures couldn't be"
        f" verified because the public key is not available: NO_PUBKEY {other.fingerprint[-16:]}\n"
        "  E: The repository 'file:TOP/archive stable InRelease' is not signed.\n"
        f"To mend it: {remedy}"
    )


def test_an_archive_whose_key_has_expired_is_refused(host: BuildHost, tmp_path: Path) -> None:
    host.offer()
    assert host.key.home is not None
    old = gpg.make_key(host.key.home, "a key for seconds", expires="seconds=6")
    host.offer(key=old)
    attempt(command("sleep", "7"))
    text = host.refusal()
    # apt 3 may take a signature that was good when it was made; qlumod does not.
    ours = "archive test: the suite stable has no good signature by a key of TOP/archive/key"
    assert text.startswith((REFUSED,) if OLD_APT else (REFUSED, ours))
    assert text.endswith("install the archive's current keyring package")
    assert not OLD_APT or text == (
        f"{REFUSED}"
        "  W: GPG error: file:TOP/archive stable InRelease: The following signatures were invalid:"
        f" EXPKEYSIG {old.fingerprint[-16:]} a key for seconds\n"
        "  E: The repository 'file:TOP/archive stable InRelease' is not signed.\n"
        "To mend it: the archive's key has expired: install the archive's current keyring package"
    )


def test_an_archive_whose_release_file_has_expired_is_refused(host: BuildHost) -> None:
    host.offer()
    host.offer(release={"Valid-Until": "Thu, 16 Nov 2023 00:00:00 +0000"})
    # How long ago that was is apt's own wording.
    text = re.sub(r"since [^)]*\)", "since …)", host.refusal())
    assert text == (
        f"{REFUSED}"
        "  E: Release file for file:TOP/archive/dists/stable/InRelease is expired"
        " (invalid since …). Updates for this repository will not be applied.\n"
        "To mend it: use a mirror that is up to date, and look at the clock; of an archive of"
        " snapshots say so: Expired-Because in its stanza of the release file, or of qlumod.conf"
    )


def test_an_index_that_is_not_the_signed_one_is_refused(host: BuildHost) -> None:
    host.offer()
    folder = host.archive / "dists/stable/main/binary-amd64"
    for name in ("Packages", "Packages.gz"):
        (folder / name).write_bytes((folder / name).read_bytes()[:-1])
    text = host.refusal()
    assert text.startswith(REFUSED)
    assert text.endswith("the mirror is being renewed: try again in some minutes"), text


def test_a_host_that_does_not_know_the_archive_is_told_what_was_looked_for(host: BuildHost) -> None:
    host.host_knows(host.offer())
    host.release(URI="", Origin="Debian", Label="Debian-Security")
    assert host.refusal() == (
        "archive test: this host's apt knows no archive with Origin 'Debian' and Label"
        " 'Debian-Security'\n"
        "  it knows:\n"
        "  Origin 'Test', Label 'Test': file:TOP/archive/\n"
        "To mend it: add the archive to /etc/apt/sources.list.d and run `apt update`, or say where"
        " it is: --archive test=URI, or Archive in qlumod.conf"
    )


def test_a_host_without_lists_is_told_so(host: BuildHost) -> None:
    host.host_knows(host.offer())
    for path in sorted((host.apt_config.parent / "var/lib/apt/lists").glob("*Release")):
        path.unlink()
    assert host.refusal() == (
        "archive test: this host's apt knows no archive with Origin 'Test' and Label 'Test'\n"
        "  it has no lists of any archive\n"
        "To mend it: add the archive to /etc/apt/sources.list.d and run `apt update`, or say where"
        " it is: --archive test=URI, or Archive in qlumod.conf"
    )


ENTRY = "/etc/apt/sources.list.d/debian.sources:1"
LIVE = "Debian\tDebian\thttp://mirror.example/debian/\tstable\ttrixie"
FROZEN = "Debian\tDebian\thttp://mirror.example/snapshots/20260131T120000Z/\tstable\ttrixie"


@pytest.mark.parametrize(
    ("listing", "known"),
    [
        # apt of Debian 12, which knows no snapshots.
        ((f"{LIVE}\t{ENTRY}\t$(SHADOWED)",), [("http://mirror.example/debian/", "")]),
        # apt of Debian 13 on a host whose sources choose a snapshot.
        (
            (f"{LIVE}\t{ENTRY}\ttrue", f"{FROZEN}\t{ENTRY}\t$(SHADOWED)"),
            [("http://mirror.example/snapshots/20260131T120000Z/", "20260131T120000Z")],
        ),
        # Its lists are not fetched yet: apt sees no archive.
        (
            (
                f"{LIVE}\t{ENTRY}\ttrue",
                "$(ORIGIN)\t$(LABEL)\thttp://mirror.example/snapshots/x/\t$(SUITE)\t$(CODENAME)"
                f"\t{ENTRY}\t$(SHADOWED)",
            ),
            [],
        ),
        # Another entry of the same archive chooses none.
        (
            (
                f"{LIVE}\t{ENTRY}\ttrue",
                f"{FROZEN}\t{ENTRY}\t$(SHADOWED)",
                f"{LIVE}\t/etc/apt/sources.list:3\t$(SHADOWED)",
            ),
            [
                ("http://mirror.example/snapshots/20260131T120000Z/", "20260131T120000Z"),
                ("http://mirror.example/debian/", ""),
            ],
        ),
        # The address of a snapshot need not have a time in it.
        (
            (
                f"{LIVE}\t{ENTRY}\ttrue",
                f"Debian\tDebian\tfile:/srv/frozen/\tstable\ttrixie\t{ENTRY}\t$(SHADOWED)",
            ),
            [("file:/srv/frozen/", "file:/srv/frozen/")],
        ),
    ],
)  # fmt: skip
def test_a_host_has_the_archives_that_its_apt_reads(
    listing: tuple[str, ...], known: list[tuple[str, str]]
) -> None:
    found = host_apt.listed_archives("".join(f"{line}\n" for line in listing))
    assert [(archive.uri, archive.snapshot) for archive in found] == known


@pytest.mark.skipif(OLD_APT, reason="apt of Debian 12 knows no snapshots")
def test_a_lock_reads_the_snapshot_that_the_hosts_sources_choose(host: BuildHost) -> None:
    shown = {"Snapshots": f"file:{host.archive}/snapshots/@SNAPSHOTID@/"}
    frozen = host.publish(
        "archive/snapshots/20231114T221320Z",
        [host.deb("base-files", fields={"Essential": "yes"}), host.deb("apt"), host.deb("hello"),
         host.deb("munge", "1")],
        release=shown,
    )  # fmt: skip
    host.host_knows(host.offer(host.deb("munge", "2"), release=shown))
    (sources,) = (host.top / "host/etc/apt/sources.list.d").iterdir()
    sources.write_text(f"{sources.read_text()}Snapshot: 20231114T221320Z\n")
    for words in (("update",), ("indextargets",)):
        run(command("apt-get", *words, environment={"APT_CONFIG": str(host.apt_config)}))
    (known,) = host_apt.host_archives(host.apt_config)
    assert (known.uri, known.snapshot) == (f"{frozen.uri}/", "20231114T221320Z")
    host.spec("slurm", "munge")
    assert versions(host.lock())["munge"] == "1"


def test_a_keyring_that_is_not_there_is_named(host: BuildHost) -> None:
    host.offer()
    host.release(Key="/nowhere/keyring.gpg")
    assert host.refusal() == (
        "archive test: Key: there is no keyring /nowhere/keyring.gpg\n"
        "To mend it: install the package that brings the archive's keyring"
    )


def test_a_vendors_archive_is_found_by_its_uri_and_its_keys_fingerprint(host: BuildHost) -> None:
    host.offer()
    vendor = host.publish("vendor", [host.deb("beegfs-client")], origin="Vendor")
    host.trust(vendor.keyring)
    host.release(
        extra="\nArchive: vendor\nFlavors: bookworm\nSuites: stable\nComponents: main\n"
        f"URI: file://{vendor.directory}\nKey: {host.key.fingerprint}\n",
    )
    host.spec("beegfs", "beegfs-client")
    locked = host.lock()
    (package,) = locked.lock.of("beegfs")
    assert package.archive == "vendor"
    assert [a.archive for a in locked.lock.archives] == ["test", "vendor"]
    assert len(host.fetch().packages) == 4


def test_a_folder_of_debs_is_an_archive(host: BuildHost) -> None:
    host.offer()
    make_deb(host.top / "dist/deep", "qlumod-node", "0.1", depends="hello")
    make_deb(host.top / "dist", "foreign", "0.1", architecture="riscv64")
    host.release(extra="\nArchive: own\nFlavors: bookworm\nDirectory: ../dist\n")
    host.spec("core", "qlumod-node", requires="")
    locked = host.lock()
    package = next(p for p in locked.lock.packages if p.package == "qlumod-node")
    assert (package.archive, package.filename) == ("own", "deep/qlumod-node_0.1_all.deb")
    assert [a.archive for a in locked.lock.archives] == ["test"]
    host.fetch()
    assert host.store.has(package.sha256)


@pytest.mark.parametrize("name", ["blank (1)", "a#b", "a[b]c", "ü", "per%20cent", "./x"])
def test_a_deb_of_a_folder_may_be_called_as_it_likes(host: BuildHost, name: str) -> None:
    host.offer()
    deb = make_deb(host.top / "dist", "qlumod-node", "0.1", depends="hello")
    deb.rename(deb.parent / f"{name}.deb")
    host.release(extra="\nArchive: own\nFlavors: bookworm\nDirectory: ../dist\n")
    host.spec("core", "qlumod-node", requires="")
    locked = host.lock()
    again = parse_lock(locked.path.read_text(), str(locked.path))
    assert again == locked.lock
    package = next(p for p in again.packages if p.package == "qlumod-node")
    host.fetch()
    assert host.store.has(package.sha256)


def test_a_lock_that_could_not_be_read_again_is_not_written(host: BuildHost) -> None:
    host.offer()
    deb = make_deb(host.top / "dist", "qlumod-node", "0.1", depends="hello")
    deb.rename(deb.with_name("hidden\u200b.deb"))
    host.release(extra="\nArchive: own\nFlavors: bookworm\nDirectory: ../dist\n")
    host.spec("core", "qlumod-node", requires="")
    said = host.refusal()
    assert "14.0.0-bookworm-amd64.lock is not written: it could not be read again\n" in said
    assert "the character U+200B (zero width space) is not allowed" in said
    assert not list(host.specs.glob("locks/*.lock"))


def test_a_folder_with_two_contents_for_one_version_is_refused(host: BuildHost) -> None:
    host.offer()
    make_deb(host.top / "dist/one", "qlumod-node", files={"/a": "1"})
    make_deb(host.top / "dist/two", "qlumod-node", files={"/a": "2"})
    host.release(extra="\nArchive: own\nFlavors: bookworm\nDirectory: ../dist\n")
    assert host.refusal() == (
        "TOP/module-specs/../dist: one/qlumod-node_1.0_all.deb and two/qlumod-node_1.0_all.deb are"
        " both qlumod-node 1.0 all\n"
        "To mend it: remove one of them"
    )


def test_a_folder_that_is_not_there_is_named(host: BuildHost) -> None:
    host.offer()
    host.release(extra="\nArchive: own\nFlavors: bookworm\nDirectory: ../dist\n")
    assert host.refusal() == (
        "there is no directory TOP/module-specs/../dist, which is named as an archive\n"
        "To mend it: build the packages that belong there, or take the archive out"
    )


def test_nothing_of_the_host_that_loosens_a_check_or_runs_a_hook_comes_over(
    tmp_path: Path,
) -> None:
    config = tmp_path / "apt.conf"
    config.write_text(
        'Acquire::http::Proxy "http://proxy.example:3128";\n'
        'Acquire::AllowInsecureRepositories "true";\n'
        'Acquire::AllowDowngradeToInsecureRepositories "true";\n'
        'APT::Get::AllowUnauthenticated "true";\n'
        'APT::Update::Pre-Invoke { "touch /tmp/hook"; };\n'
        f'Dir "{tmp_path}";\n'
    )
    settings = host_apt.host_settings(config)
    assert 'Acquire::http::Proxy "http://proxy.example:3128";' in settings
    assert not [line for line in settings if "nsecure" in line or "Unauth" in line]
    assert not [line for line in settings if "Invoke" in line]


def test_another_suite_of_a_known_archive_needs_no_entry_on_the_host(host: BuildHost) -> None:
    host.host_knows(host.offer())
    host.publish("archive", [host.deb("hello", "3")], suite="updates")
    for name in ("base-files_1_all.deb", "apt_1_all.deb", "hello_1_all.deb"):
        (host.archive / "pool" / name).write_bytes((host.top / "own" / name).read_bytes())
    host.release(URI="", Origin="Test", Label="Test", Suites="stable updates")
    assert versions(host.lock())["hello"] == "3"


def test_tools_that_are_not_installed_are_named(host: BuildHost, tmp_path: Path) -> None:
    (tmp_path / "dpkg").mkdir()
    (tmp_path / "dpkg/status").write_text("")
    with pytest.raises(QlumodError) as failure:
        tools(tmp_path / "dpkg")
    assert str(failure.value) == (
        "cannot record the version of debhelper: it is not installed\n"
        "To mend it: apt install debhelper"
    )


def weak_archive(host: BuildHost, home: Path) -> gpg.SigningKey:
    """Let the host's archive be signed by a key that apt of Debian 12 takes."""
    key = gpg.SigningKey(
        fingerprint=weak_key(home, "Old vendor", "Key-Type: RSA", "Key-Length: 1024"), home=home
    )
    host.offer(key=key)
    return key


def weak_text(key: str) -> str:
    return (
        f"archive test: the key {key} is too weak: RSA of 1024 bits\n"
        "  RSA below 2048 bits: refused since 2014-02-01 (StandardPolicy of sequoia-openpgp)\n"
        "To mend it: ask the archive's owner for a better key, which Debian 13 asks for, too; or"
        " take its packages as a directory of .debs that you have looked at: --archive test=DIR"
    )


def test_an_archive_with_a_weak_key_is_refused(host: BuildHost) -> None:
    with signing_home() as home:
        key = weak_archive(host, home)
        assert host.refusal() == weak_text(key.fingerprint)
        host.trust(host.archive / "keyring.gpg")
        host.release(Key=key.fingerprint)
        assert host.refusal() == weak_text(key.fingerprint)


@pytest.mark.skipif(not OLD_APT, reason="a newer apt refuses it by itself")
def test_of_a_keyring_with_a_strong_and_a_weak_key_the_one_that_signs_counts(
    host: BuildHost,
) -> None:
    with signing_home() as home:
        key = weak_archive(host, home)
        with (host.archive / "keyring.gpg").open("ab") as keyring:
            keyring.write(gpg.export_key(host.key))
        assert host.refusal() == weak_text(key.fingerprint)
        both = (host.archive / "keyring.gpg").read_bytes()
        host.offer()
        (host.archive / "keyring.gpg").write_bytes(both)
        host.lock()


def test_a_fingerprint_stands_for_that_key_and_not_for_others_of_its_keyring(
    host: BuildHost,
) -> None:
    with gpg.throw_away_key("another") as other:
        host.offer(key=other)
        with (host.archive / "keyring.gpg").open("ab") as keyring:
            keyring.write(gpg.export_key(host.key))
        host.trust(host.archive / "keyring.gpg")
        host.release(Key=host.key.fingerprint)
        assert host.refusal() == (
            f"archive test: the suite stable is signed by {other.fingerprint}, not by the key that"
            " the release names: KEY\n"
            "To mend it: make sure of the key, and name it in the archive's field Key"
        )
    host.offer()
    host.lock()
