"""One name, several architectures: what clients of each see is what counts."""

import pytest

from qlumod.repository.format.settings import Wishes
from tests.repository.conftest import Shop, refused

pytestmark = pytest.mark.usefixtures("untried")


def offered(shop: Shop, *packages: str) -> list[str]:
    return [
        f"{entry.package} {entry.version} {entry.architecture}"
        for entry in shop.current.entries()
        if not packages or entry.package in packages
    ]


def serving(shop: Shop, *architectures: str) -> Wishes:
    return Wishes(keys=(shop.fingerprint,), architectures=architectures)


def test_a_package_becomes_one_of_all_architectures(shop: Shop) -> None:
    shop.publish(
        shop.deb("foo", architecture="amd64"),
        shop.deb("app", depends="foo (>= 1.0)", architecture="amd64"),
    )
    done = shop.publish(shop.deb("foo", "2.0"))
    assert [str(one) for one in done.changes] == ["foo (all): new, 2.0", "foo (amd64): 1.0 goes"]
    assert offered(shop, "foo") == ["foo 2.0 all"]


def test_a_package_of_all_architectures_becomes_one_of_each(shop: Shop) -> None:
    shop.publish(shop.deb("foo"), wishes=serving(shop, "amd64", "arm64"))
    shop.publish(shop.deb("foo", "2.0", architecture="amd64"))
    assert offered(shop) == ["foo 1.0 all", "foo 2.0 amd64"], "arm64 has none of its own yet"
    again = shop.publish(shop.deb("foo", "2.1", architecture="amd64"))
    assert [str(one) for one in again.changes] == ["foo (amd64): 2.0 → 2.1"]
    shop.publish(shop.deb("foo", "2.0", architecture="arm64"))
    assert offered(shop) == ["foo 2.1 amd64", "foo 2.0 arm64"]


def test_a_package_of_the_only_architecture_replaces_one_of_all(shop: Shop) -> None:
    shop.publish(shop.deb("foo"))
    shop.publish(shop.deb("foo", "2.0", architecture="amd64"))
    assert offered(shop) == ["foo 2.0 amd64"]


@pytest.mark.parametrize(("before", "now"), [("amd64", "all"), ("all", "amd64")])
def test_an_older_one_of_another_architecture_is_older(shop: Shop, before: str, now: str) -> None:
    shop.publish(shop.deb("foo", "3.0", architecture=before))
    older = shop.deb("foo", "2.5", architecture=now)
    assert refused(shop, older) == (
        f"foo ({now}): 2.5 is older than the published 3.0 ({before})\n"
        "To mend it: publish it all the same with --allow-older; clients that have the newer one"
        " keep it"
    )
    shop.publish(older, allow_older=True)
    assert offered(shop) == [f"foo 2.5 {now}"]


def test_other_architectures_have_versions_of_their_own(shop: Shop) -> None:
    shop.publish(shop.deb("foo", "3.0", architecture="amd64"))
    shop.publish(shop.deb("foo", "2.5", architecture="arm64"))
    assert offered(shop) == ["foo 3.0 amd64", "foo 2.5 arm64"]


def test_two_that_one_client_sees_are_not_published_at_once(shop: Shop) -> None:
    debs = (shop.deb("foo", "2.0"), shop.deb("foo", "1.0", architecture="amd64"))
    assert refused(shop, *debs) == (
        "foo is to be published twice: 2.0 (all) and 1.0 (amd64)\nTo mend it: name one of them only"
    )


def test_a_suite_with_one_of_all_beside_one_of_its_own_is_promoted(shop: Shop) -> None:
    updates = "14.0-bookworm-proposed-updates"
    wishes = serving(shop, "amd64", "arm64")
    shop.publish(shop.deb("foo"), suite=updates, wishes=wishes)
    shop.publish(shop.deb("foo", "1.5", architecture="amd64"))
    shop.publish(shop.deb("foo", "2.0", architecture="amd64"), suite=updates)
    shop.date += 1
    shop.promote(updates, "14.0-bookworm")
    assert offered(shop) == ["foo 1.0 all", "foo 2.0 amd64"]


def test_what_stays_loses_nothing_on_its_own_architecture(shop: Shop) -> None:
    shop.publish(
        *(shop.deb("libfoo", architecture=name) for name in ("amd64", "arm64")),
        *(
            shop.deb("app", depends="libfoo (= 1.0)", architecture=name)
            for name in ("amd64", "arm64")
        ),
        shop.deb("script", depends="libfoo (= 1.0) | nothing"),
    )
    assert refused(shop, shop.deb("libfoo", "2.0", architecture="amd64")) == (
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
    shop: Shop, needs: str, replaced: str, fields: dict[str, str]
) -> None:
    shop.publish(
        shop.deb("libfoo", architecture=replaced, fields=fields),
        shop.deb("app", depends=needs, architecture="amd64"),
    )
    assert refused(shop, shop.deb("libfoo", "2.0", architecture=replaced, fields=fields)) == (
        f"app 1.0 (amd64) needs {needs}, which the suite would not have any more\n"
        "To mend it: publish a app that does not need it, together with this"
    )


def test_what_another_architecture_meets_is_not_lost(shop: Shop) -> None:
    tool = {"Multi-Arch": "foreign"}
    shop.publish(
        shop.deb("tool", architecture="arm64", fields=tool),
        shop.deb("tool", architecture="amd64", fields=tool),
        shop.deb("app", depends="tool (= 1.0)", architecture="amd64"),
    )
    shop.publish(shop.deb("tool", "2.0", architecture="arm64", fields=tool))
    assert offered(shop, "tool") == ["tool 1.0 amd64", "tool 2.0 arm64"]
