"""The text of a source package."""

import tarfile
from dataclasses import replace
from gzip import decompress
from io import BytesIO
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from qlumod.package.orig import orig_name, write_orig
from qlumod.package.render import README, render, template_printer
from qlumod.package.source_plan import SourcePlan
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.package.small import plan, predecessor


def test_a_source_package_has_these_files() -> None:
    payload = "qlustar-module-slurm-bookworm-amd64-14.0.0"
    assert list(render(plan("slurm"))) == [
        "README",
        "debian/changelog",
        "debian/control",
        "debian/copyright",
        "debian/qlumod/accounts",
        "debian/qlumod/core.module",
        "debian/qlumod/lock",
        "debian/qlumod/release",
        "debian/qlumod/slurm.module",
        f"debian/{payload}.lintian-overrides",
        f"debian/{payload}.qlumod",
        "debian/qlustar-module-slurm-bookworm-amd64-14.0.lintian-overrides",
        "debian/qlustar-module-slurm-bookworm-amd64-14.lintian-overrides",
        "debian/qlustar-module-slurm.lintian-overrides",
        "debian/rules",
        "debian/source/format",
        "debian/source/lintian-overrides",
    ]


def test_the_control_file_of_a_module() -> None:
    text = render(plan("slurm"))["debian/control"]
    assert text.split("\n\n")[:2] == [
        "Source: qlustar-module-slurm-bookworm-amd64\n"
        "Section: misc\n"
        "Priority: optional\n"
        "Maintainer: Release Engineers <engineers@qlumod.example>\n"
        "Rules-Requires-Root: no\n"
        "Standards-Version: 4.6.2\n"
        "Build-Depends:\n"
        " debhelper-compat (= 13),\n"
        " dh-sequence-qlumod,\n"
        " qlustar-module-core-bookworm-amd64-14.0.0 (>= 14.0.0-2~),",
        "Package: qlustar-module-slurm-bookworm-amd64-14.0.0\n"
        "Architecture: all\n"
        "Multi-Arch: foreign\n"
        "Depends:\n"
        " ${qlumod:Depends},\n"
        " ${misc:Depends},\n"
        "Description: Slurm image module (bookworm amd64 14.0.0)\n"
        " Support for the Slurm workload manager.\n"
        " .\n"
        " The daemon and the commands of a compute node.\n"
        " .\n"
        "  - slurmd\n"
        "  - munge\n"
        " .\n"
        " This package holds the module itself: a layer for the images of nodes.",
    ]


def test_what_people_write_is_no_variable_of_dpkgs(tmp_path: Path) -> None:
    made, text = plan("slurm"), "costs $5 or ${Newline}Depends: evil ${shlibs:Depends} $${x} ${}"
    spec = replace(made.spec, title=text, description=f"{text}\n{text}\n.\n$")
    for name, content in render(replace(made, spec=spec)).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    for package in (made.payload, "qlustar-module-slurm"):
        words = ("dpkg-gencontrol", f"-p{package}", "-O", "-T/dev/null")
        control = capture(command(*words, directory=tmp_path)).decode()
        synopsis, *lines = control.partition("Description: ")[2].splitlines()
        assert synopsis.startswith(f"{text} image module")
        assert lines[lines.index(" .") + 1 :][:3] == [f" {text}", " .", " $"]
        assert " ".join(line.strip() for line in lines).startswith(f"{text}. . {text}")
        assert "evil" not in control.partition("Description: ")[0]


def test_the_changelog_of_a_first_version() -> None:
    assert render(plan("core"))["debian/changelog"] == (
        "qlustar-module-core-bookworm-amd64 (14.0.0-2) bookworm; urgency=medium\n"
        "\n"
        "  * Core 14.0.0 for bookworm amd64: 1 package.\n"
        "  * Initial version.\n"
        "\n"
        " -- Release Engineers <engineers@qlumod.example>  Sat, 22 Nov 2025 12:00:00 +0000\n"
    )


def test_a_changelog_goes_on_with_that_of_the_version_before() -> None:
    first = plan("slurm")
    second = plan("slurm", before=predecessor(first), slurm=2)
    assert (
        render(second)["debian/changelog"]
        == (
            "qlustar-module-slurm-bookworm-amd64 (14.0.0-2) bookworm; urgency=medium\n"
            "\n"
            "  * Slurm 14.0.0 for bookworm amd64: 3 packages.\n"
            "  * No package has changed since 14.0.0-1.\n"
            "\n"
            " -- Release Engineers <engineers@qlumod.example>  Sat, 22 Nov 2025 12:00:00 +0000\n"
            "\n"
        )
        + (render(first)["debian/changelog"])
    )


def test_a_source_package_carries_what_is_known_of_the_version_before() -> None:
    before = predecessor(plan("slurm"))
    files = render(plan("slurm", before=before, slurm=2))
    assert {
        path.removeprefix("debian/qlumod/before/slurm/"): text
        for path, text in files.items()
        if "/before/" in path
    } == before.texts


def test_the_copyright_file_names_each_source_once() -> None:
    assert (
        " These are the sources of the packages:\n"
        "  munge (0.5.15-2)\n"
        "  slurm-wlm (22.05.8-4+deb12u3)\n"
    ) in render(plan("slurm"))["debian/copyright"]


def test_what_is_not_free_stands_in_the_copyright_file_and_in_the_description() -> None:
    made = plan("slurm")
    packages = tuple(
        replace(package, section="non-free/net") if package.package == "munge" else package
        for package in made.lock.packages
    )
    files = render(replace(made, lock=replace(made.lock, packages=packages)))
    assert (
        "  slurm-wlm (22.05.8-4+deb12u3)\n"
        " .\n"
        " These of the packages are not free in the sense of their distribution: they are\n"
        " of its area non-free.\n"
        "  munge\n"
    ) in files["debian/copyright"]
    payload, *metas = files["debian/control"].split("\n\n")[1:]
    assert payload.endswith(
        " This package holds the module itself: a layer for the images of nodes. It\n"
        " contains packages of the area non-free: munge."
    )
    assert not any("non-free" in meta for meta in metas)


def test_a_template_that_asks_for_more_than_it_is_given_fails() -> None:
    with pytest.raises(UndefinedError, match="'source' is undefined"):
        template_printer({})("control")


def test_the_rules_are_three_lines() -> None:
    assert render(plan("core"))["debian/rules"] == "#!/usr/bin/make -f\n%:\n\tdh $@\n"


def orig(made: SourcePlan, directory: Path) -> bytes:
    directory.mkdir()
    write_orig(made, README, directory)
    (path,) = directory.iterdir()
    return path.read_bytes()


def test_the_orig_tarball_is_the_same_for_every_revision_and_content(tmp_path: Path) -> None:
    first, second = plan("slurm"), plan("slurm", slurm=2, core=9)
    second = replace(second, lock=replace(second.lock, packages=second.lock.packages[:1]))
    assert orig_name(first) == orig_name(second)
    assert orig(first, tmp_path / "1") == orig(second, tmp_path / "2")


def test_the_orig_tarball_holds_the_readme_and_no_time(tmp_path: Path) -> None:
    data = decompress(orig(plan("slurm"), tmp_path / "1"))
    with tarfile.open(fileobj=BytesIO(data)) as archive:
        assert [(member.name, oct(member.mode), member.mtime) for member in archive] == [
            ("qlustar-module-slurm-bookworm-amd64-14.0.0", "0o755", 0),
            ("qlustar-module-slurm-bookworm-amd64-14.0.0/README", "0o644", 0),
        ]


def test_what_not_everybody_may_be_given_is_marked_in_all_its_packages() -> None:
    made = plan("slurm")
    secret = replace(made, spec=replace(made.spec, redistribute=False))
    source, *binaries = render(secret)["debian/control"].split("\n\n")
    assert "\nXS-Qlumod-Redistribute: no\n" in source
    assert all("\nXB-Qlumod-Redistribute: no\n" in binary for binary in binaries)
