"""A repository with a key of its own, and real apt clients for it."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TypeVar

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Event
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.settings import Wishes
from qlumod.repository.format.snapshots import Snapshot, all_snapshots, current_snapshot
from qlumod.repository.publishing import publication
from qlumod.repository.publishing.outcome import Publication
from qlumod.repository.publishing.terms import Admission, Terms
from qlumod.system.keys.gpg import make_key
from qlumod.workflows.publish import promote, publish
from tests.conftest import CommandLine
from tests.repository.client import Client
from tests.support.debs import make_deb
from tests.support.signing import signing_home

T = TypeVar("T")
SUITE = "14.0-bookworm"
DATE = 1_700_000_000
"""A date in the past, so that snapshots need not wait for the clock."""


@dataclass
class SmallRepository:
    """A repository, where its debs are made, and what was announced."""

    work: Path
    fingerprint: str
    events: list[Event] = field(default_factory=list)
    date: int = DATE

    @property
    def root(self) -> Path:
        return self.work / "repository"

    @property
    def layout(self) -> Layout:
        return Layout(root=self.root)

    @property
    def current(self) -> Snapshot:
        snapshot = current_snapshot(self.layout, SUITE)
        assert snapshot is not None
        return snapshot

    @property
    def uri(self) -> str:
        return f"file:{self.root}"

    @property
    def publishing(self) -> tuple[str | Path, ...]:
        """The words of a command line that publishes here."""
        place = ("--repository", self.root, "--suite", SUITE)
        return ("publish", *place, "--key", self.fingerprint)

    def deb(self, name: str, version: str = "1.0", *, folder: str = "incoming", **given) -> Path:
        return make_deb(self.work / folder, name, version, **given)

    def terms(self, **options) -> Terms:
        return Terms(repository=self.root, **options)

    def publish(self, *files: Path, **options) -> Publication:
        self.date += 1
        return self._published(files, {"date": self.date, **options})

    def preview(self, *files: Path, **options) -> Publication:
        return self._published(files, {"dry_run": True, **options})

    def _published(self, files: Sequence[Path], options: dict) -> Publication:
        options = {"unproved": "proofs" not in options, **self.said(options)}
        admission = taken(Admission, options)
        options = {"wishes": Wishes(keys=(self.fingerprint,)), **options}
        return publish(files, options.pop("suite", SUITE), admission=admission, **options)

    def promote(self, source: str, target: str, **options) -> Publication:
        options = self.said({"date": self.date, **options})
        return promote(source, target, admission=taken(Admission, options), **options)

    def said(self, options: dict) -> dict:
        """The options as verbs take them: the terms in one value."""
        options = {"repository": self.root, "listen": self.events.append, **options}
        return {"terms": taken(Terms, options), **options}

    def client(self, *, uri: str | None = None, name: str = "client", **options) -> Client:
        sources = (self.root / f"{SUITE}.sources").read_text()
        return Client.following(self.work / name, sources, uri or self.uri, **options)

    def tree(self) -> dict[str, bytes]:
        """Everything that a reader can see: paths and bytes."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for top in ("pool", "dists", "snapshots")
            for path in sorted(walk(self.root / top))
        }

    def debris(self) -> list[str]:
        """What no snapshot needs."""
        named = {file.path for entry in self.all_entries() for file in entry.files}
        pool = {str(path.relative_to(self.root)) for path in walk(self.layout.pool)}
        hidden = [str(path) for path in self.root.rglob(".*.new")]
        staging = [str(path) for path in self.layout.staging.glob("*")]
        return [*sorted(pool - named), *hidden, *staging]

    def all_entries(self):
        return [entry for snapshot in all_snapshots(self.layout) for entry in snapshot.entries()]


def taken(kind: type[T], options: dict) -> T:
    """A value of those options that it has fields for, which are none of the others any more."""
    names = [field.name for field in fields(kind) if field.name in options]
    return kind(**{name: options.pop(name) for name in names})


def walk(top: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(top, followlinks=top.name == "dists"):
        yield from (Path(folder, name) for name in names)


@pytest.fixture(scope="session")
def keys() -> Iterator[Path]:
    with signing_home() as home:
        yield home


@pytest.fixture(scope="session")
def fingerprint(keys: Path) -> str:
    return make_key(keys, "Test archive <test@example.org>").fingerprint


@pytest.fixture
def work() -> Iterator[Path]:
    """A directory in memory where there is one: everything here is synced to disk, often."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="qlumod-test-", dir=memory) as directory:
        yield Path(directory)


@pytest.fixture
def repository(
    work: Path, keys: Path, fingerprint: str, monkeypatch: pytest.MonkeyPatch
) -> SmallRepository:
    monkeypatch.setenv("GNUPGHOME", str(keys))
    return SmallRepository(work, fingerprint)


@pytest.fixture
def qlumod(repository: SmallRepository, keys: Path) -> CommandLine:
    repository.work.joinpath("work").mkdir()
    os.environ["GNUPGHOME"] = str(keys)
    return CommandLine(repository.work / "work", repository.work / "cache")


@pytest.fixture
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the client's trial out, which changes nothing and takes half of the time."""
    monkeypatch.setattr(publication, "try_staged", lambda *_, **__: None)


def modules(repository: SmallRepository, version: str = "14.0.0-1") -> Sequence[Path]:
    """core, slurm upon it, and the short package, as a release has them."""
    core = "qlustar-module-core-bookworm-amd64-14.0.0"
    slurm = "qlustar-module-slurm-bookworm-amd64-14.0.0"
    needs = "qlumod-head, libc6 (>= 2.36), debconf | debconf-2.0"
    return (
        repository.deb(core, version, depends=needs, files={"/usr/share/qlumod/core": version}),
        repository.deb(slurm, version, depends=f"{core} (= {version})"),
        repository.deb(
            "qlustar-module-slurm",
            version,
            depends=f"{slurm} (= {version}) | qlustar-module-slurm-trixie-amd64-14.0.0",
        ),
        repository.deb("qlumod-head", "1.0", depends="python3:any (>= 3.11)"),
    )


def refused(repository: SmallRepository, *files: Path, **options) -> str:
    """The whole text of an error, with the test's own directories named shortly."""
    before = repository.tree() if repository.root.exists() else {}
    with pytest.raises(QlumodError) as error:
        repository.publish(*files, **options)
    assert (repository.tree() if before else {}) == before
    assert not repository.layout.staging.exists() or not any(repository.layout.staging.iterdir())
    return str(error.value).replace(str(repository.work), "W")
