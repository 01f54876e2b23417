"""Head nodes of both suites follow a repository over HTTP: from the first install to the purge."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from qlumod.system.keys.gpg import SigningKey
from tests.docker.container_network import ContainerNetwork
from tests.docker.containers import Container
from tests.docker.rollout_host import RolloutHost
from tests.revisions.publishing_host import said
from tests.support.roots import SUITES
from tests.support.transcript import Transcript

pytestmark = pytest.mark.slow

WANTED = {"bookworm": "qlustar-module-slurm", "trixie": "qlustar-module-slurm-trixie-amd64-14"}
"""What is installed; the short package follows the release's default flavor."""
PACKAGES = (
    "echo == packages; dpkg-query -W -f '${db:Status-Abbrev}${Package} ${Version}\\n'"
    " 'ql*' python3-qlumod | grep -v '^un'; echo == audit; dpkg --audit; echo ==\n"
)
IMAGES = "echo == images; qlumod image list; echo ==\n"
UPGRADE = "apt-get -q update; apt-get -q -y full-upgrade\n"
PURGE = """\
apt-get -q -y --purge autoremove 'ql*' python3-qlumod
apt-get clean
echo == left
find / -xdev -path /proc -prune -o -path '*qlu*' ! -path '/etc/qlumod/images*' \\
    ! -path '/var/lib/apt/lists/*' ! -path '/out*' -print
echo ==
"""


@dataclass(frozen=True)
class ClientTranscript(Transcript):
    """What a script printed on one client, and what the server gave to it meanwhile."""

    given: Mapping[str, int]
    """Path below the repository, and bytes."""

    @property
    def packages(self) -> dict[str, str]:
        """What is installed, and whole."""
        assert self.after("audit") == []
        rows = [line.split() for line in self.after("packages")]
        assert all(row[0] == "ii" for row in rows), rows
        return {name: version for _, name, version in rows}

    @property
    def debs(self) -> dict[str, int]:
        """The packages that were fetched, by file name."""
        return {
            path.rpartition("/")[2]: size
            for path, size in self.given.items()
            if path.endswith(".deb")
        }


@dataclass
class Rollout:
    """Modules of two flavors in the course of time, and what came of each step on their clients."""

    network: ContainerNetwork
    hosts: Mapping[str, RolloutHost]
    told: dict[str, dict[str, ClientTranscript]] = field(default_factory=dict)
    """By step and flavor, as the others."""
    versions: dict[str, dict[str, Mapping[str, str]]] = field(default_factory=dict)
    """What the lock gave to the modules."""
    published: dict[str, dict[str, list[Path]]] = field(default_factory=dict)

    def publish(self, step: str, *more: Path, **given: object) -> None:
        """Lock against what is published, build what changed, and publish that."""
        self.versions[step], self.published[step] = {}, {}
        for flavor, host in self.hosts.items():
            self.versions[step][flavor] = said(host.relock(**given))  # type: ignore[arg-type]
            built = [path for files in host.build().values() for path in files]
            self.published[step][flavor] = [path for path in built if path.suffix == ".deb"]
            host.put_out([*more, *(path for path in built if path.suffix == ".changes")])

    def play(self, step: str, script: str) -> None:
        """Run a script on the clients, side by side."""

        def run(flavor: str) -> ClientTranscript:
            client: Container = getattr(self.network, flavor)[0]
            before = len(self._asked())
            text = script.replace("WANTED", WANTED[flavor]).replace("FLAVOR", flavor)
            done = client(f"set -e\n{text}", self.hosts[flavor].sources)
            lines = self._asked()[before:]
            rows = (line.split() for line in lines if line.startswith(f"{client.address} "))
            given = {row[3]: int(row[2]) for row in rows if row[1] in ("200", "206")}
            return ClientTranscript(done.returncode, tuple(done.stdout.splitlines()), given)

        with ThreadPoolExecutor(len(self.hosts)) as pool:
            self.told[step] = dict(zip(self.hosts, pool.map(run, self.hosts), strict=True))

    def _asked(self) -> list[str]:
        return self.network.server.must("cat /var/log/nginx/asked.log").splitlines()


@pytest.fixture(scope="module")
def rollout(
    network: ContainerNetwork,
    key: SigningKey,
    keys: Path,
    fingerprint: str,
    own_packages: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Rollout]:
    """All of it, once."""
    where = {"repository": network.served / "release", "uri": network.uri("release")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GNUPGHOME", str(keys))
        hosts = {
            flavor: RolloutHost(
                tmp_path_factory.mktemp(flavor), key, fingerprint, flavor=flavor, **where
            )
            for flavor in SUITES
        }
        rollout = Rollout(network, hosts)
        own = [
            next(own_packages.glob(f"{name}_*.deb")) for name in ("qlumod-head", "python3-qlumod")
        ]
        for step in STEPS:
            step(rollout, own)
        yield rollout


def install(rollout: Rollout, own: list[Path]) -> None:
    """The first release."""
    for host in rollout.hosts.values():
        host.offer_packages()
        host.spec("slurm", "munge", "slurmd")
    rollout.publish("install", *own)
    rollout.play(
        "install",
        "cat > /etc/apt/sources.list.d/modules.sources\n"
        "apt-get -q update; apt-get -q -y install WANTED\n"
        "echo == suite; . /etc/os-release; echo $VERSION_CODENAME; echo ==\n" + PACKAGES,
    )
    rollout.play(
        "images",
        "qlumod image create fixed --modules slurm --version 14.0.0\n"
        "qlumod image create following --modules slurm\n"
        f"qlumod image build fixed following\n{IMAGES}",
    )


def security(rollout: Rollout, own: list[Path]) -> None:
    """A package of core gets a security update."""
    for host in rollout.hosts.values():
        host.offer_packages(hello="1+deb12u1")
    rollout.publish("security", update=["hello"])
    rollout.play("security", UPGRADE + PACKAGES + IMAGES)


def release(rollout: Rollout, own: list[Path]) -> None:
    """The next release, and what apt makes of the last one."""
    for host in rollout.hosts.values():
        host.release_is("14.0.1")
    rollout.publish("release")
    rollout.play("release", UPGRADE + PACKAGES + IMAGES)
    rollout.play("autoremove", "apt-get -q -y autoremove\n" + PACKAGES)


def back(rollout: Rollout, own: list[Path]) -> None:
    """The suites offer the first release again."""
    for host in rollout.hosts.values():
        host.go_back()
    rollout.play("rollback", UPGRADE + PACKAGES)
    names = ("WANTED", *(named("slurm", "FLAVOR", meta) for meta in ("14", "14.0")))
    rollout.play(
        "downgrade", "apt-get -q -y install " + " ".join(f"{name}=14.0.0-1" for name in names)
    )
    rollout.play("after", PACKAGES)


def purge(rollout: Rollout, own: list[Path]) -> None:
    """Nobody wants the old version any more, and then nothing of all this."""
    rollout.play("let go", f"qlumod image remove fixed; apt-get -q -y autoremove\n{PACKAGES}")
    rollout.play("purge", PURGE)


STEPS: tuple[Callable[[Rollout, list[Path]], None], ...] = (install, security, release, back, purge)


@dataclass(frozen=True)
class HeadNodeHistory:
    """A head node that follows one flavor, on the Debian of that name."""

    flavor: str
    told: Mapping[str, ClientTranscript]
    published: Mapping[str, list[Path]]
    versions: Mapping[str, Mapping[str, str]]

    def slurm(self, version: str) -> dict[str, str]:
        """The packages of slurm that follow each other, at a version."""
        metas = (named("slurm", self.flavor, meta) for meta in ("14", "14.0"))
        return dict.fromkeys((WANTED[self.flavor], *metas), version)

    def payloads(self, release: str, core: int, slurm: int) -> dict[str, str]:
        """The payloads of a release, with the N of each."""
        revisions = {"core": core, "slurm": slurm}
        return {
            named(module, self.flavor, release): f"{release}-{revision}"
            for module, revision in revisions.items()
        }


@pytest.fixture(params=SUITES)
def history(request: pytest.FixtureRequest, rollout: Rollout) -> HeadNodeHistory:
    """What came of each step on the client of a flavor."""
    flavor = request.param
    told = {step: clients[flavor] for step, clients in rollout.told.items()}
    failed = [f"{step}:\n{one.text}" for step, one in told.items() if one.status]
    assert len(failed) == 1 and failed[0].startswith("downgrade:"), "\n".join(failed)
    assert told["install"].after("suite") == [flavor]
    return HeadNodeHistory(
        flavor,
        told,
        {step: found[flavor] for step, found in rollout.published.items()},
        {step: found[flavor] for step, found in rollout.versions.items()},
    )


def named(module: str, flavor: str, version: str) -> str:
    """The name of a module's package."""
    return f"qlustar-module-{module}-{flavor}-amd64-{version}"


def images(told: ClientTranscript) -> list[str]:
    """The images of a client, each in one line."""
    return [" ".join(line.split()) for line in told.after("images")]


def modules_of(packages: Mapping[str, str]) -> dict[str, str]:
    """The packages without those of qlumod itself."""
    return {name: version for name, version in packages.items() if name.startswith("qlustar-")}


def test_one_install_brings_the_module_all_that_it_needs_and_the_head_node(
    history: HeadNodeHistory,
) -> None:
    packages = history.told["install"].packages
    assert modules_of(packages) == {**history.payloads("14.0.0", 1, 1), **history.slurm("14.0.0-1")}
    assert {"qlumod-head", "python3-qlumod"} <= set(packages)


def line(image: str, history: HeadNodeHistory, generation: str) -> str:
    """A line of `qlumod image list`."""
    state = "not deployed up-to-date"
    return f"{image} {history.flavor} amd64 core, slurm generation {generation} {state}"


def test_images_are_built_of_what_came(history: HeadNodeHistory) -> None:
    assert images(history.told["images"]) == [
        line("fixed 14.0.0", history, "1 of 14.0.0"),
        line("following 14.0", history, "1 of 14.0.0"),
    ]


def test_a_security_update_in_core_gives_core_alone_a_new_version(history: HeadNodeHistory) -> None:
    assert history.versions["security"] == {
        "core": "14.0.0-2 < 14.0.0-1: other packages",
        "slurm": "14.0.0-1 < None: published as it is",
    }
    built = {path.name.split("-")[2].partition("_")[0] for path in history.published["security"]}
    assert built == {"core"}


def test_a_head_node_fetches_the_payload_that_changed_and_nothing_else(
    history: HeadNodeHistory, capsys: pytest.CaptureFixture[str]
) -> None:
    (core,) = (path for path in history.published["security"] if "-14.0.0_" in path.name)
    size = core.stat().st_size
    told = history.told["security"]
    assert told.debs == {core.name: size}
    assert modules_of(told.packages) == {
        **history.payloads("14.0.0", 2, 1),
        **history.slurm("14.0.0-1"),
    }
    indexes = sum(told.given.values()) - size
    all_of_it = sum(
        size for name, size in history.told["install"].debs.items() if "-module-" in name
    )
    with capsys.disabled():
        print(
            f"\na security update in core ({history.flavor}): {size / 1e6:.2f} MB of"
            f" {all_of_it / 1e6:.2f} MB of modules, and {indexes / 1e3:.1f} kB of indexes"
        )
    assert indexes < 20_000


def test_images_are_built_again_with_the_security_update(history: HeadNodeHistory) -> None:
    assert images(history.told["security"]) == [
        line("fixed 14.0.0", history, "2 of 14.0.0"),
        line("following 14.0", history, "2 of 14.0.0"),
    ]


def test_the_next_release_comes_in_by_an_upgrade(history: HeadNodeHistory) -> None:
    told = history.told["release"]
    new = {**history.payloads("14.0.1", 1, 1), **history.slurm("14.0.1-1")}
    assert modules_of(told.packages) == {**history.payloads("14.0.0", 2, 1), **new}
    assert {name.partition("_")[0] for name in told.debs} == set(new)


def test_an_image_that_is_fixed_stays_and_one_that_follows_moves(history: HeadNodeHistory) -> None:
    assert images(history.told["release"]) == [
        line("fixed 14.0.0", history, "2 of 14.0.0"),
        line("following 14.0", history, "3 of 14.0.1"),
    ]


def test_autoremove_spares_what_an_image_is_fixed_at_and_takes_it_afterwards(
    history: HeadNodeHistory,
) -> None:
    assert history.told["autoremove"].packages == history.told["release"].packages
    assert modules_of(history.told["let go"].packages) == {
        **history.payloads("14.0.1", 1, 1),
        **history.slurm("14.0.1-1"),
    }


def test_going_back_leaves_those_alone_who_have_upgraded(history: HeadNodeHistory) -> None:
    assert history.told["rollback"].packages == history.told["release"].packages
    assert history.told["rollback"].debs == {}


def test_apt_refuses_a_downgrade_that_nobody_allowed(history: HeadNodeHistory) -> None:
    told = history.told["downgrade"]
    assert told.status == 100
    assert "E: Packages were downgraded and -y was used without --allow-downgrades." in told.lines
    assert history.told["after"].packages == history.told["release"].packages


def test_a_purge_leaves_what_people_wrote(history: HeadNodeHistory) -> None:
    assert history.told["purge"].after("left") == ["/etc/qlumod"]
