"""Documents of verify-stack about packages that were made for a test."""

import json
from collections.abc import Collection
from itertools import combinations
from pathlib import Path
from typing import Any

from qlumod.model.held import Held, read_held
from qlumod.model.names import Digest, ModuleName
from qlumod.model.proof import About, ProvenModule, about_document
from qlumod.repository.listing import listed


def of_one(*debs: Path, equal: bool = True) -> dict[str, Any]:
    """What ``verify-stack`` prints of the stack of these packages."""
    differing = {"path": "/x", "permitted": None}
    return {
        **_about([held for deb in debs for held in read_held(listed(deb).texts, deb.name)]),
        "equal": equal,
        "paths": 10,
        "permitted": [],
        "differences": [{"path": "/y", "permitted": "log"}, *([] if equal else [differing])],
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
        "permitted": [],
        "pairs": [],
        "apart": [],
        "stacks": [_stack(stack, stack not in unequal) for stack in stacks],
        "without": [],
    }


def written(path: Path, document: dict[str, Any]) -> Path:
    """Write a document."""
    path.write_text(json.dumps(document))
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


def _stack(modules: tuple[str, ...], equal: bool) -> dict[str, Any]:
    return {
        "modules": list(modules),
        "installed": "at once",
        "why": "",
        "equal": equal,
        "refused": "",
        "paths": 10,
        "permitted": {},
        "differences": [] if equal else [{"path": "/x"}],
        "otherwise_in_two_steps": None,
    }
