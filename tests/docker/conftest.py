"""nginx and clients of both suites in containers, on a Docker engine of the tests' own."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docker.container_network import (
    COMMAND,
    COMPOSE,
    DOWN,
    UP,
    ContainerNetwork,
    compose_environment,
    container_network,
)
from tests.docker.engine import engine
from tests.lock.conftest import key
from tests.repository.conftest import fingerprint, keys

__all__ = ["fingerprint", "key", "keys"]


@pytest.fixture(scope="session")
def docker_host() -> Iterator[str]:
    """The address of the engine."""
    with engine() as host:
        yield host


@pytest.fixture(scope="session")
def served() -> Iterator[Path]:
    """The directory that nginx serves; in memory where there is one: publishers sync often."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="qlumod-served-", dir=memory) as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def docker_compose_command() -> str:
    return COMMAND


@pytest.fixture(scope="session")
def docker_setup() -> list[str]:
    return UP


@pytest.fixture(scope="session")
def docker_cleanup() -> list[str]:
    return DOWN


@pytest.fixture(scope="session")
def docker_compose_file(
    docker_host: str, served: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    scratch = tmp_path_factory.mktemp("images")
    with compose_environment(docker_host, served=served, cache=shared_cache, scratch=scratch):
        yield str(COMPOSE)


@pytest.fixture(scope="session")
def network(
    docker_services: Any, docker_host: str, docker_compose_project_name: str, served: Path
) -> ContainerNetwork:
    """The server and its clients."""
    return container_network(docker_host, docker_compose_project_name, served)
