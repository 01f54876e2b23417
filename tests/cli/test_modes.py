"""Whatever the caller's umask: nobody else may write to what is made, and secrets are secret."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from qlumod.system.keys.gpg import SigningKey, make_key, throw_away_key
from tests.conftest import Answer, CommandLine
from tests.head.head_node import HeadNode
from tests.lock.build_host import BuildHost
from tests.support.signing import signing_home

SECRET = "proxy-password"
OF_FILES = {0o644, 0o444, 0o600, 0o640}
"""Packages in the store are never written again; apt itself gives 0640 to what it logs."""


@contextmanager
def umask(bits: int) -> Iterator[None]:
    before = os.umask(bits)
    try:
        yield
    finally:
        os.umask(before)


@pytest.fixture(scope="module")
def signer() -> Iterator[SigningKey]:
    with signing_home() as home:
        yield make_key(home, "Modes <modes@example.org>")


@pytest.fixture
def host(qlumod: CommandLine) -> Iterator[BuildHost]:
    with throw_away_key("modes") as key:
        made = BuildHost(qlumod.directory, key)
        made.offer()
        yield made


def typed(
    qlumod: CommandLine, host: BuildHost, signer: SigningKey
) -> Iterator[tuple[Sequence[str], Answer]]:
    """All that makes something without building a layer."""
    head = ["--root", f"{qlumod.directory}/head"]
    surroundings = {
        "GNUPGHOME": str(signer.home),
        "HOME": f"{host.top}/home",
        "QLUMOD_REPOSITORY": "made/repository",
    }
    image = ["--flavor", "bookworm", "--version", "14.0", "--arch", "amd64"]
    for words in (
        ["lock"],
        ["fetch", "--log", "made/fetch.log"],
        ["new", "extra", "--packages", "hello", "--no-trial"],
        ["repo", "init", "made/repository", "--key", signer.fingerprint],
        ["publish", "--suite", "14.0-bookworm", "debs/everyday_1_all.deb"],
        ["repo", "keyring", "made/repository", "--output", "made/clients", "--no-lint"],
        ["sign"],
        ["gc"],
        ["register", *head],
        ["image", "create", "compute", *image, *head],
    ):
        yield words, qlumod(*words, **surroundings)


@pytest.mark.parametrize("bits", [0o000, 0o022, 0o077])
def test_modes_are_the_same_under_any_umask(
    bits: int, qlumod: CommandLine, host: BuildHost, signer: SigningKey
) -> None:
    for place in ("head", "home", "made"):
        (qlumod.directory / place).mkdir()
    HeadNode(qlumod.directory / "head", []).add("core")
    host.deb("everyday")
    before = {*qlumod.directory.rglob("*")}
    with umask(bits):
        for words, answer in typed(qlumod, host, signer):
            assert answer.status == 0, (words, answer.err)
    made = {*qlumod.directory.rglob("*"), qlumod.cache, *qlumod.cache.rglob("*")} - before
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in made if not path.is_symlink()}
    assert [path for path, mode in modes.items() if mode & 0o022] == []
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o755, 0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} <= OF_FILES
    apt = [path for path in modes if path.name == "apt.conf"]
    assert {modes[path] for path in apt} == {0o600}
    assert {modes[path.parent] for path in apt} == {0o700}


@pytest.mark.parametrize("bits", [0o000, 0o077])
def test_what_has_a_proxys_password_is_closed_to_others(bits: int, host: BuildHost) -> None:
    """Also where an older version made it."""
    proxy = f"http://me:{SECRET}@127.0.0.1:1"
    host.apt_config.write_text(f'Dir "{host.top}/host";\nAcquire::http::Proxy "{proxy}";\n')
    with umask(bits):
        host.lock()
        (config,) = (host.cache / "apt").glob("*/apt.conf")
        config.chmod(0o644)
        config.parent.chmod(0o755)
        host.lock(update=())
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert stat.S_IMODE(config.parent.stat().st_mode) == 0o700
    holders = [
        path
        for path in host.cache.rglob("*")
        if path.is_file() and SECRET in path.read_text(errors="replace")
    ]
    assert holders == [config]
