"""Lines of contents files, as --json prints them."""

from qlumod.model.contents import PackageLine, PathLine


def package_document(line: PackageLine) -> dict[str, object]:
    """A package: the six fields of its line."""
    return {
        "package": line.package,
        "version": line.version,
        "architecture": line.architecture,
        "source": line.source,
        "sha256": line.sha256,
        "archive": line.archive,
    }


def path_document(line: PathLine) -> dict[str, object]:
    """A path: the seven fields of its line."""
    return {
        "path": line.path,
        "type": line.type,
        "mode": f"{line.mode:04o}",
        "owner": line.owner,
        "size": line.size,
        "digest": line.digest,
        "origin": line.origin,
    }
