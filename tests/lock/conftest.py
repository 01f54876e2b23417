"""A small site for each test; one key for all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from qlumod.system.keys import gpg
from tests.lock.site import Site


@pytest.fixture(scope="session")
def key() -> Iterator[gpg.SigningKey]:
    with gpg.throw_away_key("the small archive's key") as made:
        yield made


@pytest.fixture
def site(tmp_path: Path, key: gpg.SigningKey) -> Site:
    return Site(tmp_path, key)
