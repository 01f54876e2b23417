"""What the changelogs of a module tell of its predecessor."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.model.contents import PackageLine, parse_contents
from qlumod.model.digests import digest_bytes
from qlumod.model.module_file import spec_text
from qlumod.model.names import Digest, ModuleName
from qlumod.model.release_archives import Archive
from qlumod.package.before import predecessor_document, read_predecessor, read_texts
from qlumod.package.changelog import items, older, summary, transparency
from qlumod.package.render import render
from qlumod.package.source_plan import SourcePlan
from tests.package.small import plan, predecessor

OLD = """\
f\t0755\troot:root\t1\t{a}\tmunge\t/usr/bin/munge
f\t0755\troot:root\t1\t{a}\tmunge\t/usr/bin/unmunge
""".format(a="a" * 64)
NEW = """\
f\t4755\troot:root\t1\t{b}\tmunge\t/usr/bin/munge
f\t0755\troot:root\t1\t{a}\tslurmd\t/usr/sbin/slurmd
""".format(a="a" * 64, b="b" * 64)


def with_packages(made: SourcePlan, **versions: str | None) -> tuple[PackageLine, ...]:
    """The packages of a plan, some of another version; None leaves one out."""
    return tuple(
        replace(line, version=version, sha256=Digest("0" * 64))
        if (version := versions.get(line.package)) is not None
        else line
        for line in made.packages
        if versions.get(line.package, "") is not None
    )


def second(**texts: str) -> SourcePlan:
    """slurm's second version: munge is upgraded, slurmd has come."""
    first = plan("slurm")
    packages = with_packages(first, munge="0.5.14-1", slurmd=None)
    return plan("slurm", before=predecessor(first, packages, OLD, **texts), slurm=2)


def test_debian_changelog_tells_what_changed_in_the_packages() -> None:
    spec = spec_text(second().spec)
    assert items(second(spec=spec.replace("Title: Slurm", "Title: SLURM"))) == (
        "  * Slurm 14.0.0 for bookworm amd64: 3 packages.",
        "  * Against 14.0.0-1: 1 package added, 1 upgraded.",
        "    - munge 0.5.14-1 → 0.5.15-2",
        "    - added slurmd 22.05.8-4+deb12u3",
        "  * Changed in the module's spec: Title.",
    )


def test_the_three_changelogs_go_on_below_with_those_of_the_predecessor() -> None:
    date = "(Sat, 22 Nov 2025 12:00:00 +0000)"
    assert transparency(second(), parse_contents(NEW, "contents")) == {
        "slurm.changelog": (
            f"slurm 14.0.0-2 {date}\n"
            "  Slurm 14.0.0 for bookworm amd64: 3 packages.\n"
            "  Against 14.0.0-1: 1 package added, 1 upgraded.\n"
            "\n"
            f"slurm 14.0.0-1 {date}\n"
            "  Slurm 14.0.0 for bookworm amd64: 3 packages.\n"
            "  Initial version.\n"
        ),
        "slurm.packages.changelog": (
            f"slurm 14.0.0-2 {date}\n"
            "  against 14.0.0-1: 1 package added, 1 upgraded\n"
            "  munge 0.5.14-1 → 0.5.15-2\n"
            "  added slurmd 22.05.8-4+deb12u3\n"
            "\n"
            f"slurm 14.0.0-1 {date}\n"
            "  Initial version of all packages.\n"
        ),
        "slurm.contents.changelog": (
            f"slurm 14.0.0-2 {date}\n"
            "  against 14.0.0-1: 1 path added, 1 removed, 1 changed\n"
            "  changed /usr/bin/munge (munge): content, mode 0755 → 4755\n"
            "  removed file /usr/bin/unmunge (munge)\n"
            "  added file /usr/sbin/slurmd (slurmd)\n"
            "\n"
            f"slurm 14.0.0-1 {date}\n"
            "  Initial version of all paths.\n"
        ),
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ((), (("6.1.0-56-amd64", "2"),), "Kernel: none → 6.1.0-56-amd64 (2)."),
        (
            (("6.1.0-55-amd64", "1"),),
            (("6.1.0-56-amd64", "2"),),
            "Kernel: 6.1.0-55-amd64 (1) → 6.1.0-56-amd64 (2).",
        ),
        (
            (("6.1.0-56-amd64", "1"), ("amd64", "1")),
            (("6.1.0-56-amd64", "2"), ("amd64", "2")),
            "Kernel: 6.1.0-56-amd64 (1) → 6.1.0-56-amd64 (2).",
        ),
        ((("amd64", "1"),), (("amd64", "2"),), None),
    ],
)
def test_the_summary_tells_when_the_kernel_moves(
    old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]], said: str | None
) -> None:
    made = plan("core", before=predecessor(plan("core", core=1)))
    (any_line,), (locked,) = made.packages, made.lock.packages
    images = [
        replace(any_line, package=f"linux-image-{name}", version=version) for name, version in old
    ]
    made = plan("core", before=predecessor(plan("core", core=1), images))
    packages = tuple(
        replace(locked, package=f"linux-image-{name}", version=version)  # type: ignore[arg-type]
        for name, version in new
    )
    lines = summary(replace(made, lock=replace(made.lock, packages=packages)))
    assert [line for line in lines if line.startswith("Kernel")] == ([said] if said else [])


def test_the_summary_names_security_updates() -> None:
    made = second()
    security = Archive(name="debian", flavors=(), label="Debian-Security")
    made = replace(made, release=replace(made.release, archives=(security,)))
    assert summary(made)[-1] == "Security updates: munge."


def test_the_summary_names_the_fields_of_the_spec_that_changed() -> None:
    before = predecessor(plan("slurm"), spec="Module: slurm\nTitle: Slurm\nWins: /etc/a\n")
    assert summary(plan("slurm", before=before, slurm=2))[1:] == (
        "No package has changed since 14.0.0-1.",
        "Changed in the module's spec: Format, Stack-Group, Requires, Packages, Description, Wins.",
    )


def test_a_published_spec_that_nobody_knows_is_not_compared() -> None:
    before = predecessor(plan("slurm"))
    texts = {name: text for name, text in before.texts.items() if name != "spec"}
    made = plan("slurm", before=replace(before, texts=texts), slurm=2)
    assert summary(made)[1:] == ("No package has changed since 14.0.0-1.",)


def test_changelogs_are_bounded() -> None:
    made = plan("slurm")
    for revision in range(2, 41):
        made = plan("slurm", before=predecessor(made), slurm=revision)
    versions = [f"14.0.0-{revision}" for revision in range(40, 20, -1)]
    for text in transparency(made, ()).values():
        heads = [line for line in text.splitlines() if line.startswith("slurm")]
        assert [line.split()[1] for line in heads] == versions
    heads = [line for line in render(made)["debian/changelog"].splitlines() if line[:1] == "q"]
    assert [line.split()[1] for line in heads] == [f"({version})" for version in versions]
    assert older(plan("slurm")) == ""


def test_a_document_has_the_same_bytes_for_the_same_texts_and_reads_back() -> None:
    texts = dict(predecessor(plan("slurm"), contents=NEW).texts)
    data = predecessor_document(texts)
    assert predecessor_document(dict(reversed(texts.items()))) == data
    assert read_predecessor(data, "slurm 14.0.0-1") == texts
    # What locks name must not move with Python or this program.
    assert digest_bytes(predecessor_document({"spec": "Format: 1\n"})) == (
        "eb7ec495251721de9cc47f1c70380803536e96a2986dc74647b00ddbb6dcf9bd"
    )


def test_a_predecessor_that_is_not_the_locks_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "before/slurm"
    place.mkdir(parents=True)
    (place / "spec").write_text("Format: 1\n")
    digest = digest_bytes(predecessor_document({"spec": "Format: 1\n"}))
    assert read_texts(tmp_path, ModuleName("slurm"), digest) == {"spec": "Format: 1\n"}
    (place / "spec").write_text("Format: 2\n")
    with pytest.raises(QlumodError) as caught:
        read_texts(tmp_path, ModuleName("slurm"), digest)
    assert str(caught.value) == (
        f"{place}: this is not the predecessor of slurm that the lock names\n"
        "To mend it: unpack the source package again, or write it anew"
    )
