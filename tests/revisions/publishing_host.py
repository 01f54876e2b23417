"""A site that locks and packages for real, and publishes; only its layers are made up."""

import gzip
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from qlumod.layer.cache import payload_path
from qlumod.layer.job import Job
from qlumod.lock.verbs.solve_lock import Wish
from qlumod.model.names import ModulePackage
from qlumod.package.delivery import Delivery
from qlumod.package.render import render
from qlumod.package.source_plan import SourcePlan
from qlumod.repository.format.settings import Wishes
from qlumod.repository.publishing.outcome import Publication
from qlumod.repository.publishing.terms import Admission, Terms
from qlumod.system.keys.gpg import SigningKey
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from qlumod.workflows import build, lock
from qlumod.workflows.package import source_plan
from qlumod.workflows.predecessors import Base
from qlumod.workflows.publish import publish
from tests.lock.build_host import BuildHost
from tests.package.small import make_payload

DATE = 1_700_000_000


class PublishingHost(BuildHost):
    """A site with a repository of its modules."""

    def __init__(self, top: Path, key: SigningKey, fingerprint: str) -> None:
        super().__init__(top, key)
        self.fingerprint = fingerprint
        self.output = top / "build"
        self.published = DATE
        self.layers: dict[str, Mapping[str, str]] = {}
        """The files of each module's layer, by path, with their text."""

    @cached_property
    def repository(self) -> Path:
        return self.top / "repository"

    def base(self, against: str | None = None) -> Base:
        return Base(repository=self.repository, against=against)

    def relock(self, against: str | None = None, **given: object) -> lock.Locked:
        """Lock against the repository."""
        return lock.lock(
            self.place,
            Wish(**given),  # type: ignore[arg-type]
            base=self.base(against),
            listen=self.events.append,
        )

    def jobs(self, *modules: str) -> dict[str, Job]:
        _, _, jobs = build.ordered(self.place, modules)
        return {job.spec.module: job for job in jobs}

    def rendered(self, module: str) -> dict[str, str]:
        """The text of a module's source package."""
        return render(source_plan(self.jobs(module)[module], self.store))

    def build(self, *modules: str) -> dict[str, tuple[Path, ...]]:
        """The packages of the modules, over layers that are made up here."""
        for job in self.jobs(*modules).values():
            place = payload_path(self.cache, job.identity)
            if not place.exists():
                plan = SourcePlan(
                    release=job.project.release, spec=job.spec, lock=job.lock, inputs=()
                )
                self.make_payload(place, plan)
        self.fetch()
        built = build.build_modules(
            self.place,
            modules,
            to=Delivery(output=self.output, lint=False),
            base=None,
            listen=self.events.append,
        )
        return {made.module: made.packages for made in built}

    def make_payload(self, place: Path, plan: SourcePlan) -> None:
        """Make up what a build of the layer would leave."""
        make_payload(place, plan, files=self.layers.get(plan.module))

    def release_to(self, *files: Path, suite: str | None = None) -> Publication:
        self.published += 1
        return publish(
            [path for path in files if path.suffix == ".changes"],
            suite,
            wishes=Wishes(keys=(self.fingerprint,)),
            admission=Admission(unproved=True),
            terms=Terms(repository=self.repository, date=self.published),
            listen=self.events.append,
        )

    def release_is(self, version: str) -> None:
        """Begin another release of the same things."""
        path = self.specs / "release"
        text = path.read_text()
        old = text.partition("Version: ")[2].partition("\n")[0]
        path.write_text(text.replace(f"Version: {old}", f"Version: {version}"))


def said(locked: lock.Locked) -> dict[str, str]:
    """``version < predecessor: why`` of each module."""
    return {
        found.module: f"{found.version} < {found.predecessor}: {found.why}"
        for found in locked.revisions
    }


def documents(files: tuple[Path, ...]) -> dict[str, str]:
    """The texts in the doc directory of a payload package, the module's without its name."""
    (deb,) = (path for path in files if path.name.partition("_")[0].count(".") == 2)
    package = ModulePackage.parse(deb.name.partition("_")[0])
    place = deb.parent / f".{deb.name}"
    capture(command("dpkg-deb", "--extract", deb, place))
    return {
        path.name.removesuffix(".gz").removeprefix(f"{package.module}."): _text(path)
        for path in sorted((place / "usr/share/doc" / str(package)).iterdir())
    }


def _text(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
