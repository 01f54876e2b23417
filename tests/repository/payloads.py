"""Module packages of a few bytes: a manifest, a layer, and the list of packages."""

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path

from qlumod.model.contents import PackageLine, packages_text
from qlumod.model.names import Digest
from tests.head.head_node import payload_files
from tests.repository.conftest import SmallRepository


def payload(
    repository: SmallRepository,
    module: str,
    version: str = "14.0.0-1",
    packages: Mapping[str, str] | None = None,
    *,
    sources: Mapping[str, str] | None = None,
    flavor: str = "bookworm",
    requires: tuple[str, ...] | None = None,
    conflicts: tuple[str, ...] = (),
    depends: str = "",
    layer: str = "",
    files: Mapping[str, bytes] | None = None,
    leave_out: Sequence[str] = (),
) -> Path:
    """The .deb of a module with these packages; `sources` are those of packages, if others."""
    release = version.partition("-")[0]
    lines = tuple(
        PackageLine(
            package=package,
            version=of_package,
            architecture="amd64",
            source=(sources or {}).get(package, package),
            sha256=Digest("0" * 64),
            archive="generated" if package == "generated" else "debian",
        )
        for package, of_package in (packages or {}).items()
    )
    listed = gzip.compress(packages_text(lines).encode(), mtime=0)
    made = payload_files(
        module,
        release,
        flavor=flavor,
        requires=requires,
        conflicts=conflicts,
        files={
            "layer.squashfs": f"{module} {layer or version}".encode(),
            f"{module}.packages.version.gz": listed,
        },
    )
    home = f"/usr/share/qlumod/modules/{module}/{flavor}/amd64/{release}"
    name = f"qlustar-module-{module}-{flavor}-amd64-{release}"
    tree = {path: data for path, data in {**made, **(files or {})}.items() if path not in leave_out}
    return repository.deb(
        name,
        version,
        depends=depends,
        files={f"{home}/{path}": data for path, data in tree.items()},
        fields={"Source": name.rpartition("-")[0]},
    )
