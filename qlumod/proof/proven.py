"""The modules that a proof is about, and their digests; pure except for reading manifests."""

from collections.abc import Iterable, Mapping

from qlumod.model.lock import Lock
from qlumod.model.manifest import LAYER
from qlumod.model.names import Digest, ModuleName, ReleaseVersion
from qlumod.model.proof import About, ProvenModule
from qlumod.model.spec import ModuleSpec
from qlumod.stack.payload import Payload


def about(lock: Lock, specs: Iterable[ModuleSpec], payloads: Mapping[ModuleName, Payload]) -> About:
    """The modules that a proof is about, with their digests."""
    return About(
        release=ReleaseVersion.parse(lock.version),
        flavor=lock.flavor,
        architecture=lock.architecture,
        modules=tuple(_proven(spec, lock, payloads[spec.module]) for spec in specs),
    )


def _proven(spec: ModuleSpec, lock: Lock, payload: Payload) -> ProvenModule:
    layer = payload.manifest.file(LAYER)
    return ProvenModule(
        module=spec.module,
        version=f"{lock.version}-{dict(lock.revisions).get(spec.module, 1)}",
        title=spec.title,
        layer=layer.sha256 if layer else Digest(""),
        payload=payload.digest,
    )
