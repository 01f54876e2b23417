"""The soak: publications, killed again and again, while clients follow, none of which ever fails.

Four clients (two of Debian 12, two of Debian 13) update and install in a loop, a fifth mirrors by
names; nginx serves them. Each publication is made by a process of its own. Before it comes to its
end, others are killed (SIGKILL): while they halt at a moment that they have announced, so that each
step is met, or at any time. In between, old snapshots are removed.
"""

import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_docker.plugin import get_docker_services

from qlumod.events import ignore
from qlumod.repository.format.settings import Wishes
from qlumod.repository.verbs.repo import check_repository
from qlumod.system.keys.gpg import export_key, make_key
from tests.conftest import ROOT
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
from tests.docker.soak_publisher import Moment, Order, carry_out
from tests.support.debs import make_deb
from tests.support.signing import signing_home

FILES = Path(__file__).parent
SUITE = "14.0-soak"
EARLIER = "(before the first step)"
PACKAGES = (("soak", "all"), ("soak-all", "all"), ("soak-amd64", "amd64"))
"""All three come with each publication, and need each other in the same version."""


@dataclass(frozen=True)
class Measure:
    """How much is done, and what must come of it."""

    publications: int
    kills: int
    """How often each step is met at least."""
    seen: int
    """How many different states each client meets at least."""
    removals_too: bool = True
    """Whether who removes is killed in each step, too: it takes some tens of versions."""
    grace: int = 30
    """Seconds after which snapshots go: no client needs as long for one round."""


Log = Callable[[str], object]

LONG = Measure(publications=200, kills=5, seen=50)
SHORT = Measure(publications=12, kills=1, seen=4, removals_too=False)


@dataclass
class Follower:
    """One that follows, and what it said."""

    name: str
    process: "subprocess.Popen[str]"
    rounds: int = 0
    overtaken: int = 0
    """Passes of the mirror that began again because the suite had moved on."""
    seen: set[str] = field(default_factory=set)
    """Digests of the InRelease files that it has used."""
    versions: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Take in what it says, until it ends."""
        assert self.process.stdout
        for line in self.process.stdout:
            kind, _, rest = line.rstrip().partition(" ")
            match kind:
                case "round":
                    digest, version = rest.split()
                    self.rounds += 1
                    self.seen.add(digest)
                    self.versions |= {version} - {"-"}
                case "overtaken":
                    self.overtaken += 1
                case "failed":
                    self.failures.append(rest)
                case _:
                    self.failures[-1:] = ["\n".join((*self.failures[-1:], line.rstrip()))]
        if self.process.wait():
            self.failures.append(f"ended with status {self.process.returncode}")


@dataclass(kw_only=True)
class SoakOutcome:
    """What came of it."""

    measure: Measure
    seed: int
    seconds: float = 0
    publications: int = 0
    removals: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    """How often the publisher was killed in each step, by its own log."""
    by_chance: int = 0
    """How many of the kills came at any time."""
    steps: tuple[str, ...] = ()
    clients: tuple[Follower, ...] = ()
    requests: Counter[str] = field(default_factory=Counter)
    """What the server was asked for, and ``refused``: what it did not give."""
    faults: list[str] = field(default_factory=list)
    """What went wrong with the publisher or the repository."""

    def is_early(self) -> bool:
        """Whether a client has yet to see more, and may: none has failed."""
        clients = self.clients
        return not any(client.failures for client in clients) and any(
            len(client.seen) < self.measure.seen for client in clients
        )

    def wrong(self) -> list[str]:
        """All that is not as it must be."""
        measure = self.measure
        found = list(self.faults)
        for step in self.steps:
            if self.kills[step] < measure.kills:
                found.append(f"{step}: killed {self.kills[step]} times, not {measure.kills}")
        for client in self.clients:
            found += [f"{client.name}: {failure}" for failure in client.failures]
            if len(client.seen) < measure.seen:
                found.append(f"{client.name}: {len(client.seen)} InRelease, not {measure.seen}")
            if client.name != "mirror" and len(client.versions) < measure.seen:
                found.append(f"{client.name}: {len(client.versions)} versions, not {measure.seen}")
        if self.requests["refused"]:
            found.append(f"the server refused {self.requests['refused']} requests")
        return found

    def document(self) -> dict[str, Any]:
        """For --json."""
        return {
            "seed": self.seed,
            "seconds": round(self.seconds),
            "publications": self.publications,
            "removals": self.removals,
            "kills": dict(self.kills),
            "kills_by_chance": self.by_chance,
            "requests": dict(self.requests),
            "clients": [
                {
                    "client": client.name,
                    "rounds": client.rounds,
                    "inrelease": len(client.seen),
                    "versions": len(client.versions),
                    "overtaken": client.overtaken,
                    "failures": client.failures,
                }
                for client in self.clients
            ],
            "wrong": self.wrong(),
        }

    def lines(self) -> Iterator[str]:
        """For people."""
        yield (
            f"soak: {self.publications} publications and {self.removals} removals in"
            f" {self.seconds:.0f} s, {self.kills.total()} kills ({self.by_chance} by chance),"
            f" seed {self.seed}"
        )
        yield ""
        yield "client        rounds  InRelease  versions  overtaken  failures"
        for client in self.clients:
            yield (
                f"{client.name:12}  {client.rounds:6}  {len(client.seen):9}"
                f"  {len(client.versions):8}  {client.overtaken:9}  {len(client.failures):8}"
            )
        yield ""
        yield "killed in                                times"
        for step in dict.fromkeys((EARLIER, *self.steps, *self.kills)):
            yield f"{step:39}  {self.kills[step]:5}"
        yield ""
        yield "requests: " + ", ".join(f"{n} {kind}" for kind, n in sorted(self.requests.items()))
        yield from (f"WRONG: {fault}" for fault in self.wrong())


def soak(
    network: ContainerNetwork, *, home: Path, measure: Measure, seed: int, work: Path, log: Log
) -> SoakOutcome:
    """All of it; `home` is GnuPG's, in which an agent runs. The log tells of each publisher."""
    key = make_key(home, "Soak <soak@example.org>")
    repository = network.served / "soak"
    (network.served / "soak.gpg").write_bytes(export_key(key))
    outcome = SoakOutcome(measure=measure, seed=seed)
    order = Order(
        repository=repository,
        suite=SUITE,
        files=(),
        wishes=Wishes(keys=(key.fingerprint,), uri=network.uri("soak")),
        home=home,
        grace=measure.grace,
    )
    publisher = InterruptedPublisher(order, outcome, random.Random(seed), work / "incoming", log)
    began = time.monotonic()
    publisher.first()
    with followed(network, repository / f"{SUITE}.sources") as clients:
        outcome.clients = tuple(clients)
        publisher.all_others()
    outcome.seconds = time.monotonic() - began
    outcome.faults += check_repository(repository, listen=ignore).faults
    outcome.requests = _requests(network.server.must("cat /var/log/nginx/asked.log"))
    return outcome


class InterruptedPublisher:
    """Publishes one version after the other, and is killed."""

    def __init__(
        self, order: Order, outcome: SoakOutcome, chance: random.Random, place: Path, log: Log
    ) -> None:
        self.order = order
        self.outcome = outcome
        self.chance = chance
        self.place = place
        self.log = log
        self.aims: list[Moment] = []
        self.removal_aims: list[Moment] | None = None
        """None: it is not known yet what one who removes announces."""
        self.typical = 1.0
        """Seconds that a publication took which nobody disturbed."""
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload([carry_out.__module__])

    def first(self) -> None:
        """Publish the first version, undisturbed: so it is known what a publisher announces."""
        moments = self._attempt(self._next())
        self.outcome.publications = 1
        self.aims = self._aims(moments)

    def _aims(self, moments: Sequence[Moment]) -> list[Moment]:
        """Moments at which to kill, of each step as often as it is to be met."""
        aims: list[Moment] = []
        steps = tuple(dict.fromkeys(moment.step for moment in moments))
        for step in steps:
            kinds = sorted({moment.kind for moment in moments if moment.step == step})
            chosen = [self.chance.choice(kinds) for _ in range(self.outcome.measure.kills)]
            aims += [Moment(step, kind) for kind in chosen]
        self.outcome.steps += steps
        self.chance.shuffle(aims)
        return aims

    def all_others(self) -> None:
        """Publish until there were enough, each step was met, and each client has seen enough."""
        wanted = self.outcome.measure.publications
        while self.outcome.publications < wanted or (
            self.outcome.publications < 3 * wanted and (self._has_aims() or self.outcome.is_early())
        ):
            left = max(1, wanted - self.outcome.publications)
            aims = [self.aims.pop() for _ in range(-(-len(self.aims) // left))]
            self._publish(aims)
            if self.outcome.publications % 10 == 0:
                self._remove()

    def _has_aims(self) -> bool:
        return bool(self.aims or self.removal_aims)

    def _publish(self, aims: Sequence[Moment]) -> None:
        """Publish the next version in the end."""
        order = self._next()
        # A publisher that was killed at its end had published all the same: no other moment comes.
        self.aims[:0] = [aim for aim in aims if not self._killed(order, aim)]
        if self.chance.random() < 0.25:
            self._killed(order, None)
        self._attempt(order)
        self.outcome.publications += 1

    def _remove(self) -> None:
        """Let go of old snapshots, interrupted first; the first time that there are some, not."""
        order = Order(**{**vars(self.order), "files": ()})
        if self.removal_aims is not None:
            aims = [self.removal_aims.pop() for _ in self.removal_aims[:2]]
            self.removal_aims[:0] = [aim for aim in aims if not self._killed(order, aim)]
        moments = self._attempt(order)
        is_whole = any(one.step == "removing packages" for one in moments)
        if self.removal_aims is None and is_whole and self.outcome.measure.removals_too:
            self.removal_aims = self._aims(moments)
        self.outcome.removals += 1

    def _next(self) -> Order:
        """The packages of the next version."""
        version = str(self.outcome.publications + 1)
        shutil.rmtree(self.place, ignore_errors=True)
        depends = ", ".join(f"{name} (= {version})" for name, _ in PACKAGES[1:])
        debs = [
            make_deb(
                self.place,
                name,
                version,
                architecture=architecture,
                depends=depends if name == "soak" else "",
                files={} if name == "soak" else {f"/usr/share/soak/{architecture}": f"{version}\n"},
            )
            for name, architecture in PACKAGES
        ]
        return Order(**{**vars(self.order), "files": tuple(debs)})

    def _killed(self, order: Order, aim: Moment | None) -> bool:
        """Kill a publisher, at a moment or at any time; whether it was still there."""
        after = None if aim else self.chance.uniform(0, self.typical)
        moments, killed = self._run(order, aim, after)
        if killed:
            last = moments[-1] if moments else Moment(EARLIER, "")
            self.log(f"{self._what(order)}: killed in: {last.step} {last.kind}")
            self.outcome.kills[last.step] += 1
            self.outcome.by_chance += aim is None
        return killed

    def _attempt(self, order: Order) -> list[Moment]:
        began = time.monotonic()
        moments, _ = self._run(order, None, None)
        seconds = time.monotonic() - began
        self.log(f"{self._what(order)}: done, {len(moments)} moments in {seconds:.1f} s")
        if order.files and moments[-1].step == "switching":
            self.typical = seconds
        return moments

    def _what(self, order: Order) -> str:
        return f"publication {self.outcome.publications + 1}" if order.files else "removal"

    def _run(
        self, order: Order, aim: Moment | None, after: float | None
    ) -> tuple[list[Moment], bool]:
        """Let a process carry out the order; what it announced, and whether it was killed."""
        ours, theirs = self._processes.Pipe(duplex=False)
        process = self._processes.Process(target=carry_out, args=(order, aim, theirs))
        process.start()
        theirs.close()
        deadline = None if after is None else time.monotonic() + after
        moments: list[Moment] = []
        ended = False
        while True:
            if deadline and not ours.poll(max(0.0, deadline - time.monotonic())):
                process.kill()
                deadline = None
            try:
                said = ours.recv()
            except EOFError:
                break
            if isinstance(said, Moment):
                moments.append(said)
            elif said == "halted":
                process.kill()
            elif said is None:
                ended = True
            else:
                self.outcome.faults.append(f"the publisher failed: {said}")
        process.join()
        if not ended and process.exitcode != -9:
            self.outcome.faults.append(f"the publisher ended with status {process.exitcode}")
        return moments, process.exitcode == -9


@contextmanager
def followed(network: ContainerNetwork, sources: Path) -> Iterator[list[Follower]]:
    """The clients, who follow all the time and finish their rounds after the block."""
    script = (FILES / "soak_client.sh").read_text()
    mirror = (FILES / "soak_mirror.py").read_text()
    homes = {
        **{f"bookworm {n}": home for n, home in enumerate(network.bookworm[:2], 1)},
        **{f"trixie {n}": home for n, home in enumerate(network.trixie[:2], 1)},
        "mirror": network.bookworm[2],
    }
    for home in homes.values():
        home.must("rm -f /etc/apt/sources.list.d/* /tmp/stop; cat > /etc/apt/sources.list.d/"
                  "soak.sources", sources.read_text())  # fmt: skip
    homes["mirror"].must("cat > /tmp/mirror.py", mirror)
    words = (
        f"exec python3 -u /tmp/mirror.py {network.uri('soak')} {SUITE} {network.uri('soak.gpg')}"
    )
    clients = [
        Follower(name, home.start(words if name == "mirror" else script))
        for name, home in homes.items()
    ]
    listeners = [threading.Thread(target=client.listen, daemon=True) for client in clients]
    for listener in listeners:
        listener.start()
    try:
        yield clients
    finally:
        for home in homes.values():
            home.must("touch /tmp/stop")
        for listener in listeners:
            listener.join(timeout=60)
        for client in clients:
            client.process.kill()


def _requests(log: str) -> Counter[str]:
    """What the server gave, by kind."""
    found: Counter[str] = Counter()
    for line in log.splitlines():
        _, status, _, path = line.split(" ", 3)
        if not path.startswith("/soak/"):
            continue
        if status not in ("200", "206", "304"):
            found["refused"] += 1
        elif "/by-hash/" in path:
            found["indexes by digest"] += 1
        elif path.startswith("/soak/pool/"):
            found["packages"] += 1
        else:
            found["InRelease" if path.endswith("/InRelease") else "indexes by name"] += 1
    return found


def main() -> int:
    """The long soak, unless less is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, prog="soak")
    parser.add_argument("--short", action="store_true", help="as the tests do it")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache/test")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    given.cache.mkdir(parents=True, exist_ok=True)
    # Whoever ends it, all is taken down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ["QLUMOD_CONFIG"] = os.devnull
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix="qlumod-soak-", dir=memory) as served,
        tempfile.TemporaryDirectory(prefix="qlumod-soak-") as work,
        signing_home() as home,
        engine() as host,
        compose_environment(
            host, served=Path(served), cache=given.cache.resolve(), scratch=Path(work, "images")
        ),
        get_docker_services(COMMAND, str(COMPOSE), f"soak{os.getpid()}", UP, DOWN),
    ):
        outcome = soak(
            container_network(host, f"soak{os.getpid()}", Path(served)),
            home=home,
            measure=SHORT if given.short else LONG,
            seed=given.seed,
            work=Path(work),
            log=lambda line: print(line, file=sys.stderr, flush=True),
        )
    print(json.dumps(outcome.document(), indent=2) if given.json else "\n".join(outcome.lines()))
    return 1 if outcome.wrong() else 0


if __name__ == "__main__":
    sys.exit(main())
