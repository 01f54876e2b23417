"""One path of a directory tree with all its metadata: the result of a scan."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """A path with the results of lstat(2), listxattr(2) and readlink(2); ids are not names."""

    path: str
    """Absolute below the root that was scanned, ``/`` itself included; surrogates stand for bytes
    that are not UTF-8."""
    type: str
    """``f`` file, ``d`` directory, ``l`` symbolic link, ``c`` and ``b`` devices, ``p`` fifo,
    ``s`` socket. Overlay whiteouts are ``c`` with an `rdev` of 0."""
    mode: int
    """The permission bits with set-user-id, set-group-id and sticky."""
    uid: int = 0
    gid: int = 0
    size: int = 0
    """The bytes of a file or of a link's target; 0 for anything else."""
    mtime: int = 0
    digest: str = ""
    """SHA-256 of a file's bytes; empty for anything else, and where digests were not asked for."""
    target: str = ""
    """A symbolic link's target."""
    rdev: int = 0
    """A device's number, as st_rdev has it."""
    xattrs: tuple[tuple[str, bytes], ...] = ()
    """Extended attributes, sorted by name."""
    inode: tuple[int, int] = (0, 0)
    """Device and inode: paths that share it are hard links of each other."""
    nlink: int = 1

    @property
    def whiteout(self) -> bool:
        """Whether it hides a path of a lower overlay layer."""
        return self.type == "c" and self.rdev == 0
