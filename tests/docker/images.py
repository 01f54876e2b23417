"""Images for containers, made of the roots that the other tests use: there is no registry."""

import shlex
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.docker.engine import docker
from tests.support.roots import HEAD_NODE, debian_root, play

PACKAGES: Mapping[str, tuple[str, ...]] = {
    "bookworm": (*HEAD_NODE, "gpgv", "nginx-light"),
    "trixie": (*HEAD_NODE, "gpgv"),
}
"""What the images of each suite have, beside apt and the essential packages."""
ROOTS: Mapping[str, tuple[str, ...]] = {"bookworm": HEAD_NODE, "trixie": ()}
"""What the roots have that they are made of: other tests make and use the same ones."""

# A client says at once what goes wrong, and does not try again. Docker's name server lets a query
# of service records wait ten seconds where it has nobody to ask.
_SETTINGS = """\
Acquire::EnableSrvRecords "false";
Acquire::Retries "0";
APT::Update::Error-Mode "any";
"""
# With what is in there no container reaches an archive but the one that is served to it.
_SCRIPT = """\
set -e
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
apt-get -q update
apt-get -q -y --no-install-recommends install {packages}
apt-get clean
rm -rf /var/lib/apt/lists /usr/sbin/policy-rc.d /etc/apt/sources.list /etc/resolv.conf
cat > /etc/apt/apt.conf.d/90tests <<END
{settings}END
tar --create --one-file-system --xattrs -C / --file /out/root.tar .
"""


def import_images(host: str, *, cache: Path, scratch: Path) -> Mapping[str, str]:
    """Import an image of each suite; returns their ids."""
    with ThreadPoolExecutor(len(PACKAGES)) as pool:
        ids = pool.map(lambda suite: _image(suite, host, cache, scratch / suite), PACKAGES)
        return dict(zip(PACKAGES, ids, strict=True))


def _image(suite: str, host: str, cache: Path, space: Path) -> str:
    out = space / "out"
    out.mkdir(parents=True)
    play(
        debian_root(cache, suite, ROOTS[suite]),
        _SCRIPT.format(packages=shlex.join(PACKAGES[suite]), settings=_SETTINGS),
        scratch=space / "scratch",
        handed=[(out, "/out")],
        online=True,
    ).require()
    tar = out / "root.tar"
    identity = docker("import", tar, host=host)
    tar.unlink()
    return identity
