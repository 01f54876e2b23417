"""Proofs that a repository has: which stacks of published modules equal one installation."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.digests import digest_bytes
from qlumod.model.names import Digest
from qlumod.model.proof import Proof, parse_proof
from qlumod.repository.layout import Layout
from qlumod.system.files import read_bytes, told

LARGEST = 1 << 28
"""Bytes of a document: beyond that it is none of ours."""

Proved = Mapping[Digest, Digest]
"""The proof of each stack that equals an installation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenProof:
    """A document that somebody gives to the repository."""

    path: Path
    data: bytes
    proof: Proof

    @property
    def digest(self) -> Digest:
        """Its name in the repository."""
        return digest_bytes(self.data)

    @property
    def proved(self) -> Proved:
        """The stacks that it proves."""
        return {stack: self.digest for stack, equal in self.proof.stacks.items() if equal}


def read_proof(path: Path) -> GivenProof:
    """Read a document of `qlumod verify-stack --json`; raises `QlumodError`."""
    with told(path, "read"):
        size = path.stat().st_size
    if size > LARGEST:
        raise QlumodError(f"{path}: this is no proof: it has {size} bytes")
    data = read_bytes(path)
    return GivenProof(path=path, data=data, proof=parse_proof(data, str(path)))


def known_proofs(layout: Layout) -> Proved:
    """What the proofs say that the repository has."""
    if not layout.files.is_file(layout.proved):
        return {}
    lines = (line.split(" ") for line in layout.files.read(layout.proved).decode().splitlines())
    return {Digest(stack): Digest(proof) for stack, proof in lines}


def keep_proofs(layout: Layout, given: Iterable[GivenProof]) -> None:
    """Take documents into the repository; what it has already stays."""
    known = dict(known_proofs(layout))
    for one in given:
        file = proof_file(layout, one.digest)
        if not layout.files.is_file(file):
            layout.files.make(file.parent)
            layout.files.write_whole(file, one.data)
        known = {**one.proved, **known}
    if known != known_proofs(layout):
        _write_known(layout, known)


def forget_proofs(layout: Layout, mentioned: Collection[Digest]) -> None:
    """Remove the documents that no snapshot mentions any more."""
    files = [
        layout.proofs / name
        for name in layout.files.names(layout.proofs)
        if name.endswith(".json") and not name.startswith(".")
    ]
    going = [file for file in files if file.stem not in mentioned]
    if going:
        staying = [read_proof(file).proved for file in files if file not in going]
        _write_known(layout, {stack: name for proved in staying for stack, name in proved.items()})
    for file in going:
        layout.files.unlink(file)


def proof_file(layout: Layout, digest: Digest) -> Path:
    """Where a document lies."""
    return layout.proofs / f"{digest}.json"


def is_whole(layout: Layout, digest: Digest) -> bool:
    """Whether a document is there, as it was given."""
    file = proof_file(layout, digest)
    return layout.files.is_file(file) and digest_bytes(layout.files.read(file)) == digest


def _write_known(layout: Layout, known: Proved) -> None:
    layout.files.write_whole(
        layout.proved,
        "".join(f"{stack} {proof}\n" for stack, proof in sorted(known.items())).encode(),
    )
