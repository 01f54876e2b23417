"""Which tests are unit tests, and what none of them does: start a process.

A unit test tries logic on values, and on files in a directory of its own. It needs no root, no
mount, no network and no program, so that all of them together take less than a minute. `UNIT` lists
the directories and files of such tests; a test there that needs a program or root after all is
marked ``programs``, and is none.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

UNIT = frozenset(
    {
        "house", "model", "secrets", "stack", "state",
        "cli/test_screen", "cli/test_security_page",
        "head/test_choice", "head/test_documents",
        "layer/test_dkms_tree", "layer/test_kernel_package", "lock/test_on_request",
        "package/test_changelog", "package/test_changes", "package/test_plan", "package/test_room",
        "packaging/test_dpkg_database", "packaging/test_initramfs_tools",
        "packaging/test_fewer_starts", "packaging/test_initrd_addition",
        "packaging/test_path_filters", "packaging/test_toy_lock",
        "proof/test_any_two", "proof/test_compare", "proof/test_design", "proof/test_known_fields",
        "proof/test_permitted", "proof/test_table",
        "repository/test_stand_in_versions", "revisions/test_rules",
        "system/test_memory", "system/test_one_door", "system/test_own_code", "system/test_store",
        "upkeep/test_sweep",
    }
)  # fmt: skip
"""Directories below tests/, and single files of other directories."""

STARTS = frozenset(
    {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "subprocess.Popen"}
)
"""Python's audit events of a process that starts."""


class ProcessStarted(AssertionError):
    """A unit test started a process: it says by which call."""


_started: list[str] | None = None
"""What the present unit test has started; None: there is none."""


def is_unit(path: str) -> bool:
    """Whether a file of tests, given by its path below tests/, has unit tests."""
    return path.partition("/")[0] in UNIT or path.removesuffix(".py") in UNIT


@contextmanager
def no_process() -> Iterator[None]:
    """Refuse to start a process meanwhile; raises at the end if the refusal was caught."""
    global _started  # noqa: PLW0603 - an audit hook stays for good
    _install()
    _started = []
    try:
        yield
        if _started:
            raise ProcessStarted(f"a unit test started a process: {', '.join(_started)}")
    finally:
        _started = None


@cache
def _install() -> None:
    sys.addaudithook(_refuse)


def _refuse(event: str, _given: object) -> None:
    if _started is not None and event in STARTS:
        _started.append(event)
        raise ProcessStarted(f"a unit test started a process: {event}")
