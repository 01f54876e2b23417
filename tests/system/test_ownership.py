"""Whose a directory is: others than root and the caller decide nothing."""

import os
import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.system.disk.ownership import require_own, require_safe_for_temporary, writer_of
from tests.support.ordinary import ID, PYTHON, ordinary_user

STRANGER = 4711


def owned(path: Path, *, uid: int = 0, gid: int = 0, mode: int = 0o755) -> Path:
    path.mkdir()
    os.chown(path, uid, gid)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("uid", "gid", "mode"), [(0, 0, 0o755), (0, 0, 0o775), (0, STRANGER, 0o750), (0, 0, 0o700)]
)
def test_what_is_roots_is_trusted(uid: int, gid: int, mode: int, tmp_path: Path) -> None:
    require_own(owned(tmp_path / "top", uid=uid, gid=gid, mode=mode))


def test_what_is_not_there_is_nobodys(tmp_path: Path) -> None:
    require_own(tmp_path / "top")


def test_what_somebody_else_owns_is_refused(tmp_path: Path) -> None:
    top = owned(tmp_path / "top", uid=STRANGER)
    with pytest.raises(QlumodError) as told:
        require_own(top)
    assert str(told.value) == (
        f"{top} belongs to 4711, who decides what qlumod does there\n"
        f"To mend it: run qlumod as 4711, or have it given to you: chown -R root {top}"
    )


def test_a_link_that_somebody_else_made_is_refused(tmp_path: Path) -> None:
    target, link = owned(tmp_path / "top"), tmp_path / "link"
    link.symlink_to(target)
    require_own(link)
    os.chown(link, STRANGER, STRANGER, follow_symlinks=False)
    with pytest.raises(QlumodError, match="link belongs to 4711"):
        require_own(link)


@pytest.mark.parametrize(
    ("gid", "mode", "said"),
    [
        (0, 0o777, "everybody may write to {top} (mode 0777)"),
        (0, 0o1777, "everybody may write to {top} (mode 1777)"),
        (STRANGER, 0o775, "group 4711 may write to {top} (mode 0775)"),
        (100, 0o2775, "group users may write to {top} (mode 2775)"),
    ],
)
def test_what_others_may_write_is_refused(gid: int, mode: int, said: str, tmp_path: Path) -> None:
    top = owned(tmp_path / "top", gid=gid, mode=mode)
    with pytest.raises(QlumodError) as told:
        require_own(top)
    assert str(told.value) == (
        f"{said.format(top=top)}, and so decide what qlumod does there\n"
        f"To mend it: see what others have put there (ls -la {top}), then: chmod go-w {top}"
    )


def test_a_users_private_group_is_the_user(tmp_path: Path) -> None:
    games = pwd.getpwnam("games")
    top = owned(tmp_path / "top", uid=games.pw_uid, gid=games.pw_gid, mode=0o775)
    assert writer_of(top.stat()) == ""
    os.chown(top, games.pw_uid, STRANGER)
    assert writer_of(top.stat()) == "group 4711"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: owned(path, mode=0o1777), ""),
        (lambda path: owned(path, mode=0o755), ""),
        (
            lambda path: owned(path, mode=0o777),
            "everybody may take away what qlumod makes in {top} (mode 0777)\n"
            "To mend it: have TMPDIR name another directory, or: chmod +t {top}",
        ),
        (
            lambda path: owned(path, uid=STRANGER, mode=0o1777),
            "{top} belongs to 4711, who decides what qlumod does there\n"
            "To mend it: run qlumod as 4711, or have it given to you: chown -R root {top}",
        ),
    ],
)
def test_temporary_directories_are_made_where_others_cannot_move_them(
    make: Callable[[Path], Path], said: str, tmp_path: Path
) -> None:
    top = make(tmp_path / "top")
    if not said:
        require_safe_for_temporary(top)
        return
    with pytest.raises(QlumodError) as told:
        require_safe_for_temporary(top)
    assert str(told.value) == said.format(top=top)


INSIDE = """
import os, sys
from pathlib import Path
from qlumod.errors import QlumodError
from qlumod.system.disk.ownership import require_own, require_safe_for_temporary
require_safe_for_temporary(Path("/tmp"))
for path in map(Path, sys.argv[1:]):
    try:
        require_own(path)
        print(path.owner(), "trusted")
    except QlumodError as fault:
        print(path.owner(), str(fault).splitlines()[0])
"""


def test_in_a_user_namespace_an_owner_from_outside_is_trusted_and_nobody_is_not() -> None:
    """Root's store is shown to the root of sbuild's namespace, which knows no owner of it."""
    with ordinary_user() as user:
        outside = [
            owned(user.home / "roots", mode=0o755),
            owned(user.home / "strangers", uid=ID + 1, mode=0o755),
            owned(user.home / "open", mode=0o777),
        ]
        inside = user.home / "inside"
        script = f"mkdir {inside}; chown nobody {inside}"
        made = user.run(*user.as_root_inside, "sh", "-ec", script)
        assert made.status == 0, made.err
        done = user.run(*user.as_root_inside, PYTHON, "-c", INSIDE, *outside, inside)
        assert done.err == ""
        assert done.out.splitlines() == [
            "nobody trusted",
            "nobody trusted",
            f"nobody everybody may write to {outside[2]} (mode 0777), and so decide what qlumod"
            " does there",
            f"nobody {inside} belongs to nobody, who decides what qlumod does there",
        ]


def test_nobody_is_nobody_where_all_users_are_known(tmp_path: Path) -> None:
    top = owned(tmp_path / "top", uid=pwd.getpwnam("nobody").pw_uid)
    with pytest.raises(QlumodError, match="belongs to nobody"):
        require_own(top)
