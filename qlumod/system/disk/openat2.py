"""openat2(2): the kernel resolves a path within a directory, and no link can lead out of it."""

import ctypes
import errno
import os

_OPENAT2 = 437
"""The number of openat2(2), the same on every architecture (Linux 5.6)."""
_NO_MAGICLINKS, _NO_SYMLINKS, _IN_ROOT = 0x02, 0x04, 0x10
"""RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS and RESOLVE_IN_ROOT of openat2(2)."""

ITSELF = os.O_PATH | os.O_NOFOLLOW
"""Open a path itself, even if it is a link; it is neither read nor written."""
ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
"""The errors of openat2(2) for a path that does not exist."""

_libc = ctypes.CDLL(None, use_errno=True)


class _How(ctypes.Structure):
    """``struct open_how`` of openat2(2)."""

    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


def openat2(top: int, path: str, flags: int) -> int:
    """Open a path within a directory, given by its descriptor; raises `OSError`.

    Programs that this process starts do not inherit the descriptor.
    """
    return _opened(top, path, flags, _NO_MAGICLINKS | _IN_ROOT)


def is_there(top: int, path: str) -> bool:
    """Whether a path within a directory exists, even as a broken link."""
    try:
        os.close(openat2(top, path, ITSELF))
    except OSError as fault:
        if fault.errno not in ABSENT:
            raise
        return False
    return True


def is_plain(top: int, path: str) -> bool:
    """Whether the existing part of a path contains no link."""
    try:
        os.close(_opened(top, path, os.O_PATH, _NO_SYMLINKS | _IN_ROOT))
    except OSError as fault:
        if fault.errno not in ABSENT:
            raise
        return fault.errno == errno.ENOENT
    return True


def _opened(top: int, path: str, flags: int, resolve: int) -> int:
    how = _How(flags | os.O_CLOEXEC, 0, resolve)
    while True:
        found = int(
            _libc.syscall(_OPENAT2, top, os.fsencode(path), ctypes.byref(how), ctypes.sizeof(how))
        )
        if found >= 0:
            return found
        number = ctypes.get_errno()
        # During a rename elsewhere, the kernel cannot resolve "..".
        if number not in (errno.EAGAIN, errno.EINTR):
            raise OSError(number, os.strerror(number), path)
