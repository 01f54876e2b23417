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
from tests.repository.conftest import SUITE, SmallRepository, refused
from tests.support.signing import weak_key

pytestmark = pytest.mark.usefixtures("untried")
CHANGES: dict[str, Callable[[SmallRepository, Terms], object]] = {
    "promote": lambda _, terms: promote(
        SUITE, "14.0-stable", admission=Admission(), terms=terms, listen=ignore
    ),
    "publish": lambda repository, terms: publish(
        [repository.deb("new")], SUITE, wishes=Wishes(), admission=Admission(), terms=terms,
        listen=ignore,
    ),
    "remove": lambda _, terms: remove_packages(SUITE, ["other"], terms=terms, listen=ignore),
    "rollback": lambda _, terms: rollback(SUITE, terms=terms, listen=ignore),
    "sign": lambda _, terms: renew((), terms=terms, listen=ignore),
}  # fmt: skip


@pytest.fixture(scope="module")
def newer(keys: Path) -> str:
    return make_key(keys, "Newer archive <newer@example.org>").fingerprint


def signers(repository: SmallRepository) -> set[str]:
    """The keys that signed InRelease, as gpg sees them."""
    listed = subprocess.run(
        [
            "gpg",
            "--batch",
            "--status-fd",
            "1",
            "--verify",
            repository.current.directory / "InRelease",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    valid = [line for line in listed.stdout.splitlines() if " VALIDSIG " in line]
    return {line.split()[-1] for line in valid}


def with_keys(repository: SmallRepository, *keys: str) -> None:
    init_repository(repository.root, wishes=Wishes(keys=keys), listen=ignore)
    repository.date += 1
    renew((), terms=repository.terms(date=repository.date), listen=ignore)


def test_two_keys_sign_both_and_a_client_of_either_believes_it(
    repository: SmallRepository, newer: str
) -> None:
    repository.publish(
        repository.deb("everyday"), wishes=Wishes(keys=(repository.fingerprint, newer))
    )
    assert signers(repository) == {repository.fingerprint, newer}
    for number, key in enumerate((repository.fingerprint, newer)):
        client = repository.client(name=f"client{number}")
        public = subprocess.run(["gpg", "--export", key], capture_output=True, check=True).stdout
        (client.root / "only.gpg").write_bytes(public)
        sources = client.root / "etc/apt/sources.list.d/test.sources"
        head = sources.read_text().partition("Signed-By:")[0]
        sources.write_text(f"{head}Signed-By: {client.root}/only.gpg\n")
        client.update()
        assert client.offered("everyday") == ["1.0"]


def test_a_key_follows_another_in_two_steps_and_old_snapshots_stay_checkable(
    repository: SmallRepository, newer: str
) -> None:
    repository.publish(repository.deb("everyday"))
    old = repository.client(name="old")
    with_keys(repository, repository.fingerprint, newer)
    assert signers(repository) == {repository.fingerprint, newer}
    old.update()
    between = repository.client(name="between")
    with_keys(repository, newer)
    assert signers(repository) == {newer}
    between.update()
    assert old("apt-get", "update").returncode != 0
    assert check_repository(repository.root, listen=ignore).faults == ()


def test_a_key_that_no_client_has_cannot_take_over_at_once(
    repository: SmallRepository, newer: str
) -> None:
    repository.publish(repository.deb("everyday"))
    with pytest.raises(QlumodError) as told:
        with_keys(repository, newer)
    assert str(told.value) == (
        f"none of {newer} signs the repository now: its clients would refuse it\n"
        "To mend it: let the old key and the new one sign for a while: name both"
        f" (--key {repository.fingerprint} --key {newer})"
    )


def test_each_key_must_be_able_to_sign_before_anything_is_written(
    repository: SmallRepository, keys: Path
) -> None:
    expired = make_key(keys, "Expired <expired@example.org>", expires="seconds=1").fingerprint
    subprocess.run(["sleep", "2"], check=True)
    missing = "0" * 40
    wishes = Wishes(keys=(repository.fingerprint, expired, missing))
    told = refused(repository, repository.deb("everyday"), wishes=wishes)
    assert told == (
        f"the key {expired} cannot sign: it is expired\n"
        "To mend it: renew the key (gpg --quick-set-expire), or name another one\n"
        f"the key {missing} is missing: there is no secret key of that fingerprint in {keys}\n"
        "To mend it: set GNUPGHOME, or import the key (gpg --import)"
    )
    assert not repository.root.exists()


def test_nothing_is_copied_for_a_key_that_is_not_there(
    repository: SmallRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.publish(repository.deb("everyday"))
    before = repository.tree()
    repository.events.clear()
    (tmp_path / "home").mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(tmp_path / "home"))
    assert f"the key {repository.fingerprint} is missing" in refused(
        repository, repository.deb("other")
    )
    assert "copying into the pool" not in {
        getattr(event, "step", "") for event in repository.events
    }
    assert repository.tree() == before
    assert repository.debris() == []


def test_a_publication_does_not_change_the_keys(repository: SmallRepository, newer: str) -> None:
    repository.publish(repository.deb("everyday"))
    told = refused(
        repository, repository.deb("other"), wishes=Wishes(keys=(repository.fingerprint, newer))
    )
    assert "Keys: the repository has" in told
    assert SUITE in repository.layout.suite_names()


@pytest.fixture(scope="module")
def weak(keys: Path) -> str:
    return weak_key(keys, "Weak <weak@example.org>", "Key-Type: RSA", "Key-Length: 1024")


def too_weak(key: str) -> str:
    return (
        f"the key that signs: the key {key} is too weak: RSA of 1024 bits\n"
        "  RSA below 2048 bits: refused since 2014-02-01 (StandardPolicy of sequoia-openpgp)\n"
        "To mend it: make another key: gpg --quick-generate-key 'NAME <MAIL>' ed25519 sign"
    )


def test_no_repository_begins_with_a_weak_key(repository: SmallRepository, weak: str) -> None:
    for keys in ((weak,), (repository.fingerprint, weak)):
        wishes = Wishes(keys=keys)
        assert refused(repository, repository.deb("everyday"), wishes=wishes) == too_weak(weak)
        with pytest.raises(QlumodError) as told:
            init_repository(repository.root, wishes=wishes, listen=ignore)
        assert str(told.value) == too_weak(weak)
        assert not repository.root.exists()


def test_a_weak_key_of_older_times_is_followed_by_a_strong_one(
    repository: SmallRepository, weak: str
) -> None:
    repository.publish(repository.deb("everyday"))
    text = repository.layout.settings.read_text()
    repository.layout.settings.write_text(text.replace(repository.fingerprint, weak))
    with pytest.raises(QlumodError) as told:
        repository.publish(repository.deb("other"), wishes=Wishes())
    assert str(told.value) == too_weak(weak)
    with_keys(repository, weak, repository.fingerprint)
    assert signers(repository) == {weak, repository.fingerprint}
    assert (
        check_repository(repository.root, listen=ignore)
        .cautions[0]
        .endswith(f"the key {weak} is too weak: RSA of 1024 bits")
    )
    with pytest.raises(QlumodError) as told:
        with_keys(repository, weak)
    assert str(told.value) == too_weak(weak)
    with_keys(repository, repository.fingerprint)
    assert signers(repository) == {repository.fingerprint}


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_every_change_tries_the_keys_and_so_does_its_dry_run(
    repository: SmallRepository, change: str, dry_run: bool
) -> None:
    repository.publish(repository.deb("everyday", "1.0"))
    repository.publish(repository.deb("everyday", "1.1"), repository.deb("other"))
    text, nobody = repository.layout.settings.read_text(), "A" * 40
    repository.layout.settings.write_text(text.replace(repository.fingerprint, nobody))
    with pytest.raises(QlumodError, match=f"the key {nobody} is missing"):
        CHANGES[change](repository, repository.terms(dry_run=dry_run, date=repository.date + 1))


def test_a_host_that_proves_has_a_strong_key(repository: SmallRepository, weak: str) -> None:
    repository.publish(repository.deb("everyday"))
    with pytest.raises(QlumodError, match=f"the key {weak} is too weak: RSA of 1024 bits"):
        init_repository(repository.root, wishes=Wishes(proving_keys=(weak,)), listen=ignore)
