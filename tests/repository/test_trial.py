"""The last look before a commit: what a real apt client makes of the staged suite."""

from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Notice, Output, ignore
from qlumod.repository.format.settings import Wishes
from qlumod.repository.publishing.incoming import read_incoming
from qlumod.repository.publishing.stand_in import Inside, stand_ins
from tests.conftest import CommandLine
from tests.repository.conftest import SUITE, SmallRepository, modules, refused


def test_a_requirement_that_the_suite_lacks_is_told_with_the_reason_of_apt(
    repository: SmallRepository,
) -> None:
    _, slurm, *_ = modules(repository)
    told = refused(repository, slurm)
    assert told.startswith(
        "qlustar-module-slurm-bookworm-amd64-14.0.0=14.0.0-1 cannot be installed from"
        " 14.0-bookworm; nothing was published\n"
    )
    assert (
        "Depends: qlustar-module-core-bookworm-amd64-14.0.0 (= 14.0.0-1) but it is not installable"
        in told
    )
    assert told.endswith(
        "To mend it: publish what it needs together with it, or publish it all the same, with a"
        " reason that stays in the snapshot (--despite-trial REASON)"
    )


def test_packages_that_exclude_each_other_are_tried_one_by_one(repository: SmallRepository) -> None:
    repository.publish(repository.deb("this"), repository.deb("that", fields={"Conflicts": "this"}))
    assert len(repository.current.entries()) == 2


def stood_in(repository: SmallRepository, *debs: Path, offered: str = "") -> list[str]:
    """What the stand-ins for the distribution provide where these packages are new."""
    entries = [one.entry for one in read_incoming(debs, repository.root, listen=ignore)]
    text = "".join(f"{entry.text}\n" for entry in entries) + offered
    status = stand_ins(Inside({"amd64": [text.encode()]}), entries, "amd64")
    return [line[10:] for line in status.splitlines() if line.startswith("Provides: ")]


def test_what_only_the_distribution_has_is_taken_for_installed(repository: SmallRepository) -> None:
    needs = "libc6 (>= 2.36), python3:any (<< 4), mail-transport-agent | exim4, other (>= 1)"
    debs = (repository.deb("everyday", depends=needs), repository.deb("other"))
    repository.publish(*debs)
    assert stood_in(repository, *debs) == [
        "exim4", "libc6 (= 2.36)", "mail-transport-agent", "python3 (= 4~)"
    ]  # fmt: skip


def test_what_must_be_in_the_suite_is_never_taken_for_installed(
    repository: SmallRepository,
) -> None:
    told = refused(repository, repository.deb("everyday", depends="qlumod-head"))
    assert "everyday : Depends: qlumod-head but it is not installable" in told


def test_each_architecture_is_tried_by_a_client_of_its_own(repository: SmallRepository) -> None:
    repository.publish(
        repository.deb("tool", architecture="arm64", depends="libc6"), repository.deb("everyday")
    )
    assert repository.current.architectures == ("amd64", "arm64")


def test_packages_are_marked_at_once(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday", depends="other, libc6"), repository.deb("other"))
    assert len(repository.current.entries()) == 2
    said = [event.line for event in repository.events if isinstance(event, Output)]
    assert any("Packages" in line for line in said)
    assert not any(line.startswith("Inst ") for line in said)


def test_where_packages_do_not_go_together_apt_says_which_and_why(
    repository: SmallRepository,
) -> None:
    told = refused(
        repository, repository.deb("everyday", depends="qlumod-head"), repository.deb("other")
    )
    assert told.startswith("everyday=1.0 cannot be installed from")
    assert "everyday : Depends: qlumod-head but it is not installable" in told


def test_packages_that_have_no_order_to_be_unpacked_in_are_refused(
    repository: SmallRepository,
) -> None:
    one = repository.deb("one", fields={"Pre-Depends": "two"})
    two = repository.deb("two", fields={"Pre-Depends": "one"})
    assert "cannot be installed from" in refused(repository, one, two)


REAL = {
    "bluez": {
        "Depends": "libc6 (>= 2.34), kmod, udev, default-dbus-system-bus | dbus-system-bus",
        "Breaks": "udev (<< 170-1)",
        "Conflicts": "bluez-audio (<= 3.36-3), bluez-utils (<= 3.36-3)",
    },
    "dh-python": {
        "Depends": "python3:any, python3-distutils | python3 (<< 3.6.5~rc1-1)",
        "Breaks": "python2 (<< 2.7.18-2), python3 (<< 3.3.2-4~)",
    },
    "exim4": {
        "Depends": "default-mta | mail-transport-agent",
        "Provides": "mail-transport-agent",
        "Conflicts": "mail-transport-agent",
    },
    "needs-a-newer-one": {"Depends": "libfoo (>= 1)", "Breaks": "libfoo (<< 2)"},
    "needs-an-older-one": {"Depends": "libfoo (<< 3)", "Conflicts": "libfoo (<< 2)"},
    "without-an-operator": {"Depends": "libc6 (2.36), libfoo (> 1)"},
    "of-another-architecture": {"Depends": "libc6:i386 (>= 2.36)"},
    "two-of-a-name": {"Depends": "libc6, libc6:i386"},
}
"""What packages need and exclude; the first two are Debian's."""


def test_packages_that_exclude_what_they_need_in_old_versions_are_published(
    repository: SmallRepository,
) -> None:
    debs = [
        repository.deb(name, fields=fields, architecture="amd64") for name, fields in REAL.items()
    ]
    for deb in debs:
        repository.publish(deb)
    assert {entry.package for entry in repository.current.entries()} == {*REAL}


@pytest.mark.parametrize(
    ("needs", "excludes", "provided"),
    [
        ("libfoo", "libfoo (<< 2)", ["libfoo"]),
        ("libfoo (>= 1)", "libfoo (<< 2)", ["libfoo (= 2)"]),
        ("libfoo (>= 1)", "libfoo (<= 2)", ["libfoo (= 2+0)"]),
        ("libfoo (<< 3)", "libfoo (= 2)", ["libfoo (= 3~)"]),
        ("libfoo (<< 3), libfoo (>> 1)", "libfoo", ["libfoo (= 3~)"]),
        ("libfoo (<< 1) | libfoo (>= 2)", "other", ["libfoo (= 2)", "libfoo (= 1~)"]),
        ("libfoo (= 1)", "libfoo (<< 2)", ["libfoo (= 1)"]),
        ("libfoo (>= 1:0)", "other", ["libfoo (= 1:0)"]),
    ],
)
def test_the_version_of_a_stand_in_is_one_that_the_packages_name(
    repository: SmallRepository, needs: str, excludes: str, provided: list[str]
) -> None:
    deb = repository.deb("everyday", depends=needs, fields={"Breaks": excludes})
    assert sorted(stood_in(repository, deb)) == sorted(provided)


def test_a_name_of_the_suite_does_not_hide_a_newer_one_of_the_distribution(
    repository: SmallRepository,
) -> None:
    repository.publish(repository.deb("libfoo", "1.0"))
    repository.publish(repository.deb("everyday", depends="libfoo (>= 2)"))


def test_what_the_same_source_makes_is_of_this_repository_only(repository: SmallRepository) -> None:
    repository.publish(repository.deb("libfoo", "1.0", fields={"Source": "foo"}))
    told = refused(repository, repository.deb("foo", "2.0", depends="libfoo (= 2.0)"))
    assert told.startswith(
        "foo=2.0 cannot be installed from 14.0-bookworm; nothing was published\n"
    )
    assert " foo : Depends: libfoo (= 2.0)" in told, told


def test_a_package_of_another_architecture_is_taken_from_the_suite(
    repository: SmallRepository,
) -> None:
    repository.publish(repository.deb("qlumod-libfoo", architecture="i386"))
    told = refused(
        repository, repository.deb("everyday", depends="qlumod-libfoo:arm64", architecture="amd64")
    )
    assert "everyday : Depends: qlumod-libfoo:arm64 but it is not installable" in told
    repository.publish(
        repository.deb("everyday", depends="qlumod-libfoo:i386", architecture="amd64")
    )


def test_what_apt_refuses_is_published_for_a_reason_that_stays(
    repository: SmallRepository, qlumod: CommandLine
) -> None:
    deb = repository.deb("everyday", depends="qlumod-head")
    assert repository.publish(deb, despite="comes with the next release").snapshot
    told = [event.text for event in repository.events if isinstance(event, Notice)]
    assert told[0] == "everyday=1.0 cannot be installed from 14.0-bookworm"
    assert " everyday : Depends: qlumod-head but it is not installable" in told
    release = (repository.current.directory / "InRelease").read_text()
    assert "\nQlumod-Despite-Trial: comes with the next release\n" in release
    repository.client().update()
    reason = "published despite its trial: comes with the next release"
    identity = repository.current.identity
    repository.publish(repository.deb("other"))
    listed = qlumod("snapshot", "list", "--repository", repository.root).out
    assert [reason in line for line in listed.splitlines()] == [True, False]
    shown = ("snapshot", "show", identity, "--repository", repository.root)
    assert reason in qlumod(*shown).out.splitlines()
    assert qlumod(*shown, "--json").document["despite-trial"] == "comes with the next release"


@pytest.mark.parametrize("reason", ["", " ", "two\nlines", "\x1b[2J", " x"])
def test_a_reason_is_one_line(repository: SmallRepository, reason: str) -> None:
    assert refused(repository, repository.deb("everyday"), despite=reason) == (
        f"{reason!r} is no reason: it is one line of printable characters"
    )


def test_nothing_but_the_own_words_is_printed(
    repository: SmallRepository, qlumod: CommandLine
) -> None:
    debs = [
        repository.deb(
            "everyday", depends="libc6 (2.36), A_b, libfoo (> 1)", fields={"Breaks": "a (1)"}
        ),
        repository.deb("other", fields={"Provides": "odd (1)", "Built-Using": "gcc"}),
    ]
    answer = qlumod(*repository.publishing, "--quiet", *debs)
    assert (answer.status, answer.err) == (0, "")
    assert [line.split()[0] for line in answer.out.splitlines()] == [SUITE, "everyday", "other"]


def test_a_dry_run_tries_it_too(repository: SmallRepository) -> None:
    repository.publish(
        repository.deb("other"), wishes=Wishes(keys=(repository.fingerprint,), uri=repository.uri)
    )
    before = repository.tree()
    broken = repository.deb("everyday", depends="qlumod-head, other", architecture="arm64")
    with pytest.raises(QlumodError) as caught:
        repository.preview(broken)
    assert "everyday=1.0 cannot be installed from 14.0-bookworm" in str(caught.value)
    assert "everyday : Depends: qlumod-head but it is not installable" in str(caught.value)
    assert repository.preview(broken, despite="later").changes
    assert repository.preview(repository.deb("fine", depends="other, libc6:i386")).changes
    assert repository.tree() == before


def test_a_package_of_all_and_one_of_an_architecture_follow_each_other(
    repository: SmallRepository,
) -> None:
    wishes = Wishes(keys=(repository.fingerprint,), architectures=("amd64", "arm64"))
    app = repository.deb("app", depends="foo (>= 1.0)")
    repository.publish(repository.deb("foo"), app, wishes=wishes)
    repository.publish(repository.deb("foo", "2.0", architecture="amd64"))
    repository.publish(repository.deb("foo", "3.0"))
    assert [entry.title for entry in repository.current.entries()] == [
        "app 1.0 (all)",
        "foo 3.0 (all)",
    ]
    client = repository.client()
    client.update()
    client.install("app")
    assert client.installed() == {"app": "1.0", "foo": "3.0"}
