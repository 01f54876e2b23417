"""Modules packaged by us, and a repository of ours over HTTP, for other people's programs."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from qlumod.events import ignore
from qlumod.package.source_package import source_package
from qlumod.repository.format.sources import followed
from qlumod.repository.verbs.serve import server
from qlumod.system.keys.gpg import SigningKey, clearsign, export_key, make_key
from tests.package.conftest import Built, build
from tests.package.small import plan
from tests.repository.client import Client
from tests.repository.conftest import SUITE, SmallRepository, keys, repository, work
from tests.support.web_server import running

__all__ = ["keys", "repository", "work"]

DISTRIBUTION = """\
Codename: {suite}
AlsoAcceptFor: bookworm
Architectures: amd64 source
Components: main
Uploaders: uploaders
SignWith: {fingerprint}
"""


@dataclass(frozen=True)
class Signer:
    """A key, and what others need to believe it."""

    key: SigningKey

    @property
    def home(self) -> Path:
        assert self.key.home
        return self.key.home

    @property
    def keyring(self) -> Path:
        """The public key for gpgv."""
        return self.home / "public.gpg"

    @property
    def long_id(self) -> str:
        """By what reprepro and aptly let somebody upload."""
        return self.key.fingerprint[-16:]

    def sign(self, changes: Path) -> Path:
        """Do what debsign does, to the .changes file only."""
        changes.write_bytes(clearsign(self.key, changes.read_bytes()))
        return changes


@pytest.fixture(scope="session")
def fingerprint(signer: Signer) -> str:
    return signer.key.fingerprint


@pytest.fixture(scope="session")
def signer(keys: Path) -> Signer:
    made = make_key(keys, "Test archive <test@example.org>")
    signer = Signer(SigningKey(fingerprint=made.fingerprint, home=keys))
    signer.keyring.write_bytes(export_key(signer.key))
    return signer


@pytest.fixture(autouse=True)
def gnupg(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody sign and verify with our key."""
    monkeypatch.setenv("GNUPGHOME", str(signer.home))


@pytest.fixture(scope="session")
def core(signer: Signer, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """core, packaged, and its .changes signed."""
    built = build(tmp_path_factory.mktemp("core"), plan("core"))
    signer.sign(built.file(".changes"))
    return built


@pytest.fixture(scope="session")
def next_source(signer: Signer, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Path]:
    """The source package of core's next revision, which has the orig tarball of this one."""
    output = tmp_path_factory.mktemp("source")
    files = source_package(plan("core", core=3), output=output, listen=ignore)
    signer.sign(files[-1])
    return files


@pytest.fixture
def reprepro(work: Path, signer: Signer):
    """``reprepro(...)`` for a repository that takes uploads signed by our key only."""
    conf = work / "reprepro/conf"
    conf.mkdir(parents=True)
    text = DISTRIBUTION.format(suite=SUITE, fingerprint=signer.key.fingerprint)
    (conf / "distributions").write_text(text)
    (conf / "uploaders").write_text(f"allow * by key {signer.long_id}\n")
    return lambda *words: run("reprepro", "-b", conf.parent, *words, home=work)


@pytest.fixture
def aptly(work: Path, signer: Signer):
    """``aptly(...)`` with a place of its own."""
    place = work / "aptly"
    (work / "aptly.conf").write_text(json.dumps({"rootDir": str(place), "gpgProvider": "gpg"}))
    return lambda *words: run("aptly", f"-config={work}/aptly.conf", *words, home=work)


@pytest.fixture
def http(repository: SmallRepository) -> Iterator[str]:
    """Where the repository is served."""
    with served_by_qlumod(repository.root) as address:
        yield address


@contextmanager
def served_by_qlumod(root: Path) -> Iterator[str]:
    """Serve a directory as we serve a repository; the value is its address."""
    with server(root, "127.0.0.1", 0, listen=ignore) as made, running(made) as address:
        yield address


def client(root: Path, uri: str, signer: Signer) -> Client:
    """A real apt client of somebody's repository, which believes that key only; updated."""
    made = Client.following(root, followed(uri, [SUITE], str(signer.keyring)), uri)
    made.update()
    return made


def fetched(reader: Client, package: str) -> bytes:
    """The bytes of a package as apt fetches and checks it."""
    reader.must("apt-get", "download", package)
    (deb,) = reader.root.glob("*.deb")
    data = deb.read_bytes()
    deb.unlink()
    return data


def run(*words: str | Path, home: Path) -> str:
    """Run a program that must succeed, with that home directory; returns what it printed."""
    done = subprocess.run(
        [str(word) for word in words],
        env={**os.environ, "HOME": str(home), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
