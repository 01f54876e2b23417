"""``qlumod show``: what a module is, and what takes the room in its layer."""

from pathlib import Path

from qlumod.cli.wording import size
from tests.conftest import CommandLine
from tests.layer.conftest import SmallRelease

BEFORE = """\
plain: Plain (Test)
  The module plain

  version   1.0.0-1, bookworm on amd64
  requires  core
  packages  1
  layer     not built: qlumod build plain

  package  version  archive  size
  plain    1.0      small    {size}
"""


def where(release: SmallRelease, cache: Path) -> tuple[str, ...]:
    return "--specs", str(release.specs), "--cache", str(cache)


def test_a_module_is_shown_before_it_is_built(
    release: SmallRelease, qlumod: CommandLine, tmp_path: Path
) -> None:
    answer = qlumod("show", "plain", *where(release, tmp_path))
    (package,) = release.job("plain").packages
    assert (answer.status, answer.out) == (0, BEFORE.format(size=size(package.size)))


def test_what_is_not_built_cannot_be_measured(
    release: SmallRelease, qlumod: CommandLine, tmp_path: Path
) -> None:
    answer = qlumod("show", "plain", "--size", *where(release, tmp_path))
    assert answer.status == 1
    assert "plain is not built: there is no layer to measure" in answer.err
    assert "To mend it: build it: qlumod build plain" in answer.err


def test_the_layer_is_told_with_its_digest(release: SmallRelease, qlumod: CommandLine) -> None:
    payload = release.build("plain")
    answer = qlumod("show", "plain", "--json", *where(release, release.cache))
    (module,) = answer.document["modules"]
    layer = next(file for file in module["files"] if file["path"] == "layer.squashfs")
    assert module["payload"] == str(payload)
    assert layer["size"] == (payload / "layer.squashfs").stat().st_size
    text = qlumod("show", "plain", *where(release, release.cache)).out
    assert f"  digest     {layer['sha256']}\n" in text


def test_sizes_add_up_to_the_layer(release: SmallRelease, qlumod: CommandLine) -> None:
    payload = release.build("big")
    answer = qlumod("show", "big", "--size", "--json", *where(release, release.cache))
    (module,) = answer.document["modules"]
    room = module["size"]
    assert room["layer"] == (payload / "layer.squashfs").stat().st_size
    assert room["firmware"] == 0
    for parts in (room["packages"], room["directories"]):
        stored = sum(part["stored"] for part in parts)
        assert abs(room["layer"] - room["tables"] - stored) <= len(parts)
    assert room["packages"][0]["name"] == "big"
    assert room["directories"][0]["name"] == "/usr/share"
    lines = qlumod(
        "show", "big", "plain", "--size", *where(release, release.cache)
    ).out.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["module", "big", "plain", "total"]
    assert "big, by package" in lines
    assert "big, by directory" in lines
