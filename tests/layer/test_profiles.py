"""Profiles of a release: what is made for trials says so, wherever it goes."""

from dataclasses import replace
from pathlib import Path

from qlumod.events import Caution, Event, StepStarted
from qlumod.package.delivery import Delivery
from qlumod.workflows.build import build_modules
from tests.layer.small_release import SmallRelease, checked


def test_what_is_made_in_a_profile_says_so_and_is_another_version(
    release: SmallRelease, tmp_path: Path
) -> None:
    release.build("plain")
    said: list[Event] = []
    _, made = build_modules(
        replace(release.place, profile="dev"),
        ["plain"],
        to=Delivery(output=tmp_path / "packages"),
        listen=said.append,
    )
    cautions = [event.text for event in said if isinstance(event, Caution)]
    # Packages of directories have no date, and lintian wonders at a changelog of 1980.
    assert [text for text in cautions if "version" in text and "lintian" not in text] == []
    begun = [event.step for event in said if isinstance(event, StepStarted)]
    assert begun.count("building plain") <= 1, "the package build finds the layer in the cache"
    manifest = checked(made.payload.directory)
    assert manifest.profile == "dev"
    assert made.payload.directory != release.build("plain"), (
        "another identity than the release's layer"
    )
    assert checked(release.build("plain")).profile == ""
    (changes,) = (tmp_path / "packages").glob("*.changes")
    assert "_1.0.0-1~profile.dev_" in changes.name
