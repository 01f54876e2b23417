"""Signing proofs: the key is tried before the proof, and signs at its end."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.permit import permits
from qlumod.model.proof import parse_proof, proof_text
from qlumod.proof.known_permits import known_permits
from qlumod.repository.format.layout import Layout
from qlumod.repository.publishing.founding import opened_settings
from qlumod.system.disk.files import write_whole
from qlumod.system.keys.gpg import SigningKey, clearsign
from qlumod.system.keys.signers import own_keys, signing
from qlumod.system.processes.command import CommandFailed

Write = Callable[[Mapping[str, object]], None]
"""Writes a document as a proof."""


@contextmanager
def writing_proof(
    file: Path | None, named: Sequence[str], repository: Path | None
) -> Iterator[Write]:
    """Write a proof into a file, if one is named, signed by the named keys.

    The default keys are those of the repository that are here, else the user's only key. Raises
    `QlumodError` if there is none.
    """
    if file is None:
        yield lambda _: None
        return
    with signing(named or _of_repository(repository) or _only()) as signers:
        keys = signers().keys
        yield lambda document: write_whole(file, _signed(keys, _text(document)))


def _text(document: Mapping[str, object]) -> bytes:
    """The text of a proof, after reading it once as a repository will do."""
    text = proof_text(document)
    parse_proof(text, "the proof", known=permits(known_permits()))
    return text


def _signed(keys: Sequence[SigningKey], text: bytes) -> bytes:
    try:
        return clearsign(keys[0], text, also=keys[1:])
    except CommandFailed as failed:
        raise QlumodError(
            "the proof is made, and its key cannot sign any more",
            details=failed.details,
            remedy="unlock it in gpg-agent, then run this again: what was proved is not proved"
            " again",
        ) from failed


def _of_repository(repository: Path | None) -> tuple[str, ...]:
    """The keys of this host whose proofs the repository accepts, if there is a repository."""
    layout = Layout(root=(repository or Path("/nonexistent")).absolute())
    if not layout.settings.is_file():
        return ()
    settings = opened_settings(layout)
    here = own_keys()
    return tuple(key for key in (*settings.keys, *settings.proving_keys) if key in here)


def _only() -> tuple[str, ...]:
    usable = [primary for primary, is_usable in own_keys().items() if is_usable]
    if len(usable) == 1:
        return tuple(usable)
    raise QlumodError(
        "a proof is signed by a key of the host that proves, and "
        + (f"you have {len(usable)}" if usable else "you have none"),
        details=usable,
        remedy="name its fingerprint (--key, or Key in qlumod.conf); `qlumod repo key` makes one"
        " for trying things out",
    )
