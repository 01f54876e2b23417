"""The proofs in a repository: which stacks of published modules equal one installation."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.digests import digest_bytes
from qlumod.model.document import decoded
from qlumod.model.lines import lines_of
from qlumod.model.names import Digest, digest
from qlumod.model.permit import Permits
from qlumod.model.proof import Proof, parse_proof
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.settings import Settings
from qlumod.system.disk.documents import MOST, MOST_RECORDS
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.keys import gpg
from qlumod.system.keys.gpg_daemons import daemons
from qlumod.system.keys.signers import armoured_keys
from qlumod.system.keys.strength import Weakness, weaknesses

ProofsByStack = Mapping[Digest, Digest]
"""The digest of the proof, by the digest of each stack that equals an installation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenProof:
    """A proof document that a user gives to the repository."""

    path: Path
    data: bytes
    """The signed document."""
    proof: Proof

    @property
    def digest(self) -> Digest:
        """The digest of the document, which is its name in the repository."""
        return digest_bytes(self.data)

    @property
    def proved(self) -> ProofsByStack:
        """The stacks that it proves."""
        return {stack: self.digest for stack, equal in self.proof.stacks.items() if equal}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provers:
    """The keys whose proofs a repository accepts: fingerprints and public keys."""

    where: Path
    """The repository, for errors."""
    fingerprints: tuple[str, ...]
    keyring: bytes
    weak: Mapping[str, Weakness]
    """The keys among them that are too weak, so that their signatures are not accepted."""


def provers(layout: Layout, settings: Settings) -> Provers:
    """The signing keys of the repository, and the proving keys in its settings."""
    own, others = layout.root / settings.keyring, layout.proving_keys
    with daemons(secret=False) as ready:
        ready()
        fresh = armoured_keys(settings.keys)
    keyrings = (
        fresh,
        *(
            layout.files.read(path, most=MOST)
            for path in (own, others)
            if layout.files.is_file(path)
        ),
    )
    keyring = b"".join(map(gpg.dearmoured, keyrings))
    return Provers(
        where=layout.root,
        fingerprints=(*settings.keys, *settings.proving_keys),
        keyring=keyring,
        weak=weaknesses(keyring),
    )


def read_proof(path: Path, believed: Provers, known: Permits) -> GivenProof:
    """Read a document of `qlumod verify-stack --proof`; raises `QlumodError`.

    It must be signed by one of the `believed` keys, and may name only `known` permits.
    """
    data = read_bytes(path, most=MOST_RECORDS)
    text = _signed_text(path, data, believed)
    return GivenProof(path=path, data=data, proof=parse_proof(text, str(path), known=known))


def _signed_text(path: Path, data: bytes, believed: Provers) -> bytes:
    if not data.startswith(gpg.CLEARSIGNED):
        raise QlumodError(
            f"{path}: this proof is not signed: anybody could have written it",
            remedy="have it written anew, signed by the key of the host that proves: qlumod"
            " verify-stack … --proof FILE --key FINGERPRINT (what was proved is not proved again)",
        )
    try:
        signed = gpg.verify_text(data, believed.keyring, str(path))
    except gpg.BadSignature as fault:
        raise _stranger(path, believed, fault.details) from fault
    known = [key for key in signed.signers if key in believed.fingerprints]
    if not known:
        raise _stranger(path, believed, (f"it is signed by {signed.fingerprint}",))
    if believed.weak.keys() >= set(signed.signers):
        raise believed.weak[known[0]].fault(f"{path}: the key that signed this proof")
    return signed.text


def _stranger(path: Path, believed: Provers, details: Iterable[str]) -> QlumodError:
    return QlumodError(
        f"{path}: no key signed this proof whose proofs {believed.where} takes",
        details=(*details, f"it takes those of {', '.join(believed.fingerprints)}"),
        remedy="prove with one of these (qlumod verify-stack … --proof FILE --key FINGERPRINT);"
        f" or, if you trust the host: qlumod repo init {believed.where} --proving-key FINGERPRINT",
    )


def known_proofs(layout: Layout) -> ProofsByStack:
    """The proved stacks of all proofs in the repository."""
    if not layout.files.is_file(layout.proved):
        return {}
    return parse_known(layout.files.read(layout.proved, most=MOST_RECORDS), str(layout.proved))


def parse_known(data: bytes, path: str) -> ProofsByStack:
    """Parse the file of proved stacks and their proofs; raises `QlumodError`."""
    return dict(_known(line, path) for line in lines_of(decoded(data, path)))


def _known(line: str, where: str) -> tuple[Digest, Digest]:
    words = line.split(" ")
    if len(words) != 2:
        raise QlumodError(f"{where}: {line!r} is no pair of a stack and its proof")
    return digest(words[0]), digest(words[1])


def keep_proofs(layout: Layout, given: Iterable[GivenProof]) -> None:
    """Add documents to the repository; existing ones stay."""
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
        staying = [_kept(layout, file) for file in files if file not in going]
        proved = {stack: one.digest for one in staying for stack in one.proved}
        _write_known(layout, proved)
    for file in going:
        layout.files.unlink(file)


def _kept(layout: Layout, file: Path) -> GivenProof:
    """Read a document that was accepted when it was added, maybe by an older version of qlumod."""
    data = layout.files.read(file, most=MOST_RECORDS)
    proof = parse_proof(gpg.unchecked_text(data), str(file), known=None)
    return GivenProof(path=file, data=data, proof=proof)


def proof_file(layout: Layout, digest: Digest) -> Path:
    """The path of a document."""
    return layout.proofs / f"{digest}.json"


def is_whole(layout: Layout, digest: Digest) -> bool:
    """Whether a document exists unchanged."""
    file = proof_file(layout, digest)
    return (
        layout.files.is_file(file)
        and digest_bytes(layout.files.read(file, most=MOST_RECORDS)) == digest
    )


def _write_known(layout: Layout, known: ProofsByStack) -> None:
    layout.files.write_whole(
        layout.proved,
        "".join(f"{stack} {proof}\n" for stack, proof in sorted(known.items())).encode(),
    )
