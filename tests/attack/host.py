"""What a program of a root must not find: the host's files, sockets, processes, memory, keys."""

import ctypes
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import rmtree

MARKER = Path("/var/tmp/qlumod-probe")
"""As `probe.c` has it, and so are the names below."""
PORT, SHM_KEY, SHM_SIZE = 47113, 0x716C6D64, 4096
ABSTRACT = "\0qlumod-probe"
MEMORY = Path("/dev/shm/qlumod-probe")
VARIABLE = "QLUMOD_PROBE"
_SLEEPER = "open('/proc/self/comm', 'w').write('qlumod-probed'); import time; time.sleep(3600)"
_ADD_KEY, _KEYCTL, _USER_KEYRING, _INVALIDATE = 248, 250, -4, 21
"""Numbers of system calls on x86_64, and of keyctl(2)."""
_IPC_CREAT, _IPC_RMID = 0o1000, 0

_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def marked_host() -> Iterator[None]:
    """A host that has something of each kind, as long as the block."""
    with ExitStack() as things:
        for thing in (_file, _sockets, _process, _memory, _key, _variable):
            things.enter_context(thing())
        yield


@contextmanager
def _file() -> Iterator[None]:
    rmtree(MARKER, ignore_errors=True)
    MARKER.mkdir(mode=0o777)
    MARKER.chmod(0o777)
    try:
        yield
    finally:
        rmtree(MARKER)


@contextmanager
def _sockets() -> Iterator[None]:
    with ExitStack() as opened:
        for family, name in (
            (socket.AF_INET, ("127.0.0.1", PORT)),
            (socket.AF_UNIX, ABSTRACT),
            (socket.AF_UNIX, str(MARKER / "socket")),
        ):
            one = opened.enter_context(socket.socket(family))
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(name)
            one.listen(256)
        (MARKER / "socket").chmod(0o777)
        yield


@contextmanager
def _process() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-I", "-c", _SLEEPER])
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def _memory() -> Iterator[None]:
    MEMORY.touch(mode=0o666)
    number = _libc.shmget(SHM_KEY, SHM_SIZE, _IPC_CREAT | 0o666)
    assert number >= 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        _libc.shmctl(number, _IPC_RMID, None)
        MEMORY.unlink()


@contextmanager
def _key() -> Iterator[None]:
    key = _libc.syscall(_ADD_KEY, b"user", b"qlumod-probe", b"secret", 6, _USER_KEYRING)
    assert key > 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        _libc.syscall(_KEYCTL, _INVALIDATE, key)


@contextmanager
def _variable() -> Iterator[None]:
    os.environ[VARIABLE] = "of the caller"
    try:
        yield
    finally:
        del os.environ[VARIABLE]
