"""Temporary files that maintainer scripts expect in the root while they run."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from qlumod.system.disk.within import Root
from qlumod.system.processes.namespace import HOST_NAME

_POLICY_PATH = "/usr/sbin/policy-rc.d"
_POLICY = b"#!/bin/sh\n# No service starts while a module is built.\nexit 101\n"
_HOSTS_PATH = "/etc/hosts"
_HOSTS = f"127.0.1.1\t{HOST_NAME}\n".encode()
"""As written by the Debian installer: packages resolve the address of the root's own name."""


_MAKES_HOSTS = "netbase="
"""The package that makes /etc/hosts if it is missing, and does not change an existing one."""


@contextmanager
def surroundings(root: Root, packages: Iterable[str]) -> Iterator[None]:
    """Forbid starting services (invoke-rc.d(8)), and give the root's own name an address.

    `packages` (``name=version``) are installed meanwhile. Changes that they and their scripts make
    to these files are kept.
    """
    makes_hosts = any(package.startswith(_MAKES_HOSTS) for package in packages)
    with ExitStack() as files:
        files.enter_context(_standing(root, _POLICY_PATH, _POLICY, mode=0o755))
        if root.has(_HOSTS_PATH) or not makes_hosts:
            files.enter_context(_standing(root, _HOSTS_PATH, _HOSTS, mode=0o644))
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """The previous file at a path: its bytes, and its visible attributes."""

    data: bytes
    mode: int
    uid: int
    gid: int
    mtime: int


@contextmanager
def _standing(root: Root, path: str, data: bytes, *, mode: int) -> Iterator[None]:
    """Prepend text to a file, and remove the text at the end if it is still in the file.

    A link at the path is left unchanged, and so is a path where no file can be.
    """
    before = _before(root, path)
    if (before is None and root.has(path)) or not root.is_directory(path.rpartition("/")[0]):
        yield
        return
    whole = data + (before.data if before else b"")
    root.write(path, whole, mode=mode)
    try:
        yield
    finally:
        _restore(root, path, data, before)


def _before(root: Root, path: str) -> _Before | None:
    if root.is_link(path) or not root.is_file(path):
        return None
    status = root.status(path)
    return _Before(
        data=root.read(path),
        mode=status.st_mode & 0o7777,
        uid=status.st_uid,
        gid=status.st_gid,
        mtime=int(status.st_mtime),
    )


def _restore(root: Root, path: str, data: bytes, before: _Before | None) -> None:
    now = _before(root, path)
    if now is None or not now.data.startswith(data):
        return
    rest = now.data.removeprefix(data)
    if before and rest == before.data:
        root.write(path, rest)
        root.own(path, uid=before.uid, gid=before.gid, mode=before.mode, mtime=before.mtime)
    elif rest:
        root.write(path, rest, mode=now.mode, uid=now.uid, gid=now.gid)
    else:
        root.remove(path)
