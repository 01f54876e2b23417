"""lintian sees every built package: its errors stop the build, its warnings are told."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
from debian.deb822 import Changes

from qlumod.errors import QlumodError
from qlumod.events import Caution, Event, StepDone
from qlumod.model.copyright import collected
from qlumod.model.payload_paths import payload_home
from qlumod.package.deb_build import build_package
from qlumod.package.delivery import Delivery
from qlumod.package.payload_install import install_copyright
from qlumod.package.source_plan import SourcePlan
from qlumod.packaging.debian.lintian import lint
from qlumod.stack.payload import Payload
from tests.package.small import FREE, make_payload, plan, toolbox
from tests.support.debs import make_deb

SHORT = "qlustar-module-slurm"
NAMES = (
    SHORT,
    "qlustar-module-slurm-bookworm-amd64-14",
    "qlustar-module-slurm-bookworm-amd64-14.0",
    "qlustar-module-slurm-bookworm-amd64-14.0.0",
)


def packaged(place: Path, made: SourcePlan, heard: list[Event], *, lint: bool = True) -> list[str]:
    """Package a module; the names of the finished files."""
    payload = place / "payload"
    if not payload.exists():
        make_payload(payload, made)
    build_package(
        made,
        Payload(directory=payload),
        to=Delivery(output=place / "dist", lint=lint),
        cache=place / "cache",
        check=lambda payload: None,
        listen=heard.append,
        toolbox=toolbox(place / "bin", payload),
    )
    return sorted(path.name for path in (place / "dist").iterdir())


def described(text: str, *, title: str = "Slurm") -> SourcePlan:
    """A plan of slurm with another description in its spec."""
    made = plan("slurm")
    return replace(made, spec=replace(made.spec, description=text, title=title))


def test_lintian_looks_before_packages_are_handed_on_and_never_twice(tmp_path: Path) -> None:
    heard: list[Event] = []
    first = packaged(tmp_path, plan("slurm"), heard)
    step = StepDone(step="checking slurm with lintian")
    assert heard.count(step) == 1
    assert [event for event in heard if isinstance(event, Caution)] == []
    assert packaged(tmp_path, plan("slurm"), heard) == first
    assert heard.count(step) == 1


def test_an_error_of_lintian_stops_the_build_and_nothing_is_handed_on(tmp_path: Path) -> None:
    own_synopsis = "Slurm image module\nSlurm."
    with pytest.raises(QlumodError) as caught:
        packaged(tmp_path, described(own_synopsis), [])
    assert str(caught.value) == (
        "slurm: lintian finds errors in the packages, which are not handed on\n"
        f"  E: {SHORT}: description-synopsis-is-duplicated line 1\n"
        "To mend it: `lintian-explain-tags description-synopsis-is-duplicated` tells what it "
        "means; to build all the same: --no-lint"
    )
    assert list((tmp_path / "dist").iterdir()) == []


def test_a_warning_of_lintian_is_told_and_the_packages_are_there(tmp_path: Path) -> None:
    heard: list[Event] = []
    files = packaged(tmp_path, described("The module\nA text.", title="The Slurm"), heard)
    assert len(files) == 9
    assert [event for event in heard if isinstance(event, Caution)] == [
        Caution(text=f"slurm: lintian: W: {name}: description-synopsis-starts-with-article")
        for name in NAMES
    ]


def test_packages_that_lintian_has_not_seen_say_so_and_are_made_again_when_it_is_to(
    tmp_path: Path,
) -> None:
    heard: list[Event] = []
    packaged(tmp_path, plan("slurm"), heard, lint=False)
    assert not any("lintian" in event.step for event in heard if isinstance(event, StepDone))
    (changes,) = (tmp_path / "dist").glob("*.changes")
    assert Changes(changes.read_text())["Qlumod-Unlinted"] == "yes"
    packaged(tmp_path, plan("slurm"), heard)
    assert StepDone(step="checking slurm with lintian") in heard
    assert "Qlumod-Unlinted" not in Changes(changes.read_text())


SAID = (
    """\
This copyright info was automatically extracted.

# Please also look if there are files or directories which have a
# different copyright/license attached and list them here.

TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION of the Apache License
Version 2.0,

GNU Free Documentation License
Version 1.2
1. APPLICABILITY AND DEFINITIONS

GNU GENERAL PUBLIC LICENSE
TERMS AND CONDITIONS FOR COPYING, DISTRIBUTION AND MODIFICATION

A carriage return\r
git+url://example.org/a
/usr/share/common-licenses/GPL-2.gz
/usr/share/common-licenses/BSD
/usr/share/common-licences/
/usr/share/doc/copyright/
The Debian packaging is (C) 2001
Upstream Author(s)
Free Software Foundation, Inc., 675 Mass Ave, Cambridge, MA 02139, USA
"""
    + "x" * 20_000
)
"""Everything that lintian says of copyright files and that stands in other people's texts."""


COPYRIGHTS: dict[str, str | bytes] = {
    "everything": SAID,
    "later": "version 2 or later: /usr/share/common-licenses/GPL.\n",
    "versionless": "version 2: /usr/share/common-licenses/LGPL.\n",
    "nonexistent": "version 2: /usr/share/common-licenses/GPL2.\n",
    "national": "Copyright 2001 Müller\n".encode("latin-1"),
    "nothing": "Copyright 2001 Müller\n",
}


def test_what_other_people_wrote_is_overridden_and_nothing_else(tmp_path: Path) -> None:
    debs = [_with_copyright(tmp_path, *case) for case in COPYRIGHTS.items()]
    found = lint(*debs, options=("--display-info", "--pedantic"))
    files = {"copyright", "override", "encoding"}
    assert [finding for finding in found if files & set(finding.tag.split("-"))] == []


def _with_copyright(place: Path, name: str, text: str | bytes) -> Path:
    """A package as dh_qlumod leaves it, but for the layer."""
    words = text if isinstance(text, bytes) else text.encode()
    made = plan("slurm")
    texts = {package.package: FREE + words for package in made.lock.of(made.module)}
    payload = (
        place
        / name
        / payload_home(made.module, made.lock.flavor, made.lock.architecture, made.release.version)
    )
    payload.mkdir(parents=True)
    data = collected(made.lock, made.module, texts)
    (payload / f"{made.module}.copyright.gz").write_bytes(gzip.compress(data, mtime=0))
    install_copyright(place / name, name)
    files = {f"/{path.relative_to(place / name)}": path for path in (place / name).rglob("*")}
    return make_deb(
        place,
        name,
        files={shown: path.read_bytes() for shown, path in files.items() if path.is_file()},
    )
