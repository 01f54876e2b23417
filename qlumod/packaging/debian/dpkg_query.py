"""Queries of dpkg: the packages that own files, and their versions."""

from collections.abc import Sequence
from pathlib import Path

from qlumod.model.lines import lines_of
from qlumod.system.processes.command import command
from qlumod.system.processes.programs import ProgramMissing
from qlumod.system.processes.run import attempt


def package_versions(database: Path, paths: Sequence[str]) -> dict[str, str]:
    """The versions of the packages that own the paths; unknown paths are left out."""
    owners = _owners(database, paths)
    # With the architecture for packages of several architectures, as in the output of --search.
    versions = _versions(database, sorted(set(owners.values())), field="binary:Package")
    return {path: versions[name] for path, name in owners.items() if name in versions}


def versions_of(database: Path, names: Sequence[str]) -> dict[str, str]:
    """The versions of installed packages; others are left out."""
    return _versions(database, names, field="Package")


def _owners(database: Path, paths: Sequence[str]) -> dict[str, str]:
    """For a path without a package, dpkg-query prints an error, exits 1, and answers the others."""
    rows = (line.partition(": ") for line in _ask(database, "--search", paths))
    return {path: name.split(",")[0] for name, _, path in rows if path}


def _versions(database: Path, names: Sequence[str], *, field: str) -> dict[str, str]:
    """The versions, by the value of the field."""
    shown = _ask(database, "--show", names, f"--showformat=${{{field}}}\\t${{Version}}\\n")
    rows = (line.partition("\t") for line in shown)
    return {name: version for name, _, version in rows if version}


def _ask(database: Path, verb: str, words: Sequence[str], *options: str) -> list[str]:
    if not words or not database.is_dir():
        return []
    try:
        _, out, _ = attempt(
            command("dpkg-query", f"--admindir={database}", *options, verb, "--", *words)
        )
    except ProgramMissing:
        return []
    return lines_of(out.decode())
