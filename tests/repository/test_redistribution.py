"""What not everybody may be given stays out of public suites."""

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.repository.format.settings import Wishes
from qlumod.repository.verbs.repo import init_repository
from tests.repository.conftest import SUITE, SmallRepository, refused

pytestmark = pytest.mark.usefixtures("untried")

SITE = f"{SUITE}-site"
TOLD = (
    "secret 1.0 (all) must not be given to everybody (Redistribute: no), and {} is public\n"
    "To mend it: publish it in a private suite (qlumod repo init --private NAME marks one)"
)


def secret(repository: SmallRepository):
    return repository.deb("secret", fields={"Qlumod-Redistribute": "no"})


def test_a_public_suite_refuses_it_before_anything_is_written(repository: SmallRepository) -> None:
    assert refused(repository, secret(repository)) == TOLD.format(SUITE)
    with pytest.raises(QlumodError):
        repository.preview(secret(repository))


def test_a_private_suite_takes_it_and_does_not_pass_it_on(repository: SmallRepository) -> None:
    init_repository(
        repository.root,
        wishes=Wishes(keys=(repository.fingerprint,), private=(SITE,)),
        listen=ignore,
    )
    repository.publish(secret(repository), repository.deb("open"), suite=SITE)
    for dry_run in (True, False):
        with pytest.raises(QlumodError) as told:
            repository.promote(SITE, SUITE, date=None, dry_run=dry_run)
        assert str(told.value) == TOLD.format(SUITE)
    repository.promote(SITE, SUITE, date=None, packages=["open"])


def test_a_suite_stays_private(repository: SmallRepository, qlumod) -> None:
    words = ("repo", "init", repository.root, "--json")
    qlumod(*words, "--key", repository.fingerprint, "--private", SITE)
    assert qlumod(*words, "--private", "another").document["private"] == [SITE, "another"]
    repository.publish(secret(repository), suite="another")
    assert qlumod(*words).document["private"] == [SITE, "another"]
