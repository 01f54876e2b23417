"""A site that publishes its modules, and the keys for its archive and its repository."""

from pathlib import Path

import pytest

from qlumod.system.keys.gpg import SigningKey
from tests.lock.conftest import key
from tests.repository.conftest import fingerprint, keys, untried
from tests.revisions.publishing_host import PublishingHost

__all__ = ["fingerprint", "key", "keys", "untried"]


@pytest.fixture
def host(
    tmp_path: Path,
    key: SigningKey,
    keys: Path,
    fingerprint: str,
    untried: None,
    monkeypatch: pytest.MonkeyPatch,
) -> PublishingHost:
    monkeypatch.setenv("GNUPGHOME", str(keys))
    return PublishingHost(tmp_path, key, fingerprint)
