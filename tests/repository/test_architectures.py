"""One name, several architectures: what clients of each see is what counts."""

import pytest

from qlumod.repository.format.settings import Wishes
from tests.repository.conftest import SmallRepository, refused

pytestmark = pytest.mark.usefixtures("untried")


def offered(repository: SmallRepository, *packages: str) -> list[str]:
    return [
        f"{entry.package} {entry.version} {entry.architecture}"
        for entry in repository.current.entries()
        if not packages or entry.package in packages
    ]


def serving(repository: SmallRepository, *architectures: str) -> Wishes:
    return Wishes(keys=(repository.fingerprint,), architectures=architectures)


def test_a_package_becomes_one_of_all_architectures(repository: SmallRepository) -> None:
    repository.publish(
        repository.deb("foo", architecture="amd64"),
        repository.deb("app", depends="foo (>= 1.0)", architecture="amd64"),
    )
    done = repository.publish(repository.deb("foo", "2.0"))
    assert [str(one) for one in done.changes] == ["foo (all): new, 2.0", "foo (amd64): 1.0 goes"]
    assert offered(repository, "foo") == ["foo 2.0 all"]


def test_a_package_of_all_architectures_becomes_one_of_each(repository: SmallRepository) -> None:
    repository.publish(repository.deb("foo"), wishes=serving(repository, "amd64", "arm64"))
    repository.publish(repository.deb("foo", "2.0", architecture="amd64"))
    assert offered(repository) == ["foo 1.0 all", "foo 2.0 amd64"], "arm64 has none of its own yet"
    again = repository.publish(repository.deb("foo", "2.1", architecture="amd64"))
    assert [str(one) for one in again.changes] == ["foo (amd64): 2.0 → 2.1"]
    repository.publish(repository.deb("foo", "2.0", architecture="arm64"))
    assert offered(repository) == ["foo 2.1 amd64", "foo 2.0 arm64"]


def test_a_package_of_the_only_architecture_replaces_one_of_all(
    repository: SmallRepository,
) -> None:
    repository.publish(repository.deb("foo"))
    repository.publish(repository.deb("foo", "2.0", architecture="amd64"))
    assert offered(repository) == ["foo 2.0 amd64"]


@pytest.mark.parametrize(("before", "now"), [("amd64", "all"), ("all", "amd64")])
def test_an_older_one_of_another_architecture_is_older(
    repository: SmallRepository, before: str, now: str
) -> None:
    repository.publish(repository.deb("foo", "3.0", architecture=before))
    older = repository.deb("foo", "2.5", architecture=now)
    assert refused(repository, older) == (
        f"foo ({now}): 2.5 is older than the published 3.0 ({before})\n"
        "To mend it: publish it all the same with --allow-older; clients that have the newer one"
        " keep it"
    )
    repository.publish(older, allow_older=True)
    assert offered(repository) == [f"foo 2.5 {now}"]


def test_other_architectures_have_versions_of_their_own(repository: SmallRepository) -> None:
    repository.publish(repository.deb("foo", "3.0", architecture="amd64"))
    repository.publish(repository.deb("foo", "2.5", architecture="arm64"))
    assert offered(repository) == ["foo 3.0 amd64", "foo 2.5 arm64"]


def test_two_that_one_client_sees_are_not_published_at_once(repository: SmallRepository) -> None:
    debs = (repository.deb("foo", "2.0"), repository.deb("foo", "1.0", architecture="amd64"))
    assert refused(repository, *debs) == (
        "foo is to be published twice: 2.0 (all) and 1.0 (amd64)\nTo mend it: name one of them only"
    )


def test_a_suite_with_one_of_all_beside_one_of_its_own_is_promoted(
    repository: SmallRepository,
) -> None:
    updates = "14.0-bookworm-proposed-updates"
    wishes = serving(repository, "amd64", "arm64")
    repository.publish(repository.deb("foo"), suite=updates, wishes=wishes)
    repository.publish(repository.deb("foo", "1.5", architecture="amd64"))
    repository.publish(repository.deb("foo", "2.0", architecture="amd64"), suite=updates)
    repository.date += 1
    repository.promote(updates, "14.0-bookworm")
    assert offered(repository) == ["foo 1.0 all", "foo 2.0 amd64"]


def test_what_stays_loses_nothing_on_its_own_architecture(repository: SmallRepository) -> None:
    repository.publish(
        *(repository.deb("libfoo", architecture=name) for name in ("amd64", "arm64")),
        *(
            repository.deb("app", depends="libfoo (= 1.0)", architecture=name)
            for name in ("amd64", "arm64")
        ),
        repository.deb("script", depends="libfoo (= 1.0) | nothing"),
    )
    assert refused(repository, repository.deb("libfoo", "2.0", architecture="amd64")) == (
        "app 1.0 (amd64) needs libfoo (= 1.0), which the suite would not have any more\n"
        "To mend it: publish a app that does not need it, together with this\n"
        "script 1.0 (all) needs libfoo (= 1.0) | nothing on amd64, which the suite would not have"
        " any more\n"
        "To mend it: publish a script that does not need it, together with this"
    )


@pytest.mark.parametrize(
    ("needs", "replaced", "fields"),
    [
        ("libfoo:arm64 (= 1.0)", "arm64", {}),
        ("libfoo:any (= 1.0)", "arm64", {"Multi-Arch": "allowed"}),
        ("libfoo (= 1.0)", "arm64", {"Multi-Arch": "foreign"}),
        ("libfoo:amd64 (= 1.0)", "amd64", {}),
    ],
)
def test_what_stays_loses_nothing_of_another_architecture(
    repository: SmallRepository, needs: str, replaced: str, fields: dict[str, str]
) -> None:
    repository.publish(
        repository.deb("libfoo", architecture=replaced, fields=fields),
        repository.deb("app", depends=needs, architecture="amd64"),
    )
    assert refused(
        repository, repository.deb("libfoo", "2.0", architecture=replaced, fields=fields)
    ) == (
        f"app 1.0 (amd64) needs {needs}, which the suite would not have any more\n"
        "To mend it: publish a app that does not need it, together with this"
    )


def test_what_another_architecture_meets_is_not_lost(repository: SmallRepository) -> None:
    tool = {"Multi-Arch": "foreign"}
    repository.publish(
        repository.deb("tool", architecture="arm64", fields=tool),
        repository.deb("tool", architecture="amd64", fields=tool),
        repository.deb("app", depends="tool (= 1.0)", architecture="amd64"),
    )
    repository.publish(repository.deb("tool", "2.0", architecture="arm64", fields=tool))
    assert offered(repository, "tool") == ["tool 1.0 amd64", "tool 2.0 arm64"]
