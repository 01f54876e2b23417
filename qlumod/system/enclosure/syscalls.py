"""A filter of system calls for programs of a root: those that no capability controls."""

import errno
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from tempfile import TemporaryFile
from typing import Any

from qlumod.errors import QlumodError

REFUSED = (
    # A user namespace of their own would give them all capabilities back; `clone` is below.
    "unshare", "setns",
    # The host's kernel log, readable for everybody if kernel.dmesg_restrict is 0 (syslog(2)).
    "syslog",
    # The memory and the descriptors of another process of the enclosure: no program needs them.
    "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd",
    # Interfaces to the kernel that are open to everybody with lax settings.
    "bpf", "perf_event_open", "userfaultfd",
)  # fmt: skip
"""Refused with EPERM. Calls that need a capability are not listed: enclosures drop capabilities."""

UNKNOWN = (
    # Keyrings belong to users, whatever namespaces those are in (keyrings(7)).
    "keyctl", "add_key", "request_key",
    # A filter cannot see the arguments of these; programs fall back on the older calls.
    "clone3", "io_uring_setup", "socketcall",
)  # fmt: skip
"""Refused with ENOSYS, as by a kernel that is older or was built without them."""

_NAMESPACES = (
    0x00000080,  # CLONE_NEWTIME
    0x00020000,  # CLONE_NEWNS
    0x02000000,  # CLONE_NEWCGROUP
    0x04000000,  # CLONE_NEWUTS
    0x08000000,  # CLONE_NEWIPC
    0x10000000,  # CLONE_NEWUSER
    0x20000000,  # CLONE_NEWPID
    0x40000000,  # CLONE_NEWNET
)
"""Flags of clone(2)."""
_FAMILIES = frozenset((1, 2, 10, 16, 17))
"""AF_UNIX, AF_INET, AF_INET6, AF_NETLINK and AF_PACKET, which end at a network namespace. Others do
not, such as AF_VSOCK, which leads to the host (address_families(7)).
"""
_LAST_FAMILY = 64
_SISTERS = {"X86_64": ("X86", "X32"), "AARCH64": ("ARM",)}
"""Other architectures whose programs a kernel runs: it kills those that a filter does not name."""


@cache
def filter_program() -> bytes:
    """The filter as a program for the kernel (seccomp(2)).

    Raises `QlumodError` if Python's binding to libseccomp is not installed.
    """
    seccomp = _library()
    program = seccomp.SyscallFilter(seccomp.ALLOW)
    for name, sisters in _SISTERS.items():
        if seccomp.system_arch() == int(getattr(seccomp.Arch, name)):
            for sister in sisters:
                program.add_arch(getattr(seccomp.Arch, sister))
    for error, name, *arguments in _rules(seccomp):
        program.add_rule(seccomp.ERRNO(error), name, *arguments)
    with TemporaryFile() as file:
        program.export_bpf(file)
        file.seek(0)
        return file.read()


def _rules(seccomp: Any) -> Iterator[tuple[Any, ...]]:
    yield from ((errno.EPERM, name) for name in REFUSED)
    yield from ((errno.ENOSYS, name) for name in UNKNOWN)
    for flag in _NAMESPACES:
        yield errno.EPERM, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag)
    for family in sorted(set(range(_LAST_FAMILY)) - _FAMILIES):
        yield errno.EPERM, "socket", seccomp.Arg(0, seccomp.EQ, family)
    yield errno.EPERM, "socket", seccomp.Arg(0, seccomp.GE, _LAST_FAMILY)


def _library() -> Any:
    try:
        return import_module("seccomp")
    except ModuleNotFoundError as fault:
        raise QlumodError(
            "cannot import seccomp: python3-seccomp is not installed for this Python",
            remedy="apt install python3-seccomp; a virtual environment needs "
            "--system-site-packages",
        ) from fault
