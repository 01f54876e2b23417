"""Writing a payload directory: the documents about a layer, and the manifest of all files."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.layer.job import Job
from qlumod.model.contents import (
    PathLine,
    contents_text,
    package_lines,
    packages_text,
    parse_contents,
    parse_packages,
)
from qlumod.model.document import readable
from qlumod.model.manifest import LEFT_OUT, Manifest, PayloadFile, manifest_text, parse_manifest
from qlumod.model.names import Digest
from qlumod.model.packed import gzipped
from qlumod.model.payload_paths import MANIFEST, contents_file, packages_file
from qlumod.model.spec_fields import public_part
from qlumod.secrets.look import look
from qlumod.stack.payload import STATE


def write_documents(
    job: Job,
    output: Path,
    *,
    fragments: Mapping[str, bytes],
    lines: Sequence[PathLine],
    left_out: Sequence[tuple[str, str]],
    copyrights: bytes,
) -> None:
    """Write all text files of a payload."""
    module = job.spec.module
    state = output / STATE
    state.mkdir(mode=0o755)
    for name, fragment in sorted(fragments.items()):
        _write(state / name, fragment)
    for name, text, parse in (
        (packages_file(module), packages_text(package_lines(job.packages)), parse_packages),
        (contents_file(module), contents_text(module, tuple(lines)), parse_contents),
    ):
        _write_gz(output / name, readable(text, name, parse))
    _write_gz(output / LEFT_OUT, _left_out_text(left_out))
    _write_gz(output / f"{module}.copyright.gz", copyrights)


def _left_out_text(left_out: Sequence[tuple[str, str]]) -> str:
    """The left-out paths, one a line; raises if a name looks like a secret.

    The names come from dpkg's file lists, which a maintainer script may have written.
    """
    text = "".join(f"{name}\t{path}\n" for name, path in left_out)
    for name, path in left_out if look("/", os.fsencode(text)).found else ():
        sight = look("/", os.fsencode(path))
        if sight.found:
            raise QlumodError(
                f"{path}: this name looks like a secret: it holds {sight.found[0].kind}",
                details=(f"it was left out, as a file of {name}",),
                remedy=f"see which maintainer script writes it into dpkg's list of {name}",
            )
    return text


def write_manifest(
    job: Job,
    output: Path,
    *,
    kernel: str,
    unpacked_size: int,
) -> None:
    """Write the manifest of all other files of a payload."""
    lock, release = job.lock, job.project.release
    files = sorted(path for path in output.rglob("*") if path.is_file())
    manifest = Manifest(
        **public_part(job.spec),
        version=release.version,
        flavor=lock.flavor,
        packaging=job.packaging,
        architecture=lock.architecture,
        profile=release.profile,
        kernel=kernel,
        epoch=job.epoch,
        packages=len(job.packages),
        unpacked_size=unpacked_size,
        files=tuple(_payload_file(path, output) for path in files),
    )
    path = output / MANIFEST
    _write(path, readable(manifest_text(manifest), str(path), parse_manifest))


def _payload_file(path: Path, output: Path) -> PayloadFile:
    with path.open("rb") as source:
        digest = Digest(hashlib.file_digest(source, "sha256").hexdigest())
    return PayloadFile(path=str(path.relative_to(output)), sha256=digest, size=path.stat().st_size)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    path.chmod(0o644)


def _write_gz(path: Path, text: str | bytes) -> None:
    _write(path, gzipped([os.fsencode(text)]))
