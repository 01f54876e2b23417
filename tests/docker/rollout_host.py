"""Who makes modules and publishes them: locks, packages and publishes for real."""

import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from qlumod.package.source_plan import SourcePlan
from qlumod.repository.format.settings import Wishes
from qlumod.repository.format.snapshots import all_snapshots
from qlumod.repository.publishing.outcome import Publication
from qlumod.repository.publishing.terms import Admission, Terms
from qlumod.repository.verbs.withdraw import rollback
from qlumod.system.keys.gpg import SigningKey
from qlumod.workflows.publish import publish
from qlumod.workflows.workplace import Workplace
from tests.head.head_node import CORE_FILES, KERNEL
from tests.head.small_payloads import BASE, MUNGE, state
from tests.package.small import make_payload
from tests.revisions.publishing_host import PublishingHost

CORE, SLURM = 1 << 20, 1 << 18
"""About how many bytes the modules' layers have."""


class RolloutHost(PublishingHost):
    """A publishing host whose core a head node can make images of, and whose slurm is small."""

    def __init__(
        self,
        top: Path,
        key: SigningKey,
        fingerprint: str,
        *,
        flavor: str,
        repository: Path,
        uri: str,
    ) -> None:
        super().__init__(top, key, fingerprint)
        self.flavor = flavor
        self._repository = repository
        self.uri = uri
        path = self.specs / "release"
        path.write_text(path.read_text().replace("Flavors: bookworm", "Flavors: bookworm trixie"))

    @property
    def place(self) -> Workplace:
        return replace(super().place, flavor=self.flavor)

    @property
    def suite(self) -> str:
        return f"14.0-{self.flavor}"

    @property
    def repository(self) -> Path:  # type: ignore[override]
        return self._repository

    @property
    def sources(self) -> str:
        """What users put into /etc/apt/sources.list.d/."""
        return (self.repository / f"{self.suite}.sources").read_text()

    def make_payload(self, place: Path, plan: SourcePlan) -> None:
        core = plan.module == "core"
        about = f"{plan.version} of {plan.module}"
        below, above = ({}, BASE) if core else (BASE, MUNGE)
        make_payload(
            place,
            plan,
            files={
                "/usr/lib/os-release" if core else "/usr/sbin/slurmd": about,
                f"/usr/lib/{plan.module}/bulk": bulk(about, CORE if core else SLURM),
            },
            beside={
                **(CORE_FILES if core else {}),
                **state(self.top / "state" / place.name, below, above),
            },
            kernel=KERNEL if core else "",
        )

    def offer_packages(self, hello: str = "1") -> None:
        """What Debian has: core's hello comes in another version after a security update."""
        self.offer(self.deb("hello", hello), self.deb("munge"), self.deb("slurmd"))

    def put_out(self, files: Iterable[Path]) -> Publication:
        """Publish .debs and .changes."""
        return publish(
            tuple(files),
            self.suite,
            wishes=Wishes(keys=(self.fingerprint,), uri=self.uri),
            admission=Admission(unproved=True),
            terms=Terms(repository=self.repository),
            listen=self.events.append,
        )

    def go_back(self) -> None:
        """Offer the first release again."""
        found = all_snapshots(self.base().layout)
        first = next(one.identity for one in found if one.suite == self.suite)
        rollback(
            self.suite, first, terms=Terms(repository=self.repository), listen=self.events.append
        )


def bulk(seed: str, size: int) -> str:
    """Text that takes half of its size when compressed."""
    return random.Random(seed).randbytes(size).hex()
