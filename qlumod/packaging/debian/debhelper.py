"""Building source packages with dpkg-buildpackage and debhelper."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Caution, Listener
from qlumod.system.processes.command import CommandFailed, command
from qlumod.system.processes.namespace import contained, require
from qlumod.system.processes.programs import SEARCH_PATH, ProgramMissing
from qlumod.system.processes.run import run

NEEDED = ("dpkg-buildpackage", "dh", "dh_qlumod")


def build_source_package(
    tree: Path,
    *,
    environment: Mapping[str, str],
    changes_fields: Mapping[str, str],
    listen: Listener,
) -> None:
    """Build source and binary packages of an unpacked source package, in its parent directory.

    Temporary files are made there, too: if a build in its own PID namespace is killed, its files in
    the caller's TMPDIR could not be told from those of processes that still run elsewhere, and
    would stay.

    `changes_fields` are further fields of the .changes file. Build dependencies are not checked:
    the layers that a module requires need not be installed if they are in the cache.
    """
    words = (
        "dpkg-buildpackage",
        "--unsigned-source", "--unsigned-changes",
        # The tree is new, so it needs no clean; and dpkg-buildpackage omits the source after
        # --no-pre-clean unless --build is given.
        "--no-pre-clean", "--build=full",
        # The .changes always names the orig tarball: another repository may not have it yet.
        "-sa",
        "--no-check-builddeps",
        *(f"--changes-option=-D{name}={text}" for name, text in changes_fields.items()),
    )  # fmt: skip
    _find_programs(NEEDED, environment.get("PATH", SEARCH_PATH))
    temporary = tree.parent / "temporary"
    temporary.mkdir()
    call = command(
        *_alone(listen),
        *words,
        directory=tree,
        environment={**environment, "TMPDIR": str(temporary)},
    )
    try:
        run(call, listen=listen)
    except CommandFailed as failed:
        raise QlumodError(
            f"dpkg-buildpackage failed: exit status {failed.status}", details=failed.tail
        ) from failed


def _alone(listen: Listener) -> tuple[str, ...]:
    """The command prefix that cuts the network and ends all processes of a build with it."""
    try:
        require()
    except QlumodError as refused:
        listen(Caution(text=f"packages are made with the network at hand: {refused.brief}"))
        return ()
    return contained()


def pack_source(tree: Path, changes: Path, *, epoch: int, listen: Listener) -> None:
    """Pack an unpacked source package into its parent directory, with a .changes for the upload."""
    environment = {"SOURCE_DATE_EPOCH": str(epoch)}
    _find_programs(("dpkg-source", "dpkg-genchanges"), SEARCH_PATH)
    for words in (
        ("dpkg-source", "--build", "."),
        ("dpkg-genchanges", "--build=source", "-sa", f"-O{changes}"),
    ):
        run(command(*words, directory=tree, environment=environment), listen=listen)


def _find_programs(programs: Iterable[str], path: str) -> None:
    raise_faults(
        ProgramMissing(program) for program in programs if not shutil.which(program, path=path)
    )
