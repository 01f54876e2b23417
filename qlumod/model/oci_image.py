"""The documents of an OCI image layout (https://github.com/opencontainers/image-spec); pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from qlumod.model.names import ArchName, Digest

LAYOUT = "oci-layout"
INDEX = "index.json"
BLOBS = "blobs/sha256"
_TYPE = "application/vnd.oci.image"
_ARCHITECTURES = {
    "i386": ("386", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v5"),
    "ppc64el": ("ppc64le", ""),
}
"""Debian's architectures that Go calls otherwise: name and variant."""
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class OciLayer:
    """A layer as a compressed tar."""

    name: str
    """What made it, for people."""
    sha256: Digest
    size: int
    unpacked: Digest
    """The digest of the tar before it was compressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OciImage:
    """What an OCI image says of itself; it names neither a host nor the time of its export."""

    name: str
    version: str
    architecture: ArchName
    created: str
    """The time of the image (RFC 3339)."""
    layers: Sequence[OciLayer]
    """Lowest first."""


def layout_text() -> bytes:
    """The file that marks a directory as a layout."""
    return _written({"imageLayoutVersion": "1.0.0"})


def config_text(image: OciImage) -> bytes:
    """The configuration: what a container of the image runs, and its layers."""
    architecture, variant = _ARCHITECTURES.get(image.architecture, (image.architecture, ""))
    return _written(
        {
            "created": image.created,
            "architecture": architecture,
            **({"variant": variant} if variant else {}),
            "os": "linux",
            "config": {"Env": [_PATH], "Cmd": ["/bin/bash"], "Labels": _labels(image)},
            "rootfs": {
                "type": "layers",
                "diff_ids": [f"sha256:{layer.unpacked}" for layer in image.layers],
            },
            "history": [
                {"created": image.created, "created_by": layer.name} for layer in image.layers
            ],
        }
    )


def manifest_text(image: OciImage, config: OciLayer) -> bytes:
    """The manifest: the configuration and the layers by digest."""
    return _written(
        {
            "schemaVersion": 2,
            "mediaType": f"{_TYPE}.manifest.v1+json",
            "config": _descriptor("config.v1+json", config.sha256, config.size),
            "layers": [
                _descriptor("layer.v1.tar+gzip", layer.sha256, layer.size) for layer in image.layers
            ],
            "annotations": _labels(image),
        }
    )


def index_text(image: OciImage, sha256: Digest, size: int) -> bytes:
    """The index: the manifest, under the name of the image."""
    manifest = _descriptor("manifest.v1+json", sha256, size)
    named = {**manifest, "annotations": {"org.opencontainers.image.ref.name": image.name}}
    return _written(
        {"schemaVersion": 2, "mediaType": f"{_TYPE}.index.v1+json", "manifests": [named]}
    )


def _labels(image: OciImage) -> dict[str, str]:
    return {
        "org.opencontainers.image.title": image.name,
        "org.opencontainers.image.version": image.version,
    }


def _descriptor(kind: str, sha256: Digest, size: int) -> dict[str, object]:
    return {"mediaType": f"{_TYPE}.{kind}", "digest": f"sha256:{sha256}", "size": size}


def _written(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
