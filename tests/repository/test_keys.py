"""Several keys that sign, a key that follows another, and keys that cannot sign."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.repository.format.settings import Wishes
from qlumod.repository.publishing.terms import Admission, Terms
from qlumod.repository.verbs.repo import check_repository, init_repository
from qlumod.repository.verbs.sign import renew
from qlumod.repository.verbs.withdraw import remove_packages, rollback
from qlumod.system.keys.gpg import make_key
from qlumod.workflows.publish import promote, publish
from tests.repository.conftest import SUITE, Shop, refused
from tests.support.signing import weak_key

pytestmark = pytest.mark.usefixtures("untried")
CHANGES: dict[str, Callable[[Shop, Terms], object]] = {
    "promote": lambda _, terms: promote(
        SUITE, "14.0-stable", admission=Admission(), terms=terms, listen=ignore
    ),
    "publish": lambda shop, terms: publish(
        [shop.deb("new")], SUITE, wishes=Wishes(), admission=Admission(), terms=terms,
        listen=ignore,
    ),
    "remove": lambda _, terms: remove_packages(SUITE, ["other"], terms=terms, listen=ignore),
    "rollback": lambda _, terms: rollback(SUITE, terms=terms, listen=ignore),
    "sign": lambda _, terms: renew((), terms=terms, listen=ignore),
}  # fmt: skip


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
    init_repository(shop.root, wishes=Wishes(keys=keys), listen=ignore)
    shop.date += 1
    renew((), terms=shop.terms(date=shop.date), listen=ignore)


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


def test_nothing_is_copied_for_a_key_that_is_not_there(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.publish(shop.deb("everyday"))
    before = shop.tree()
    shop.events.clear()
    (tmp_path / "home").mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(tmp_path / "home"))
    assert f"the key {shop.fingerprint} is missing" in refused(shop, shop.deb("other"))
    assert "copying into the pool" not in {getattr(event, "step", "") for event in shop.events}
    assert shop.tree() == before
    assert shop.debris() == []


def test_a_publication_does_not_change_the_keys(shop: Shop, newer: str) -> None:
    shop.publish(shop.deb("everyday"))
    told = refused(shop, shop.deb("other"), wishes=Wishes(keys=(shop.fingerprint, newer)))
    assert "Keys: the repository has" in told
    assert SUITE in shop.layout.suite_names()


@pytest.fixture(scope="module")
def weak(keys: Path) -> str:
    return weak_key(keys, "Weak <weak@example.org>", "Key-Type: RSA", "Key-Length: 1024")


def too_weak(key: str) -> str:
    return (
        f"the key that signs: the key {key} is too weak: RSA of 1024 bits\n"
        "  RSA below 2048 bits: refused since 2014-02-01 (StandardPolicy of sequoia-openpgp)\n"
        "To mend it: make another key: gpg --quick-generate-key 'NAME <MAIL>' ed25519 sign"
    )


def test_no_repository_begins_with_a_weak_key(shop: Shop, weak: str) -> None:
    for keys in ((weak,), (shop.fingerprint, weak)):
        wishes = Wishes(keys=keys)
        assert refused(shop, shop.deb("everyday"), wishes=wishes) == too_weak(weak)
        with pytest.raises(QlumodError) as told:
            init_repository(shop.root, wishes=wishes, listen=ignore)
        assert str(told.value) == too_weak(weak)
        assert not shop.root.exists()


def test_a_weak_key_of_older_times_is_followed_by_a_strong_one(shop: Shop, weak: str) -> None:
    shop.publish(shop.deb("everyday"))
    text = shop.layout.settings.read_text()
    shop.layout.settings.write_text(text.replace(shop.fingerprint, weak))
    with pytest.raises(QlumodError) as told:
        shop.publish(shop.deb("other"), wishes=Wishes())
    assert str(told.value) == too_weak(weak)
    with_keys(shop, weak, shop.fingerprint)
    assert signers(shop) == {weak, shop.fingerprint}
    assert (
        check_repository(shop.root, listen=ignore)
        .cautions[0]
        .endswith(f"the key {weak} is too weak: RSA of 1024 bits")
    )
    with pytest.raises(QlumodError) as told:
        with_keys(shop, weak)
    assert str(told.value) == too_weak(weak)
    with_keys(shop, shop.fingerprint)
    assert signers(shop) == {shop.fingerprint}


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_every_change_tries_the_keys_and_so_does_its_dry_run(
    shop: Shop, change: str, dry_run: bool
) -> None:
    shop.publish(shop.deb("everyday", "1.0"))
    shop.publish(shop.deb("everyday", "1.1"), shop.deb("other"))
    text, nobody = shop.layout.settings.read_text(), "A" * 40
    shop.layout.settings.write_text(text.replace(shop.fingerprint, nobody))
    with pytest.raises(QlumodError, match=f"the key {nobody} is missing"):
        CHANGES[change](shop, shop.terms(dry_run=dry_run, date=shop.date + 1))


def test_a_host_that_proves_has_a_strong_key(shop: Shop, weak: str) -> None:
    shop.publish(shop.deb("everyday"))
    with pytest.raises(QlumodError, match=f"the key {weak} is too weak: RSA of 1024 bits"):
        init_repository(shop.root, wishes=Wishes(proving_keys=(weak,)), listen=ignore)
