"""A definition is edited by options or in an editor, and checked before it is written."""

import sys
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.head.definitions import read_definition
from qlumod.head.verbs.define_images import NewImage, create_image
from qlumod.head.verbs.edit_by_hand import Editor, edit_by_hand
from qlumod.head.verbs.edit_images import EditedImage, edit_image
from qlumod.model.definition_edit import ImageChange
from qlumod.model.digests import digest_bytes
from qlumod.model.image import ImageName
from qlumod.model.names import ModuleName
from tests.conftest import CommandLine
from tests.head.head_node import HeadNode
from tests.support.terminal import terminal

COMPUTE = ImageName("compute")


@pytest.fixture
def defined(head: HeadNode) -> HeadNode:
    """A head node with three modules and an image of two; someone has put a comment into it."""
    head.add("core")
    head.add("slurm")
    head.add("samba")
    head.look()
    create_image(
        head.places, NewImage(name=COMPUTE, modules=[ModuleName("slurm")]), listen=head.heard.append
    )
    file = definition(head)
    file.write_text(file.read_text().replace("Version", "# Eva's\nVersion"))
    return head


def definition(head: HeadNode) -> Path:
    return head.places.images / "compute.image"


def edit(head: HeadNode, *, dry_run: bool = False, **change: object) -> EditedImage:
    return edit_image(
        head.places,
        COMPUTE,
        ImageChange(**change),  # type: ignore[arg-type]
        dry_run=dry_run,
        listen=head.heard.append,
    )


def test_an_edit_keeps_comments_and_the_mode_of_the_file(defined: HeadNode) -> None:
    definition(defined).chmod(0o640)
    before = definition(defined).read_text()
    done = edit(defined, add=[ModuleName("samba")], version="14.0.0")
    assert definition(defined).read_text() == before.replace("14.0\n", "14.0.0\n").replace(
        " slurm\n", " slurm\n samba\n"
    )
    assert definition(defined).stat().st_mode & 0o777 == 0o640
    assert done.changed
    assert done.digest == digest_bytes(definition(defined).read_bytes())
    assert {path.name for path in defined.places.images.iterdir()} == {"compute", "compute.image"}


def test_a_link_to_a_definition_that_lies_elsewhere_stays_a_link(
    defined: HeadNode, tmp_path: Path
) -> None:
    elsewhere = definition(defined).rename(tmp_path / "kept")
    definition(defined).symlink_to(elsewhere)
    edit(defined, version="14.0.0")
    assert definition(defined).is_symlink()
    assert "Version: 14.0.0\n" in elsewhere.read_text()


def test_an_edit_fixes_the_packages_of_a_fixed_version(defined: HeadNode) -> None:
    defined.places.kept.parent.mkdir(parents=True)
    edit(defined, version="14.0.0")
    assert "slurm" in defined.places.kept.read_text()
    edit(defined, version="14.0")
    assert not defined.places.kept.exists()


def test_nothing_to_change_and_a_dry_run_write_nothing(defined: HeadNode) -> None:
    before = definition(defined).stat()
    assert not edit(defined, add=[ModuleName("slurm")]).changed
    assert edit(defined, add=[ModuleName("samba")], dry_run=True).changed
    assert definition(defined).stat() == before


def test_what_create_would_refuse_is_refused_and_nothing_is_written(defined: HeadNode) -> None:
    before = definition(defined).read_bytes()
    with pytest.raises(QlumodError) as raised:
        edit(defined, add=[ModuleName("ofed")])
    assert str(raised.value) == (
        "image compute: no version 14.0 (bookworm, amd64) has all its modules\n"
        "  ofed 14.0.0 is not there\n"
        "To mend it: install the packages of the missing modules, or change the image's Version, "
        "Flavor or Modules in /etc/qlumod/images/compute.image"
    )
    assert definition(defined).read_bytes() == before


def test_an_edit_of_a_file_that_somebody_else_has_edited_is_refused(
    qlumod: CommandLine, defined: HeadNode
) -> None:
    at = ("--root", defined.root)
    digest = qlumod.must("image", "show", "compute", "--json", *at).document["digest"]
    first = qlumod("image", "edit", "compute", "--add", "samba", "--if-digest", digest, *at)
    assert first.out.splitlines() == [
        "image compute: core, samba, slurm (14.0, bookworm, amd64)",
        "to build it: qlumod image build compute",
    ]
    second = qlumod("image", "edit", "compute", "--remove", "slurm", "--if-digest", digest, *at)
    found = qlumod.must("image", "show", "compute", "--json", *at).document["digest"]
    assert second.status == 1
    assert second.err.splitlines() == [
        "qlumod: error: /etc/qlumod/images/compute.image was changed in the meantime: "
        f"its SHA-256 is {found}, not {digest}",
        "To mend it: see what it says now (qlumod image show compute --json has the digest), "
        "and edit that",
    ]
    assert read_definition(defined.places, COMPUTE).modules == ("samba", "slurm")


def test_the_verb_takes_several_of_each_and_tells_programs_what_came_of_it(
    qlumod: CommandLine, defined: HeadNode
) -> None:
    defined.add("ha")
    defined.look()
    at = ("--root", defined.root, "--json")
    words = ("--add", "samba", "--add", "ha", "--remove", "slurm", "--description", "Files")
    tried = qlumod.must("image", "edit", "compute", *words, "--dry-run", *at).document
    assert (tried["changed"], tried["would_change"]) == (False, True)
    done = qlumod.must("image", "edit", "compute", *words, *at).document
    assert done == {
        **tried,
        "changed": True,
        "modules": ["core", "ha", "samba"],
        "description": "Files",
        "digest": digest_bytes(definition(defined).read_bytes()),
    }
    assert done["digest"] == tried["digest"]


def test_without_a_change_and_without_a_terminal_nothing_is_opened(
    qlumod: CommandLine, defined: HeadNode
) -> None:
    answer = qlumod("image", "edit", "compute", "--root", defined.root, EDITOR="/bin/false")
    assert answer.status == 2
    assert answer.err.splitlines()[-1] == (
        "Error: say what to change, such as --add MODULE: without that, an editor is opened, "
        "which needs a terminal"
    )


def written(text: str, *, goes_on: bool = False) -> Editor:
    """An administrator who writes that."""
    return Editor(edit=lambda copy: _write(copy, text), goes_on=lambda _: goes_on)


def _write(copy: Path, text: str) -> None:
    copy.write_text(text)


def by_hand(head: HeadNode, editor: Editor) -> EditedImage:
    return edit_by_hand(head.places, COMPUTE, editor, listen=head.heard.append)


def test_what_is_written_by_hand_is_saved_as_it_is(defined: HeadNode) -> None:
    text = definition(defined).read_text().replace(" slurm\n", " samba\n# no more slurm\n")
    assert by_hand(defined, written(text)).image.modules == ("samba",)
    assert definition(defined).read_text() == text
    assert {path.name for path in defined.places.images.iterdir()} == {"compute", "compute.image"}


def test_what_has_a_fault_is_discarded_or_edited_again(defined: HeadNode) -> None:
    before = definition(defined).read_text()
    told: list[str] = []
    texts = iter([before.replace("slurm", "slrum"), before.replace("slurm", "samba")])

    def goes_on(fault: QlumodError) -> bool:
        told.append(fault.details[0])
        return True

    by_hand(defined, Editor(edit=lambda copy: _write(copy, next(texts)), goes_on=goes_on))
    assert told == ["slrum 14.0.0 is not there"]
    before = definition(defined).read_text()
    with pytest.raises(QlumodError) as raised:
        by_hand(defined, written("Format: 2\n"))
    assert str(raised.value) == (
        "/etc/qlumod/images/compute.image is as it was: what was written is discarded"
    )
    assert definition(defined).read_text() == before
    assert {path.name for path in defined.places.images.iterdir()} == {"compute", "compute.image"}


def test_what_was_written_while_somebody_else_edited_is_kept(defined: HeadNode) -> None:
    text = definition(defined).read_text()

    def both(copy: Path) -> None:
        copy.write_text(text.replace("slurm", "samba"))
        definition(defined).write_text(text.replace("# Eva's", "# Max's"))

    with pytest.raises(QlumodError) as raised:
        by_hand(defined, Editor(edit=both, goes_on=lambda _: True))
    (kept,) = defined.places.images.glob(".edit-*/compute.image")
    assert raised.value.details == (f"what you have written is kept: {kept}",)
    assert raised.value.remedy == (
        "see what it says now (qlumod image show compute --json has the digest), and edit that; "
        f"then remove {kept.parent}"
    )
    assert kept.read_text() == text.replace("slurm", "samba")
    assert "# Max's" in definition(defined).read_text()


def test_the_editor_opens_on_a_terminal_and_a_fault_is_asked_about(
    qlumod: CommandLine, defined: HeadNode, tmp_path: Path
) -> None:
    script = tmp_path / "editor"
    script.write_text('#!/bin/bash\nread -p "change: " change\nsed -i "$change" "$1"\n')
    script.chmod(0o755)
    environment = {**qlumod.variables, "EDITOR": str(script), "TERM": "xterm", "PS1": "> "}
    shell = ("bash", "--norc", "--noprofile", "-i")
    with terminal(*shell, directory=Path.cwd(), environment=environment) as person:
        person.type(
            f"{sys.executable} -P -m qlumod image edit compute --root {defined.root}\n",
            until="change: $",
        )
        screen = person.type("s/slurm/slrum/\n", until=r"\[edit\]: $")
        assert "slrum 14.0.0 is not there" in screen
        person.type("edit\n", until="change: $")
        screen = person.type("s/slrum/samba/\n", until="image build compute")
    assert "image compute: core, samba (14.0, bookworm, amd64)" in screen
    assert read_definition(defined.places, COMPUTE).modules == ("samba",)


@pytest.fixture
def desktops(head: HeadNode) -> HeadNode:
    """A head node with modules that require each other."""
    head.add("core")
    head.add("base")
    head.add("fonts", requires=("core", "base"))
    head.add("desktop", requires=("core", "fonts"))
    head.look()
    return head


def test_a_new_image_gets_what_its_modules_require_if_that_is_asked_for(
    qlumod: CommandLine, desktops: HeadNode
) -> None:
    words = ("image", "create", "compute", "--modules", "desktop", "--root", desktops.root)
    refused = qlumod(*words)
    assert refused.status == 1
    assert refused.err.splitlines() == [
        "qlumod: error: image compute: module desktop requires module fonts, which is not chosen",
        "To mend it: say --with-required, or --modules desktop,fonts",
    ]
    assert not definition(desktops).exists()
    made = qlumod(*words, "--with-required", "--progress", "plain")
    assert made.err.splitlines() == [
        "image compute: desktop requires fonts: it is added",
        "image compute: fonts requires base: it is added",
    ]
    assert made.out.splitlines()[0] == (
        "image compute: core, base, desktop, fonts (14.0, bookworm, amd64)"
    )


def test_a_dry_run_of_a_new_image_checks_and_writes_nothing(
    qlumod: CommandLine, desktops: HeadNode
) -> None:
    words = ("image", "create", "compute", "--modules", "base", "-n", "--root", desktops.root)
    assert qlumod.must(*words).out == "would be image compute: core, base (14.0, bookworm, amd64)\n"
    assert qlumod.must(*words, "--json").document["created"] is False
    assert not desktops.places.images.exists()


def test_an_image_that_lacks_what_its_modules_require_is_completed(
    qlumod: CommandLine, desktops: HeadNode
) -> None:
    at = ("--root", desktops.root)
    qlumod.must("image", "create", "compute", "--modules", "base", *at)
    refused = qlumod("image", "edit", "compute", "--add", "desktop", *at)
    assert refused.err.splitlines()[-2:] == [
        "qlumod: error: image compute: module desktop requires module fonts, which is not chosen",
        "To mend it: qlumod image edit IMAGE --add fonts, or --with-required in its place, "
        "which adds all that is missing",
    ]
    file = definition(desktops)
    file.write_text(file.read_text().replace(" base\n", " desktop\n"))
    done = qlumod.must("image", "edit", "compute", "--with-required", "--json", *at).document
    assert done["modules"] == ["core", "base", "desktop", "fonts"]


def test_a_required_module_that_is_not_there_cannot_be_added(
    qlumod: CommandLine, desktops: HeadNode
) -> None:
    desktops.add("shell", requires=("core", "gone"))
    desktops.look()
    words = ("--modules", "shell", "--with-required", "--root", desktops.root)
    refused = qlumod("image", "create", "compute", *words)
    assert refused.err.splitlines()[-3:-1] == [
        "qlumod: error: image compute: no version 14.0 (bookworm, amd64) has all its modules",
        "  gone 14.0.0 is not there",
    ]
