"""Documents of verify-stack about packages that were made for a test."""

from collections.abc import Collection
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qlumod.model.held import Held, read_held
from qlumod.model.names import Digest, ModuleName
from qlumod.model.proof import About, ProvenModule, about_document, proof_text
from qlumod.proof.known_permits import known_permits
from qlumod.repository.index.listing import listed
from qlumod.system.keys.gpg import SigningKey, clearsign

if TYPE_CHECKING:
    from tests.repository.conftest import SmallRepository


LOG = next(one for one in known_permits() if one.name == "log")


def of_one(*debs: Path, equal: bool = True) -> dict[str, Any]:
    """What ``verify-stack`` prints of the stack of these packages."""
    return {
        **_about([held for deb in debs for held in read_held(listed(deb).texts, deb.name)]),
        "equal": equal,
        "paths": 10,
        "permitted": [{"name": LOG.name, "paths": 1, "why": LOG.why}],
        "differences": [_difference(LOG.name), *([] if equal else [_difference(None)])],
    }


def of_all(*debs: Path, unequal: Collection[tuple[str, ...]] = ()) -> dict[str, Any]:
    """What ``verify-stack --all`` prints of core and modules that require just core."""
    held = [held for deb in debs for held in read_held(listed(deb).texts, deb.name)]
    above = [one.module for one in held if one.module != "core"]
    stacks = [("core",), *(("core", one) for one in above)]
    stacks += [("core", *pair) for pair in combinations(above, 2)]
    return {
        **_about(held),
        "date": "2026-01-31",
        "equal": not unequal,
        "permitted": [{"name": one.name, "why": one.why} for one in known_permits()],
        "pairs": [],
        "apart": [],
        "stacks": [_stack(stack, stack not in unequal) for stack in stacks],
        "without": [],
    }


def signed(
    repository: "SmallRepository", name: str, document: dict[str, Any], *, key: str = ""
) -> Path:
    """Write a document as ``verify-stack --proof`` does, signed by the repository's own key."""
    path = repository.work / name
    signer = SigningKey(fingerprint=key or repository.fingerprint)
    path.write_bytes(clearsign(signer, proof_text(document)))
    return path


def _about(held: list[Held]) -> dict[str, Any]:
    first = held[0]
    return about_document(
        About(
            release=first.release,
            flavor=first.flavor,
            architecture=first.architecture,
            modules=tuple(
                ProvenModule(
                    module=ModuleName(one.module),
                    version=f"{one.release}-1",
                    title=one.module,
                    layer=Digest("0" * 64),
                    payload=one.payload,
                )
                for one in held
            ),
        )
    )


def _difference(permitted: str | None) -> dict[str, str | None]:
    path = "/var/log/fontconfig.log" if permitted else "/x"
    said = {"aspect": "missing", "subject": "", "reference": "file", "stack": ""}
    return {"path": path, **said, "permitted": permitted}


def _stack(modules: tuple[str, ...], equal: bool) -> dict[str, Any]:
    return {
        "modules": list(modules),
        "installed": "at once",
        "why": "",
        "equal": equal,
        "refused": "",
        "paths": 10,
        "permitted": {LOG.name: 1},
        "differences": [] if equal else [_difference(None)],
        "otherwise_in_two_steps": None,
    }
