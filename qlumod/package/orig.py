"""The upstream tarball of a module's source package: the same bytes for every revision."""

import gzip
import io
import tarfile

from qlumod.package.plan import Plan


def orig_name(plan: Plan) -> str:
    """The tarball's file name, as `dpkg-source` looks for it beside the source tree."""
    return f"{plan.source}_{plan.release.version}.orig.tar.gz"


def orig_tarball(plan: Plan, readme: str) -> bytes:
    """The tarball; it holds one short text.

    Its name lacks the revision, and a published file name never gets other bytes. So nothing in it
    may depend on the module's content or on a library: even its compression is "stored as it is".
    """
    data = readme.encode()
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        top = f"{plan.source}-{plan.release.version}"
        archive.addfile(_member(top, tarfile.DIRTYPE, 0o755))
        member = _member(f"{top}/README", tarfile.REGTYPE, 0o644)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return gzip.compress(written.getvalue(), compresslevel=0, mtime=0)


def _member(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.mode = mode
    member.uname = member.gname = "root"
    return member
