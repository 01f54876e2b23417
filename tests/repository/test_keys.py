"""Several keys that sign, a key that follows another, and keys that cannot sign."""

import subprocess
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.repository.settings import Wishes
from qlumod.system.gpg import make_key
from qlumod.workflows.publish import renew
from qlumod.workflows.repository import check_repository, init
from tests.repository.conftest import SUITE, Shop, refused

pytestmark = pytest.mark.usefixtures("untried")


@pytest.fixture(scope="module")
def newer(keys: Path) -> str:
    return make_key(keys, "Newer archive <newer@example.org>").fingerprint


def signers(shop: Shop) -> set[str]:
    """The keys that signed InRelease, as gpg sees them."""
    listed = subprocess.run(
        ["gpg", "--batch", "--status-fd", "1", "--verify", shop.current.directory / "InRelease"],
        capture_output=True,
        text=True,
        check=True,
    )
    valid = [line for line in listed.stdout.splitlines() if " VALIDSIG " in line]
    return {line.split()[-1] for line in valid}


def with_keys(shop: Shop, *keys: str) -> None:
    init(shop.root, wishes=Wishes(keys=keys), listen=ignore)
    shop.date += 1
    renew((), repository=shop.root, date=shop.date, listen=ignore)


def test_two_keys_sign_both_and_a_client_of_either_believes_it(shop: Shop, newer: str) -> None:
    shop.publish(shop.deb("everyday"), wishes=Wishes(keys=(shop.fingerprint, newer)))
    assert signers(shop) == {shop.fingerprint, newer}
    for number, key in enumerate((shop.fingerprint, newer)):
        client = shop.client(name=f"client{number}")
        public = subprocess.run(["gpg", "--export", key], capture_output=True, check=True).stdout
        (client.root / "only.gpg").write_bytes(public)
        sources = client.root / "etc/apt/sources.list.d/test.sources"
        head = sources.read_text().partition("Signed-By:")[0]
        sources.write_text(f"{head}Signed-By: {client.root}/only.gpg\n")
        client.update()
        assert client.offered("everyday") == ["1.0"]


def test_a_key_follows_another_in_two_steps_and_old_snapshots_stay_checkable(
    shop: Shop, newer: str
) -> None:
    shop.publish(shop.deb("everyday"))
    old = shop.client(name="old")
    with_keys(shop, shop.fingerprint, newer)
    assert signers(shop) == {shop.fingerprint, newer}
    old.update()
    between = shop.client(name="between")
    with_keys(shop, newer)
    assert signers(shop) == {newer}
    between.update()
    assert old("apt-get", "update").returncode != 0
    assert check_repository(shop.root, listen=ignore).faults == ()


def test_a_key_that_no_client_has_cannot_take_over_at_once(shop: Shop, newer: str) -> None:
    shop.publish(shop.deb("everyday"))
    with pytest.raises(QlumodError) as told:
        with_keys(shop, newer)
    assert str(told.value) == (
        f"none of {newer} signs the repository now: its clients would refuse it\n"
        "To mend it: let the old key and the new one sign for a while: name both"
        f" (--key {shop.fingerprint} --key {newer})"
    )


def test_each_key_must_be_able_to_sign_before_anything_is_written(shop: Shop, keys: Path) -> None:
    expired = make_key(keys, "Expired <expired@example.org>", expires="seconds=1").fingerprint
    subprocess.run(["sleep", "2"], check=True)
    missing = "0" * 40
    wishes = Wishes(keys=(shop.fingerprint, expired, missing))
    told = refused(shop, shop.deb("everyday"), wishes=wishes)
    assert told == (
        f"the key {expired} cannot sign: it is expired\n"
        "To mend it: renew the key (gpg --quick-set-expire), or name another one\n"
        f"the key {missing} is missing: there is no secret key of that fingerprint in {keys}\n"
        "To mend it: set GNUPGHOME, or import the key (gpg --import)"
    )
    assert not shop.root.exists()


def test_a_publication_does_not_change_the_keys(shop: Shop, newer: str) -> None:
    shop.publish(shop.deb("everyday"))
    told = refused(shop, shop.deb("other"), wishes=Wishes(keys=(shop.fingerprint, newer)))
    assert "Keys: the repository has" in told
    assert SUITE in shop.layout.suite_names()
