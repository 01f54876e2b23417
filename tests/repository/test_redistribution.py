"""What not everybody may be given stays out of public suites."""

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.repository.format.settings import Wishes
from qlumod.repository.verbs.repo import init_repository
from tests.repository.conftest import SUITE, Shop, refused

pytestmark = pytest.mark.usefixtures("untried")

SITE = f"{SUITE}-site"
TOLD = (
    "secret 1.0 (all) must not be given to everybody (Redistribute: no), and {} is public\n"
    "To mend it: publish it in a private suite (qlumod repo init --private NAME marks one)"
)


def secret(shop: Shop):
    return shop.deb("secret", fields={"Qlumod-Redistribute": "no"})


def test_a_public_suite_refuses_it_before_anything_is_written(shop: Shop) -> None:
    assert refused(shop, secret(shop)) == TOLD.format(SUITE)
    with pytest.raises(QlumodError):
        shop.preview(secret(shop))


def test_a_private_suite_takes_it_and_does_not_pass_it_on(shop: Shop) -> None:
    init_repository(
        shop.root, wishes=Wishes(keys=(shop.fingerprint,), private=(SITE,)), listen=ignore
    )
    shop.publish(secret(shop), shop.deb("open"), suite=SITE)
    for dry_run in (True, False):
        with pytest.raises(QlumodError) as told:
            shop.promote(SITE, SUITE, date=None, dry_run=dry_run)
        assert str(told.value) == TOLD.format(SUITE)
    shop.promote(SITE, SUITE, date=None, packages=["open"])


def test_a_suite_stays_private(shop: Shop, typed) -> None:
    words = ("repo", "init", shop.root, "--json")
    typed(*words, "--key", shop.fingerprint, "--private", SITE)
    assert typed(*words, "--private", "another").document["private"] == [SITE, "another"]
    shop.publish(secret(shop), suite="another")
    assert typed(*words).document["private"] == [SITE, "another"]
