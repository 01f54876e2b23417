"""The site's files, which each build merges into an image, and its secrets, which stay separate.

``/etc/qlumod/images/common/copy/<path>`` is added to every image, ``…/images/<image>/copy/<path>``
to one image, with precedence; ``…/images/<image>/secrets/<path>`` and ``…/common/secrets/<path>``
are packed into a separate file.
"""

import io
import os
import re
import stat
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.head.places import Places
from qlumod.model.image import COMMON, ImageName
from qlumod.model.paths import absolute_path
from qlumod.model.secret import Secret, SecretKind
from qlumod.model.tree import TreeEntry
from qlumod.state.kind import matches_any
from qlumod.system.disk.ownership import group_name, strangers, user_name, writers
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.disk.tree_scan import scan

TYPES = ("f", "d", "l")
MOST = 16 << 20
"""The maximum bytes of secrets.tar for nodes (``qlumod_most_secrets`` of the boot script)."""
ROOT_PASSWORD = "root-password"
"""The file with the hash of root's password, in the directory of an image, and of all images."""
PASSWORD_ON_NODES = "/etc/qlumod/root-password"
"""Its path in secrets.tar: a node puts it into /etc/shadow (qlumod-node's place-secrets)."""
_HASH = re.compile(rb"[$][0-9a-z]{1,8}[$][A-Za-z0-9./$=,+-]{1,480}")
COPY, SECRETS = "copy", "secrets"
"""The subdirectories of an image's directory, and of the one for all images."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFile:
    """One path that the site adds to an image; owners by name, since ids differ between roots."""

    path: str
    """The absolute path in the image."""
    source: str
    """The file on the head node."""
    type: str
    """``f``, ``d`` or ``l``, as in `TreeEntry`."""
    mode: int
    user: str
    group: str
    content: str
    """The digest of a file, or the target of a link."""

    @property
    def public(self) -> bool:
        """Whether all users of the head node may read it."""
        return self.type != "f" or bool(self.mode & stat.S_IROTH)


def site_files(places: Places, image: ImageName) -> tuple[SiteFile, ...]:
    """All that the site adds to an image, sorted by path."""
    return _merged(places, image, COPY)


def site_secrets(places: Places, image: ImageName) -> tuple[SiteFile, ...]:
    """The secrets that the site has for an image, sorted by path."""
    return _merged(places, image, SECRETS)


def root_password_file(places: Places, image: ImageName) -> Path | None:
    """Where the hash of root's password is: of the image, else of all images; None: nowhere."""
    paths = (places.images / owner / ROOT_PASSWORD for owner in (image, COMMON))
    return next((path for path in paths if os.path.lexists(path)), None)


def root_password(path: Path) -> SiteFile:
    """The hash of root's password as secrets.tar has it.

    Raises `QlumodError` if others may read the file, or if it has anything but a hash.
    """
    raise_faults(_password_faults(path))
    return SiteFile(
        path=PASSWORD_ON_NODES,
        source=os.fspath(path),
        type="f",
        mode=0o600,
        user="root",
        group="root",
        content="",
    )


def _password_faults(path: Path) -> Iterator[QlumodError]:
    yield from strangers(path)
    with told(path, "read"):
        mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        yield QlumodError(
            f"{path}: others than its owner may read the hash of root's password (mode {mode:04o})",
            remedy=f"chmod 600 {path}",
        )
    elif not _HASH.fullmatch(read_bytes(path, most=MOST).removesuffix(b"\n")):
        yield QlumodError(
            f"{path} has no hash of a password: one line, as crypt(5) describes it",
            remedy=f"umask 077; openssl passwd -6 > {path}",
        )


def listed_secrets(found: Sequence[SiteFile], secrets: Sequence[Secret]) -> tuple[SiteFile, ...]:
    """The secrets that the image's modules list: nodes accept no others; raises for links."""
    patterns = [secret.path for secret in secrets]
    listed = tuple(file for file in found if file.type != "d" and matches_any(file.path, patterns))
    raise_faults(fault for file in listed for fault in _secret_faults(file))
    return listed


def _secret_faults(file: SiteFile) -> Iterator[QlumodError]:
    if file.type == "l":
        yield QlumodError(
            f"{file.source} is a link: nodes take secrets that are files",
            remedy="put a copy of what it leads to in its place",
        )
    try:
        absolute_path(file.path)
    except QlumodError as fault:
        yield QlumodError(f"{file.source}: {fault.brief}")


def check_files(files: Sequence[SiteFile], secrets: Sequence[Secret]) -> None:
    """Raise for each secret among the files: everybody on the network can read a layer."""
    patterns = [secret.path for secret in secrets]
    raise_faults(
        QlumodError(
            f"{file.source}: a secret must not be part of an image",
            remedy="move it from copy/ to secrets/",
        )
        for file in files
        if file.type != "d" and matches_any(file.path, patterns)
    )


def missing_secrets(found: Sequence[SiteFile], secrets: Sequence[Secret]) -> tuple[Secret, ...]:
    """The secrets of kind ``site`` that the site has not supplied."""
    paths = [file.path for file in found]
    return tuple(
        secret
        for secret in secrets
        if secret.kind is SecretKind.SITE
        and not any(matches_any(path, [secret.path]) for path in paths)
    )


def packed(secrets: Sequence[SiteFile]) -> bytes:
    """Pack secrets into a tar archive; equal files give equal bytes.

    Raises `QlumodError` if the archive is larger than nodes accept.
    """
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for file in secrets:
            _pack(tar, file)
    if out.tell() > MOST:
        raise QlumodError(
            f"the secrets of the image take {out.tell()} bytes, and nodes take {MOST}",
            remedy="keep keys and passwords only below secrets/",
        )
    return out.getvalue()


def _pack(tar: tarfile.TarFile, file: SiteFile) -> None:
    member = tarfile.TarInfo(file.path.lstrip("/"))
    member.mode, member.uname, member.gname = file.mode, file.user, file.group
    data = read_bytes(Path(file.source), most=MOST)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def _merged(places: Places, image: ImageName, kind: str) -> tuple[SiteFile, ...]:
    found: dict[str, SiteFile] = {}
    for owner in (COMMON, image):
        top = places.images / owner / kind
        if top.is_dir():
            raise_faults(_strangers(places, top))
            found |= _files_below(top, secret=kind == SECRETS)
    return tuple(found[path] for path in sorted(found))


def _strangers(places: Places, top: Path) -> Iterator[QlumodError]:
    """An error for each directory that users other than root and the caller can change."""
    for folder in (places.settings, places.images, top.parent, top):
        yield from strangers(folder)


def _files_below(top: Path, *, secret: bool) -> Mapping[str, SiteFile]:
    entries = scan(top)
    # Other files may have any mode: nodes get the file with its mode.
    raise_faults(
        fault
        for path, entry in entries.items()
        if secret and path != "/" and entry.type in ("f", "d")
        for place in (Path(f"{top}{path}"),)
        for fault in writers(place, place.lstat())
    )
    raise_faults(
        QlumodError(f"{top}{entry.path} is neither a file nor a directory nor a link")
        for entry in entries.values()
        if entry.type not in TYPES
    )
    return {file.path: file for file in _site_files(top, entries)}


def _site_files(top: Path, entries: Mapping[str, TreeEntry]) -> Iterator[SiteFile]:
    for path, entry in entries.items():
        if path != "/":
            yield SiteFile(
                path=path,
                source=os.fspath(top) + path,
                type=entry.type,
                mode=entry.mode,
                user=user_name(entry.uid),
                group=group_name(entry.gid),
                content=entry.target if entry.type == "l" else entry.digest,
            )
