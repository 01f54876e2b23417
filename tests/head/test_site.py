"""What the site adds to images, and programs of its own: nobody else may have written them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Caution
from qlumod.head.site import site_files, site_secrets
from qlumod.model.image import ImageName
from tests.head.head_node import HeadNode

COMPUTE = ImageName("compute")


def everybody(path: Path) -> None:
    path.chmod(0o777 if path.is_dir() else 0o666)


def a_group(path: Path) -> None:
    os.chown(path, 0, 4711)
    path.chmod(0o770 if path.is_dir() else 0o660)


def a_stranger(path: Path) -> None:
    os.chown(path, 4711, 4711)


def refusal(path: Path, change: Callable[[Path], None]) -> str:
    mode = f"{path.stat().st_mode & 0o7777:04o}"
    if change is a_stranger:
        return (
            f"{path} belongs to 4711, who decides what qlumod does there\n"
            f"To mend it: run qlumod as 4711, or have it given to you: chown -R root {path}"
        )
    who = "everybody" if change is everybody else "group 4711"
    return (
        f"{who} may write to {path} (mode {mode}), and so decide what qlumod does there\n"
        f"To mend it: see what others have put there (ls -la {path}), then: chmod go-w {path}"
    )


@pytest.fixture
def key(head: HeadNode) -> Path:
    path = head.places.images / "common" / "secrets" / "etc" / "munge" / "munge.key"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"secret")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("change", [everybody, a_group])
@pytest.mark.parametrize("above", range(7))
def test_secrets_that_others_may_write_are_refused(
    above: int, change: Callable[[Path], None], head: HeadNode, key: Path
) -> None:
    path = key.parents[above - 1] if above else key
    assert len(site_secrets(head.places, COMPUTE)) == 3
    change(path)
    with pytest.raises(QlumodError) as told:
        site_secrets(head.places, COMPUTE)
    assert str(told.value) == refusal(path, change)


@pytest.mark.parametrize("above", [3, 4, 5, 6])
def test_whoever_owns_the_place_of_secrets_is_root(above: int, head: HeadNode, key: Path) -> None:
    path = key.parents[above - 1]
    a_stranger(path)
    with pytest.raises(QlumodError) as told:
        site_secrets(head.places, COMPUTE)
    assert str(told.value) == refusal(path, a_stranger)


def test_a_secret_may_belong_to_whom_it_is_for(head: HeadNode, key: Path) -> None:
    os.chown(key, 4711, 4711)
    assert site_secrets(head.places, COMPUTE)[-1].user == "4711"


def test_files_of_images_have_the_modes_that_nodes_want(head: HeadNode) -> None:
    spool = head.places.images / "compute" / "copy" / "var" / "spool" / "jobs"
    spool.mkdir(parents=True)
    spool.chmod(0o1777)
    assert [file.mode for file in site_files(head.places, COMPUTE)] == [0o755, 0o755, 0o1777]
    top = head.places.images / "compute" / "copy"
    everybody(top)
    with pytest.raises(QlumodError) as told:
        site_files(head.places, COMPUTE)
    assert str(told.value) == refusal(top, everybody)


@pytest.mark.parametrize("change", [everybody, a_group, a_stranger])
@pytest.mark.parametrize("place", ["..", ".", "10-tell"])
def test_programs_that_others_may_change_are_not_run(
    place: str, change: Callable[[Path], None], head: HeadNode
) -> None:
    head.hook("10-tell", 'touch "$QLUMOD_ROOT/told"')
    path = (head.places.hooks / place).resolve()
    change(path)
    if path.is_file():
        path.chmod(path.stat().st_mode | 0o100)
    head.add("core")
    head.look()
    assert not (head.root / "told").exists()
    cautions = [event.text for event in head.heard if isinstance(event, Caution)]
    assert cautions == [f"no program in /etc/qlumod/registered.d is run: {refusal(path, change)}"]
