"""Installed paths that no layer can contain, and Secrets that do not name a file itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from qlumod.errors import QlumodError
from qlumod.model.contents import escaped
from qlumod.model.secret import Secret
from qlumod.model.tree import TreeEntry
from qlumod.state.entry_differences import ACCESS_LISTS
from qlumod.state.kind import matches_any
from qlumod.system.disk.within import Root

_TOLD = 10
"""The most names that an error shows."""
LISTED_AT_BOOT = ("/var/log/journal",)
"""Paths whose access lists systemd-tmpfiles sets on each node at boot."""


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


def faults_of_access_lists(kept: Iterable[TreeEntry], module: str) -> Iterator[QlumodError]:
    """An error for each path of the layer with an access control list."""
    for entry in kept:
        listed = any(name.startswith(ACCESS_LISTS) for name, _ in entry.xattrs)
        if listed and entry.path not in LISTED_AT_BOOT:
            yield QlumodError(
                f"{module}: {entry.path} has an access control list, and a squashfs stores none",
                remedy="let the package's script give it an owner, a group and a mode instead "
                "(setfacl -b removes the list), or let a unit set the list on each node at boot",
            )


def faults_of_devices(
    entries: Iterable[TreeEntry], owners: Mapping[str, str], module: str
) -> Iterator[QlumodError]:
    """An error for each character device 0:0 of a module over no other."""
    for entry in entries:
        if entry.whiteout:
            yield fault_of_device(module, owners.get(entry.path, ""), entry.path)


def fault_of_device(module: str, package: str, path: str) -> QlumodError:
    """The error for a character device 0:0 of a package, or of a script."""
    maker = f"the package {package} ships" if package else "a maintainer script makes"
    return QlumodError(
        f"{module}: {maker} {path} as a character device 0:0, which hides a path of a lower layer "
        "in an overlay and which no layer can have",
        remedy=f"leave it out with 'Exclude: {path}', or take the package out"
        if package
        else "see which package's script makes it, and take that package out or mend it",
    )


def faults_of_secrets(secrets: Sequence[Secret], root: Root) -> Iterator[QlumodError]:
    """An error for each path under Secrets that leads to another path, or is a directory.

    Otherwise the actual files would be in the layer. A directory is right if a file in it is
    listed, or if there is none.
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
            elif not real and _is_unlisted(root, path, listed):
                yield QlumodError(
                    f"Secrets: {path}: it is a directory, and its files would be in the layer",
                    remedy=f"list its files: '{path}/* {secret.kind}'",
                )


def _is_unlisted(root: Root, directory: str, patterns: Sequence[str]) -> bool:
    """Whether a path is a directory with files, none of which is listed."""
    files = list(root.below(directory))
    return bool(files) and not any(matches_any(path, patterns) for path in files)


def _real(root: Root, path: str) -> str:
    """The real path of a path with links; empty: it has no links, or does not exist."""
    there = root.is_file(path) or root.is_directory(path)
    real = root.where(path) if there else path
    return "" if real == path else real
