"""Modules built without root: the same bytes as root's, and one clear error where it cannot be."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.layer.conftest import Site
from tests.support.ordinary import User, ordinary_user

MODULE = "varied"
"""A module with all that needs a root's rights: owners, modes, capabilities, whiteouts."""


@pytest.fixture
def user() -> Iterator[User]:
    with ordinary_user() as made:
        yield made


def files(*payloads: Path) -> dict[str, bytes]:
    """The bytes of all files of some payloads."""
    return {
        f"{payload.name}/{path.relative_to(payload)}": path.read_bytes()
        for payload in payloads
        for path in sorted(payload.rglob("*"))
        if path.is_file()
    }


def take_along(site: Site, user: User) -> None:
    """Give the user the specs."""
    shutil.copytree(site.specs, user.home / "specs")


@pytest.mark.parametrize("inside", [False, True], ids=["ordinary user", "root inside"])
def test_a_build_without_root_gives_the_same_bytes(site: Site, user: User, inside: bool) -> None:
    site.build(MODULE)
    take_along(site, user)
    words = ("build", MODULE, "--specs", "specs", "--output", "packages")
    answer = user.qlumod(*words, inside=inside, QLUMOD_STORE=str(site.cache / "packages"))
    assert answer.status == 0, answer.out + answer.err
    layers = user.cache / "layers"
    assert files(*layers.iterdir()) == files(
        *(site.cache / "layers" / p.name for p in layers.iterdir())
    )
