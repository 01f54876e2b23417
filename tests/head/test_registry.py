"""The registry tells what dpkg brought, and never calls a damaged layer whole."""

import os

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Caution, StepStarted
from qlumod.head.registrar import read_registry
from qlumod.model.registry import Status, parse_registry, registry_text
from tests.head.head_node import HeadNode, said


def test_a_payload_is_registered_with_what_its_manifest_says(head: HeadNode) -> None:
    head.add("slurm")
    assert said(head.look()) == ["added slurm 14.0.0 (bookworm, amd64)"]
    assert head.places.registry.read_text() == (
        "Format: 1\n"
        "\n"
        "Module: slurm\n"
        "Version: 14.0.0\n"
        "Flavor: bookworm\n"
        "Architecture: amd64\n"
        "Title: Slurm\n"
        "Stack-Group: HPC Stack\n"
        "Size: 21\n"
        "Layer: 331ad501051680961ea2a294214cc05bed57b727839b680219e260b166d52526\n"
        "Status: ok\n"
    )


def test_nothing_has_changed_when_nothing_has_changed(head: HeadNode) -> None:
    head.add("core")
    head.look()
    written = head.places.registry.stat().st_ino
    head.heard.clear()
    assert said(head.look()) == ["nothing has changed"]
    assert head.places.registry.stat().st_ino == written
    assert not [event for event in head.heard if isinstance(event, StepStarted)]


def test_a_head_node_without_modules_has_an_empty_registry(head: HeadNode) -> None:
    assert said(head.look()) == ["nothing has changed"]
    assert read_registry(head.places) == ()


def test_a_removed_payload_leaves_the_registry(head: HeadNode) -> None:
    directory = head.add("slurm")
    head.look()
    for path in sorted(directory.rglob("*"), reverse=True):
        path.unlink()
    assert said(head.look()) == ["removed slurm 14.0.0 (bookworm, amd64)"]
    assert read_registry(head.places) == ()


def test_versions_and_flavors_lie_side_by_side(head: HeadNode) -> None:
    head.add("slurm")
    head.add("slurm", "14.0.1")
    head.add("slurm", flavor="trixie")
    assert said(head.look()) == [
        "added slurm 14.0.0 (bookworm, amd64)",
        "added slurm 14.0.1 (bookworm, amd64)",
        "added slurm 14.0.0 (trixie, amd64)",
    ]


DAMAGE = {
    "flipped": (
        lambda layer: layer.write_bytes(b"L" + layer.read_bytes()[1:]),
        "layer.squashfs is damaged: its SHA-256 is not the manifest's",
    ),
    "short": (
        lambda layer: layer.write_bytes(b"short"),
        "layer.squashfs has 5 bytes instead of 21",
    ),
    "missing": (lambda layer: layer.unlink(), "layer.squashfs is missing"),
    "link": (
        lambda layer: (layer.rename(layer.with_name("x")), layer.symlink_to("x")),
        "layer.squashfs cannot be read",
    ),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_layer_is_reported_until_it_is_mended(head: HeadNode, kind: str) -> None:
    harm, problem = DAMAGE[kind]
    layer = head.add("slurm") / "layer.squashfs"
    head.look()
    harm(layer)
    told = [f"damaged slurm 14.0.0 (bookworm, amd64): {problem}"]
    assert said(head.look()) == told
    assert read_registry(head.places)[0].status is Status.DAMAGED
    assert not head.look().changes
    assert said(head.look()) == told
    layer.unlink(missing_ok=True)
    head.add("slurm")
    assert said(head.look()) == ["changed slurm 14.0.0 (bookworm, amd64)"]


def test_a_payload_that_comes_damaged_is_never_called_ok(head: HeadNode) -> None:
    (head.add("slurm") / "layer.squashfs").write_bytes(b"")
    assert said(head.look()) == [
        "damaged slurm 14.0.0 (bookworm, amd64): layer.squashfs has 0 bytes instead of 21"
    ]


def test_the_thorough_look_reads_what_looks_unchanged(head: HeadNode) -> None:
    layer = head.add("slurm") / "layer.squashfs"
    head.look()
    # A failing disk changes bytes and no times: pretend that it was seen like this.
    remembered = head.places.verified.read_text()
    layer.write_bytes(b"L" + layer.read_bytes()[1:])
    status = layer.stat()
    fields = remembered.splitlines()[2].split(" ")
    fields[3:6] = [str(status.st_ino), str(status.st_mtime_ns), str(status.st_ctime_ns)]
    lines = [*remembered.splitlines()[:2], " ".join(fields)]
    head.places.verified.write_text("\n".join(lines) + "\n")
    assert said(head.look()) == ["nothing has changed"]
    assert len(head.look(thorough=True).damaged) == 1


def test_setting_the_times_back_does_not_hide_a_change(head: HeadNode) -> None:
    layer = head.add("slurm") / "layer.squashfs"
    head.look()
    before = layer.stat()
    layer.write_bytes(b"L" + layer.read_bytes()[1:])
    os.utime(layer, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert len(head.look().damaged) == 1


def test_an_unreadable_manifest_damages_only_its_own_module(head: HeadNode) -> None:
    head.add("core")
    manifest = head.add("slurm") / "manifest"
    manifest.write_text("Format: 2\n")
    assert said(head.look()) == [
        "added core 14.0.0 (bookworm, amd64)",
        "damaged slurm 14.0.0 (bookworm, amd64): "
        f"{manifest}:1: Format: this qlumod reads format 1, not '2'",
    ]


def test_a_manifest_of_another_module_is_refused(head: HeadNode) -> None:
    core = head.add("core")
    manifest = head.add("slurm") / "manifest"
    manifest.write_bytes((core / "manifest").read_bytes())
    assert said(head.look())[-1] == (
        "damaged slurm 14.0.0 (bookworm, amd64): "
        f"{manifest} is the manifest of another module: core bookworm amd64 14.0.0"
    )


def test_strangers_in_the_modules_directory_are_passed_over(head: HeadNode) -> None:
    stranger = head.places.modules / "Slurm/bookworm/amd64/14.0.0"
    stranger.mkdir(parents=True)
    (stranger / "manifest").touch()
    (head.places.modules / "README").write_text("hello")
    head.payload("empty").mkdir(parents=True)
    assert said(head.look()) == ["nothing has changed"]
    assert [event.text for event in head.heard if isinstance(event, Caution)] == [
        "/usr/share/qlumod/modules/Slurm/bookworm/amd64/14.0.0 is no payload: 'Slurm' is no module "
        "name: it holds lower-case letters, digits, '-', '+' and '.', and begins with a letter or "
        "a digit"
    ]


def test_a_spoilt_registry_is_made_anew(head: HeadNode) -> None:
    head.add("core")
    head.look()
    head.places.registry.write_text("Format: 1\n\nnonsense\n")
    head.places.verified.write_text("nonsense")
    assert said(head.look()) == ["added core 14.0.0 (bookworm, amd64)"]
    assert len(read_registry(head.places)) == 1


def test_reading_a_registry_that_is_not_there_says_how_to_make_it(head: HeadNode) -> None:
    with pytest.raises(QlumodError) as raised:
        read_registry(head.places)
    assert str(raised.value) == (
        "there is no registry of modules (/var/lib/qlumod/registry)\n"
        "To mend it: run: qlumod register"
    )


def test_a_registry_reads_back_as_it_was_written(head: HeadNode) -> None:
    head.add("core")
    (head.add("slurm") / "layer.squashfs").unlink()
    registry = head.look().registry
    assert parse_registry(registry_text(registry), "registry") == registry


def test_hooks_hear_what_changed_and_only_then(head: HeadNode) -> None:
    head.hook("10-tell", 'cat "$1" >> "$QLUMOD_ROOT/told"')
    head.add("core")
    head.look()
    head.look()
    assert (head.root / "told").read_text().splitlines()[:4] == [
        "Format: 1",
        "",
        "Change: added",
        "Module: core",
    ]
    (head.root / "told").unlink()
    (head.payload("core") / "layer.squashfs").unlink()
    head.look()
    told = (head.root / "told").read_text()
    assert "Change: damaged\nModule: core\n" in told
    assert "Problem: layer.squashfs is missing\n" in told


def test_a_hook_that_fails_is_told_of_and_stops_nothing(head: HeadNode) -> None:
    head.hook("10-fail", "echo cluster manager is away >&2; exit 7")
    head.hook("20-tell", 'touch "$QLUMOD_ROOT/told"')
    head.add("core")
    assert said(head.look()) == ["added core 14.0.0 (bookworm, amd64)"]
    assert (head.root / "told").exists()
    (caution,) = (event for event in head.heard if isinstance(event, Caution))
    assert caution.text == (
        "a program in /etc/qlumod/registered.d failed: cluster manager is away; "
        f"run-parts: {head.places.hooks}/10-fail exited with return code 7"
    )
