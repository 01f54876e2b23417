"""Whose a file or directory is, and who else may write to it: what is trusted, and what is not."""

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.system.disk.refusals import told

_UNMAPPED = Path("/proc/sys/kernel/overflowuid")
"""The id that stands for all those which a user namespace does not know (user_namespaces(7))."""
_KNOWN = Path("/proc/self/uid_map")
_ALL = "0 0 4294967295"


def require_own(path: Path) -> None:
    """Raise where anybody but root and the caller owns a file or directory, or may write to it.

    What others may write they could exchange: programs would do what they want, and a link would
    lead to what they may not touch themselves. What is not there belongs to nobody.
    """
    for fault in strangers(path):
        raise fault


def strangers(path: Path) -> Iterator[QlumodError]:
    """What is against trusting a file or directory; see `require_own`."""
    with told(path, "look at"):
        try:
            found, named = path.stat(), path.lstat()
        except FileNotFoundError:
            return
    for uid in {named.st_uid, found.st_uid} - {0, os.geteuid()}:
        if not _is_from_outside(path, uid):
            yield _of_another(path, uid)
    yield from writers(path, found)


def writers(path: Path, found: os.stat_result) -> Iterator[QlumodError]:
    """The error where others than its owner and root may write to a file or directory."""
    if writer := writer_of(found):
        yield QlumodError(
            f"{writer} may write to {path} ({_mode(found)}), and so decide what qlumod does there",
            remedy=f"see what others have put there (ls -la {path}), then: chmod go-w {path}",
        )


def require_safe_for_temporary(path: Path) -> None:
    """Raise where others could take away a directory that is made in here, and put theirs there.

    In ``/tmp`` they cannot: what has its sticky bit is root's, and others only add to it.
    """
    with told(path, "look at"):
        found = path.stat()
    is_own = found.st_uid in (0, os.geteuid()) or _is_from_outside(path, found.st_uid)
    if not is_own:
        raise _of_another(path, found.st_uid)
    if not found.st_mode & stat.S_ISVTX and (writer := writer_of(found)):
        raise QlumodError(
            f"{writer} may take away what qlumod makes in {path} ({_mode(found)})",
            remedy=f"have TMPDIR name another directory, or: chmod +t {path}",
        )


def writer_of(found: os.stat_result) -> str:
    """Who may write to a file besides its owner and root; empty: nobody.

    A user's private group (login.defs(5), USERGROUPS_ENAB) is the user alone.
    """
    if found.st_mode & stat.S_IWOTH:
        return "everybody"
    if found.st_mode & stat.S_IWGRP and found.st_gid and not _is_private(found):
        return f"group {group_name(found.st_gid)}"
    return ""


def user_name(uid: int) -> str:
    """A user's name, or the number of one who has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_name(gid: int) -> str:
    """A group's name, or the number of one that has none."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _mode(found: os.stat_result) -> str:
    return f"mode {stat.S_IMODE(found.st_mode):04o}"


def _is_from_outside(path: Path, uid: int) -> bool:
    """Whether an owner is somebody whom this user namespace does not know.

    Who put the directory in here, as sbuild does with a package store, knew whose it is.
    """
    with suppress(OSError, ValueError):
        is_part = " ".join(_KNOWN.read_text(encoding="utf-8").split()) != _ALL
        if is_part and uid == int(_UNMAPPED.read_text(encoding="utf-8")):
            return not _is_in_our_power(path)
    return False


def _is_in_our_power(path: Path) -> bool:
    # The user that has just this number in here is none from outside. Nothing is asked for but
    # what its owner may, and root where the owner is known (open(2), O_NOATIME).
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NOATIME | os.O_NONBLOCK | os.O_CLOEXEC))
    except PermissionError:
        return False
    return True


def _is_private(found: os.stat_result) -> bool:
    try:
        group, owner = grp.getgrgid(found.st_gid), pwd.getpwuid(found.st_uid)
    except KeyError:
        return False
    is_own = group.gr_name == owner.pw_name and group.gr_gid == owner.pw_gid
    return is_own and set(group.gr_mem) <= {owner.pw_name}


def _of_another(path: Path, uid: int) -> QlumodError:
    name = user_name(uid)
    return QlumodError(
        f"{path} belongs to {name}, who decides what qlumod does there",
        remedy=f"run qlumod as {name}, or have it given to you: chown -R {user_name(os.geteuid())}"
        f" {path}",
    )
