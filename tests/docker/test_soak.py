"""No client fails while publications come, are killed, and old ones go: in short."""

import random
from pathlib import Path

import pytest

from tests.docker.container_network import ContainerNetwork
from tests.docker.soak import SHORT, soak
from tests.support.signing import signing_home

pytestmark = pytest.mark.slow


def test_clients_never_fail_while_publishers_are_killed(
    network: ContainerNetwork, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    said: list[str] = []
    with signing_home() as home:
        outcome = soak(network, home=home, measure=SHORT, seed=seed, work=tmp_path, log=said.append)
    with capsys.disabled():
        print("", *outcome.lines(), sep="\n")
    assert outcome.wrong() == [], "\n".join(said)
