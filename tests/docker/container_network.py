"""A web server that offers repositories, and machines that are its customers: the containers."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.docker.containers import Container
from tests.docker.engine import docker
from tests.docker.images import import_images

FILES = Path(__file__).parent
COMPOSE = FILES / "compose.yaml"
COMMAND = "docker-compose"
"""That of Debian 12; that of Debian 13 goes by the same name."""
UP = ["up --detach --scale bookworm=3 --scale trixie=2"]
DOWN = ["down --volumes --timeout 1"]
SERVER = "packages.example.org"
"""The name by which the clients know the server."""


@dataclass(frozen=True)
class ContainerNetwork:
    """What is there while the containers run."""

    served: Path
    """A directory of this machine: its directories are repositories at ``http://SERVER/<name>``."""
    server: Container
    bookworm: Sequence[Container]
    trixie: Sequence[Container]

    def uri(self, name: str) -> str:
        """The address of a repository for the clients."""
        return f"http://{SERVER}/{name}"


@contextmanager
def compose_environment(host: str, *, served: Path, cache: Path, scratch: Path) -> Iterator[None]:
    """What docker-compose is to know, and the images, which are gone after the block."""
    images = import_images(host, cache=cache, scratch=scratch)
    # nginx reads as a user without rights.
    served.chmod(0o755)
    given = {
        "DOCKER_HOST": host,
        "QLUMOD_TEST_FILES": str(FILES),
        "QLUMOD_TEST_REPOSITORY": str(served),
        **{f"QLUMOD_TEST_{suite.upper()}": identity for suite, identity in images.items()},
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        docker("rmi", "--force", *images.values(), host=host)
        for name, text in before.items():
            if text is None:
                del os.environ[name]
            else:
                os.environ[name] = text


def container_network(host: str, project: str, served: Path) -> ContainerNetwork:
    """The containers that were started as that project."""
    found = _containers(host, project)
    (server,) = found[SERVER]
    return ContainerNetwork(served, server, found["bookworm"], found["trixie"])


def _containers(host: str, project: str) -> Mapping[str, Sequence[Container]]:
    label = "com.docker.compose"
    ids = docker("ps", "--quiet", "--filter", f"label={label}.project={project}", host=host).split()
    found: dict[str, list[Container]] = {}
    for one in sorted(json.loads(docker("inspect", *ids, host=host)), key=lambda one: one["Name"]):
        service = one["Config"]["Labels"][f"{label}.service"]
        (network,) = one["NetworkSettings"]["Networks"].values()
        client = Container(host, one["Id"], network["IPAddress"])
        found.setdefault(service, []).append(client)
    return found
