"""Head nodes of both suites follow a repository over HTTP: from the first install to the purge."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from qlumod.system.gpg import SigningKey
from qlumod.workflows.withdraw import rollback
from tests.docker.containers import Container
from tests.docker.street import Street
from tests.docker.vendor import SUITE, Vendor
from tests.revisions.publisher import said
from tests.support.roots import SUITES

pytestmark = pytest.mark.slow

MODULE = "qlustar-module-{}-bookworm-amd64-{}"
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
class Told:
    """What a script printed on one client, and what the server gave to it meanwhile."""

    status: int
    text: str
    given: Mapping[str, int]
    """Path below the repository, and bytes."""

    def after(self, mark: str) -> list[str]:
        """The lines between a mark and the next one."""
        return self.text.partition(f"== {mark}\n")[2].partition("==")[0].splitlines()

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
class Story:
    """Modules in the course of time, and what came of each step on each client."""

    vendor: Vendor
    town: Street
    clients: Mapping[str, Container]
    told: dict[str, dict[str, Told]] = field(default_factory=dict)
    versions: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """What the lock gave to the modules."""
    published: dict[str, tuple[Path, ...]] = field(default_factory=dict)

    def publish(self, step: str, *more: Path, **given: object) -> None:
        """Lock against what is published, build what changed, and publish that."""
        self.versions[step] = said(self.vendor.relock(**given))  # type: ignore[arg-type]
        built = [path for files in self.vendor.build().values() for path in files]
        self.published[step] = tuple(path for path in built if path.suffix == ".deb")
        self.vendor.put_out([*more, *(path for path in built if path.suffix == ".changes")])

    def play(self, step: str, script: str, stdin: str = "") -> None:
        """Run a script on the clients, side by side."""

        def run(client: Container) -> Told:
            before = len(self._asked())
            done = client(f"set -e\n{script}", stdin)
            lines = self._asked()[before:]
            rows = (line.split() for line in lines if line.startswith(f"{client.address} "))
            given = {row[3]: int(row[2]) for row in rows if row[1] in ("200", "206")}
            return Told(done.returncode, done.stdout, given)

        with ThreadPoolExecutor(len(self.clients)) as pool:
            self.told[step] = dict(
                zip(self.clients, pool.map(run, self.clients.values()), strict=True)
            )

    def _asked(self) -> list[str]:
        return self.town.server.must("cat /var/log/nginx/asked.log").splitlines()


@pytest.fixture(scope="module")
def story(
    town: Street,
    key: SigningKey,
    keys: Path,
    fingerprint: str,
    own_packages: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Story]:
    """All of it, once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GNUPGHOME", str(keys))
        place = tmp_path_factory.mktemp("vendor")
        vendor = Vendor(
            place, key, fingerprint, repository=town.served / "release", uri=town.uri("release")
        )
        story = Story(vendor, town, {suite: getattr(town, suite)[0] for suite in SUITES})
        own = [
            next(own_packages.glob(f"{name}_*.deb")) for name in ("qlumod-head", "python3-qlumod")
        ]
        for step in STEPS:
            step(story, own)
        yield story


def install(story: Story, own: list[Path]) -> None:
    """The first release."""
    story.vendor.offer_packages()
    story.vendor.spec("slurm", "munge", "slurmd")
    story.publish("install", *own)
    sources = (story.vendor.repository / f"{SUITE}.sources").read_text()
    story.play(
        "install",
        "cat > /etc/apt/sources.list.d/modules.sources\n"
        "apt-get -q update; apt-get -q -y install qlustar-module-slurm\n"
        "echo == suite; . /etc/os-release; echo $VERSION_CODENAME; echo ==\n" + PACKAGES,
        stdin=sources,
    )
    story.play(
        "images",
        "qlumod image create fixed --modules slurm --version 14.0.0\n"
        "qlumod image create following --modules slurm\n"
        f"qlumod image build fixed following\n{IMAGES}",
    )


def security(story: Story, own: list[Path]) -> None:
    """A package of core gets a security update."""
    story.vendor.offer_packages(hello="1+deb12u1")
    story.publish("security", update=["hello"])
    story.play("security", UPGRADE + PACKAGES + IMAGES)


def release(story: Story, own: list[Path]) -> None:
    """The next release, and what apt makes of the last one."""
    story.vendor.release_is("14.0.1")
    story.publish("release")
    story.play("release", UPGRADE + PACKAGES + IMAGES)
    story.play("autoremove", "apt-get -q -y autoremove\n" + PACKAGES)


def back(story: Story, own: list[Path]) -> None:
    """The suite offers the first release again."""
    first = story.vendor.snapshots[0]
    rollback(SUITE, first, repository=story.vendor.repository, listen=story.vendor.events.append)
    story.play("rollback", UPGRADE + PACKAGES)
    short, minor = "qlustar-module-slurm", MODULE.format("slurm", "14")
    older = " ".join(f"{name}=14.0.0-1" for name in (short, minor, f"{minor}.0"))
    story.play("downgrade", f"apt-get -q -y install {older}")
    story.play("after", PACKAGES)


def purge(story: Story, own: list[Path]) -> None:
    """Nobody wants the old version any more, and then nothing of all this."""
    story.play("let go", f"qlumod image remove fixed; apt-get -q -y autoremove\n{PACKAGES}")
    story.play("purge", PURGE)


STEPS: tuple[Callable[[Story, list[Path]], None], ...] = (install, security, release, back, purge)


@pytest.fixture(params=SUITES)
def told(request: pytest.FixtureRequest, story: Story) -> Mapping[str, Told]:
    """What came of each step on the client of a suite."""
    found = {step: clients[request.param] for step, clients in story.told.items()}
    failed = [f"{step}:\n{one.text}" for step, one in found.items() if one.status]
    assert len(failed) == 1 and failed[0].startswith("downgrade:"), "\n".join(failed)
    assert found["install"].after("suite") == [request.param]
    return found


def slurm(version: str) -> dict[str, str]:
    """The packages of slurm that follow each other, at a version."""
    names = ("qlustar-module-slurm", *(MODULE.format("slurm", meta) for meta in ("14", "14.0")))
    return dict.fromkeys(names, version)


def modules_of(packages: Mapping[str, str]) -> dict[str, str]:
    """The packages without those of qlumod itself."""
    return {name: version for name, version in packages.items() if name.startswith("qlustar-")}


FIRST = {MODULE.format(module, "14.0.0"): "14.0.0-1" for module in ("core", "slurm")}
SECURE = {**FIRST, MODULE.format("core", "14.0.0"): "14.0.0-2"}
SECOND = {MODULE.format(module, "14.0.1"): "14.0.1-1" for module in ("core", "slurm")}


def test_one_install_brings_the_module_all_that_it_needs_and_the_head_node(
    told: Mapping[str, Told],
) -> None:
    assert modules_of(told["install"].packages) == {**FIRST, **slurm("14.0.0-1")}
    assert {"qlumod-head", "python3-qlumod"} <= set(told["install"].packages)


def test_images_are_built_of_what_came(told: Mapping[str, Told]) -> None:
    assert [line.split()[-4:] for line in told["images"].after("images")] == [
        ["generation", "1", "of", "14.0.0"],
        ["generation", "1", "of", "14.0.0"],
    ]


def test_a_security_update_in_core_gives_core_alone_a_new_version(story: Story) -> None:
    assert story.versions["security"] == {
        "core": "14.0.0-2 < 14.0.0-1: other packages",
        "slurm": "14.0.0-1 < None: published as it is",
    }
    assert {path.name.split("-")[2].partition("_")[0] for path in story.published["security"]} == {
        "core"
    }


def test_a_head_node_fetches_the_payload_that_changed_and_nothing_else(
    story: Story, told: Mapping[str, Told], capsys: pytest.CaptureFixture[str]
) -> None:
    (core,) = (path for path in story.published["security"] if "-14.0.0_" in path.name)
    assert told["security"].debs == {core.name: core.stat().st_size}
    assert modules_of(told["security"].packages) == {**SECURE, **slurm("14.0.0-1")}
    indexes = sum(told["security"].given.values()) - core.stat().st_size
    all_of_it = sum(size for name, size in told["install"].debs.items() if "-module-" in name)
    with capsys.disabled():
        print(
            f"\na security update in core: {core.stat().st_size / 1e6:.2f} MB of"
            f" {all_of_it / 1e6:.2f} MB of modules, and {indexes / 1e3:.1f} kB of indexes"
        )
    assert indexes < 20_000


def test_images_are_built_again_with_the_security_update(told: Mapping[str, Told]) -> None:
    assert [line.split()[-4:] for line in told["security"].after("images")] == [
        ["generation", "2", "of", "14.0.0"],
        ["generation", "2", "of", "14.0.0"],
    ]


def test_the_next_release_comes_in_by_an_upgrade(told: Mapping[str, Told]) -> None:
    assert modules_of(told["release"].packages) == {**SECURE, **SECOND, **slurm("14.0.1-1")}
    fetched = {name.partition("_")[0] for name in told["release"].debs}
    assert fetched == {*SECOND, *slurm("")}


def test_an_image_that_is_fixed_stays_and_one_that_follows_moves(told: Mapping[str, Told]) -> None:
    assert [" ".join(line.split()) for line in told["release"].after("images")] == [
        "fixed 14.0.0 bookworm amd64 core, slurm generation 2 of 14.0.0",
        "following 14.0 bookworm amd64 core, slurm generation 3 of 14.0.1",
    ]


def test_autoremove_spares_what_an_image_is_fixed_at_and_takes_it_afterwards(
    told: Mapping[str, Told],
) -> None:
    assert told["autoremove"].packages == told["release"].packages
    assert modules_of(told["let go"].packages) == {**SECOND, **slurm("14.0.1-1")}


def test_going_back_leaves_those_alone_who_have_upgraded(told: Mapping[str, Told]) -> None:
    assert told["rollback"].packages == told["release"].packages
    assert told["rollback"].debs == {}


def test_apt_refuses_a_downgrade_that_nobody_allowed(told: Mapping[str, Told]) -> None:
    assert told["downgrade"].status == 100
    assert (
        "E: Packages were downgraded and -y was used without --allow-downgrades."
        in told["downgrade"].text
    )
    assert told["after"].packages == told["release"].packages


def test_a_purge_leaves_what_people_wrote(told: Mapping[str, Told]) -> None:
    assert told["purge"].after("left") == ["/etc/qlumod"]
