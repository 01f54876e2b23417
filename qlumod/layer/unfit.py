"""Installed paths that no layer can contain, and Secrets that do not name a file itself."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from qlumod.errors import QlumodError
from qlumod.model.contents import escaped
from qlumod.model.secret import Secret
from qlumod.model.tree import TreeEntry
from qlumod.state.kind import matches_any
from qlumod.system.disk.within import Root

_TOLD = 10
"""The most names that an error shows."""


def faults_of_names(paths: Iterable[str]) -> Iterator[QlumodError]:
    """An error for each path with a newline in it, in the layer or not."""
    for path in islice(sorted(path for path in paths if "\n" in path), _TOLD):
        yield QlumodError(
            f"{escaped(path)}: there is a newline in this name, and no list of paths can hold it",
            remedy="let the package's script give it another name",
        )


def faults_of_sockets(kept: Iterable[TreeEntry]) -> Iterator[QlumodError]:
    """An error for each socket that would be in the layer."""
    for entry in kept:
        if entry.type == "s":
            yield QlumodError(
                f"{entry.path} is the socket of a program that runs no more",
                remedy="let the package's script remove it, or make it below /run",
            )


def faults_of_secrets(secrets: Sequence[Secret], root: Root) -> Iterator[QlumodError]:
    """An error for each path under Secrets that leads to another path, or is a directory.

    Otherwise the actual files would be in the layer.
    """
    listed = [secret.path for secret in secrets]
    for secret in secrets:
        for path in root.matching(secret.path):
            real = _real(root, path)
            if real and not matches_any(real, listed):
                yield QlumodError(
                    f"Secrets: {path}: a link leads to {real}, which is not listed",
                    remedy=f"add '{real} {secret.kind}' to the field Secrets",
                )
            elif not real and root.is_directory(path):
                yield QlumodError(
                    f"Secrets: {path}: it is a directory, and its files would be in the layer",
                    remedy=f"list its files: '{path}/* {secret.kind}'",
                )


def _real(root: Root, path: str) -> str:
    """The real path of a path with links; empty: it has no links, or does not exist."""
    there = root.is_file(path) or root.is_directory(path)
    real = root.where(path) if there else path
    return "" if real == path else real
