"""Versions over time: locked, packaged, published, changed, and locked again."""

import shutil
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Notice
from qlumod.layer.cache import payload_path
from qlumod.repository.format.snapshots import all_snapshots
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.conftest import CommandLine
from tests.package.small import toolbox
from tests.revisions.publishing_host import PublishingHost, documents, said


def from_source(host: PublishingHost, files: tuple[Path, ...]) -> dict[str, bytes]:
    """The .debs that plain dpkg-buildpackage makes of a source package."""
    (dsc,) = (path for path in files if path.suffix == ".dsc")
    place = host.top / "plain"
    place.mkdir()
    capture(command("dpkg-source", "--no-check", "--extract", dsc, place / "tree"))
    payload = payload_path(host.cache, host.jobs("slurm")["slurm"].identity)
    tools = toolbox(place / "bin", payload)
    words = ("dpkg-buildpackage", "-us", "-uc", "-b", "-d")
    capture(command(*words, directory=place / "tree", environment=dict(tools.environment)))
    return {path.name: path.read_bytes() for path in place.glob("*.deb")}


def test_a_module_through_its_versions(host: PublishingHost, qlumod: CommandLine) -> None:
    host.offer(host.deb("munge"), host.deb("slurmd"))
    host.spec("slurm", "munge", "slurmd")
    host.layers["slurm"] = {"/usr/bin/munge": "1", "/usr/bin/slurmd": "1"}
    first = host.relock()
    assert said(first) == {
        "core": "14.0.0-1 < None: an initial version",
        "slurm": "14.0.0-1 < None: an initial version",
    }
    built, rendered = host.build(), host.rendered("slurm")
    host.release_to(*built["core"], *built["slurm"])

    # Nothing has changed: all is published as it is, and made again it is the same.
    again = host.relock()
    assert said(again) == {
        "core": "14.0.0-1 < None: published as it is",
        "slurm": "14.0.0-1 < None: published as it is",
    }
    assert again.lock.epoch == first.lock.epoch
    assert host.build() == {"core": (), "slurm": ()}
    assert Notice(text="slurm: nothing to package, it is published as it is") in host.events
    assert host.rendered("slurm") == rendered

    # A package has moved: the next N, compared with the published one.
    host.offer(host.deb("munge", "2"), host.deb("slurmd"), date="Wed, 15 Nov 2023 22:13:20 +0000")
    host.layers["slurm"] = {"/usr/bin/munge": "2", "/usr/bin/remunge": "2", "/usr/bin/slurmd": "1"}
    moved = host.relock(update=["munge"])
    assert said(moved) == {
        "core": "14.0.0-1 < None: published as it is",
        "slurm": "14.0.0-2 < 14.0.0-1: other packages",
    }
    assert moved.lock.epoch_of("core") < moved.lock.epoch_of("slurm") == moved.lock.epoch
    # Another machine has neither the store nor the repository: there is one way to go on.
    shutil.rmtree(host.cache / "packages")
    host.fetch()
    with pytest.raises(QlumodError) as caught:
        host.build()
    assert str(caught.value) == (
        "cannot tell what changed in module slurm: the store knows nothing of 14.0.0-1, the version"
        " that the lock compares it with\n"
        "To mend it: qlumod fetch --repository DIR, where it was published"
    )
    host.fetch(base=host.base())
    second = host.build()
    assert second["core"] == ()
    told = documents(second["slurm"])
    dates = "Wed, 15 Nov 2023 22:13:20 +0000", "Tue, 14 Nov 2023 22:13:20 +0000"
    assert told["changelog"] == (
        f"slurm 14.0.0-2 ({dates[0]})\n"
        "  slurm 14.0.0 for bookworm amd64: 2 packages.\n"
        "  Against 14.0.0-1: 1 package upgraded.\n"
        "\n"
        f"slurm 14.0.0-1 ({dates[1]})\n"
        "  slurm 14.0.0 for bookworm amd64: 2 packages.\n"
        "  Initial version.\n"
    )
    assert told["packages.changelog"] == (
        f"slurm 14.0.0-2 ({dates[0]})\n"
        "  against 14.0.0-1: 1 package upgraded\n"
        "  munge 1 → 2\n"
        "\n"
        f"slurm 14.0.0-1 ({dates[1]})\n"
        "  Initial version of all packages.\n"
    )
    assert told["contents.changelog"] == (
        f"slurm 14.0.0-2 ({dates[0]})\n"
        "  against 14.0.0-1: 1 path added, 1 changed\n"
        "  changed /usr/bin/munge (slurm): content\n"
        "  added file /usr/bin/remunge (slurm)\n"
        "\n"
        f"slurm 14.0.0-1 ({dates[1]})\n"
        "  Initial version of all paths.\n"
    )
    assert [line.split("\t")[:2] for line in told["packages.version"].splitlines()] == [
        ["munge", "2"],
        ["slurmd", "1"],
    ]
    assert told["changelog.Debian"] == (
        "qlustar-module-slurm-bookworm-amd64 (14.0.0-2) bookworm; urgency=medium\n"
        "\n"
        "  * slurm 14.0.0 for bookworm amd64: 2 packages.\n"
        "  * Against 14.0.0-1: 1 package upgraded.\n"
        "    - munge 1 → 2\n"
        "\n"
        f" -- Test <test@example.org>  {dates[0]}\n"
        "\n"
        "qlustar-module-slurm-bookworm-amd64 (14.0.0-1) bookworm; urgency=medium\n"
        "\n"
        "  * slurm 14.0.0 for bookworm amd64: 2 packages.\n"
        "  * Initial version.\n"
        "\n"
        f" -- Test <test@example.org>  {dates[1]}\n"
    )
    assert from_source(host, second["slurm"]) == {
        path.name: path.read_bytes() for path in second["slurm"] if path.suffix == ".deb"
    }
    host.release_to(*second["slurm"])

    # Core moves: slurm is built again over it, and comes out as it is published.
    debs = host.deb("hello", "2"), host.deb("munge", "2"), host.deb("slurmd")
    host.offer(*debs, date="Thu, 16 Nov 2023 22:13:20 +0000")
    assert said(host.relock(update=["hello"])) == {
        "core": "14.0.0-2 < 14.0.0-1: other packages",
        "slurm": "14.0.0-2 < 14.0.0-1: published as it is",
    }
    core = host.build()
    assert [path.name for path in core["core"] if path.suffix == ".changes"] == [
        "qlustar-module-core-bookworm-amd64_14.0.0-2_amd64.changes"
    ]
    assert core["slurm"] == ()
    host.release_to(*core["core"])

    # A new release begins with 1, after the newest of the one before.
    host.release_is("14.0.1")
    newer = host.relock()
    assert said(newer) == {
        "core": "14.0.1-1 < 14.0.0-2: the first of this release",
        "slurm": "14.0.1-1 < 14.0.0-2: the first of this release",
    }
    assert host.rendered("slurm")["debian/changelog"].splitlines()[:6] == [
        "qlustar-module-slurm-bookworm-amd64 (14.0.1-1) bookworm; urgency=medium",
        "",
        "  * slurm 14.0.1 for bookworm amd64: 2 packages.",
        "  * No package has changed since 14.0.0-2.",
        "",
        " -- Test <test@example.org>  Thu, 16 Nov 2023 22:13:20 +0000",
    ]

    # Back in the release before: the same module comes out otherwise, as over another core.
    host.release_is("14.0.0")
    assert said(host.relock())["slurm"] == "14.0.0-2 < 14.0.0-1: published as it is"
    host.layers["slurm"] = {"/usr/bin/munge": "3"}
    shutil.rmtree(host.cache / "layers")
    with pytest.raises(QlumodError) as caught:
        host.build("slurm")
    assert caught.value.brief == (
        "module slurm has come out otherwise than its published version 14.0.0-2"
    )
    assert caught.value.remedy == "give it the next version: qlumod lock --raise slurm"
    raised = {"slurm": "14.0.0-3 < 14.0.0-2: raised"}
    assert said(host.relock(raised=["slurm"])).items() >= raised.items()
    assert said(host.relock())["slurm"] == "14.0.0-3 < 14.0.0-2: given by the lock before"

    # A snapshot as the base: what was published later is not looked at, but no N is given twice.
    first_day = all_snapshots(host.base().layout)[0].identity
    assert said(host.relock(against=first_day))["slurm"] == "14.0.0-3 < 14.0.0-1: other packages"
    with pytest.raises(QlumodError) as caught:
        host.relock(against="15.0-bookworm")
    assert str(caught.value) == (
        f"{host.repository} has neither a suite nor a snapshot '15.0-bookworm'\n"
        "  its suites: 14.0-bookworm\n"
        f"To mend it: qlumod snapshot list --repository {host.repository} names the snapshots"
    )

    # The same changes, told of what was published.
    answer = qlumod("diff", "--repository", host.repository, first_day, "14.0-bookworm", "--quiet")
    assert answer.out.splitlines() == [
        "core 14.0.0-1 → 14.0.0-2",
        "  1 package upgraded",
        "    hello 1 → 2",
        "  no path has changed",
        "slurm 14.0.0-1 → 14.0.0-2",
        "  1 package upgraded",
        "    munge 1 → 2",
        "  1 path added, 1 changed",
        "    changed /usr/bin/munge (slurm): content",
        "    added file /usr/bin/remunge (slurm)",
    ]
    (deb,) = host.repository.glob("pool/main/*/*slurm*/*-14.0.0_14.0.0-2_all.deb")
    assert qlumod("diff", deb, deb, "--json").document == {
        "format": 1,
        "modules": [
            {
                "module": "slurm",
                "old": "14.0.0-2",
                "new": "14.0.0-2",
                "packages": [],
                "paths": [],
            }
        ],
    }
    (payload,) = host.cache.glob("layers/*/slurm.contents.gz")
    answer = qlumod("diff", deb, payload.parent, "--brief", "--quiet")
    assert answer.out.splitlines() == [
        "slurm 14.0.0-2 → 14.0.0",
        "  no package has changed",
        "  2 paths removed, 1 changed",
    ]
    assert qlumod("diff", deb, "nowhere").status == 2
