"""A build host for each test; one key for all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from qlumod.system.keys import gpg
from tests.lock.build_host import BuildHost


@pytest.fixture(scope="session")
def key() -> Iterator[gpg.SigningKey]:
    with gpg.throw_away_key("the small archive's key") as made:
        yield made


@pytest.fixture
def host(tmp_path: Path, key: gpg.SigningKey) -> BuildHost:
    return BuildHost(tmp_path, key)
