"""qlumod image copy, rename: an image under another name."""

from pathlib import Path

from qlumod.cli import options
from qlumod.cli.images.image_arguments import new_image, old_image
from qlumod.cli.screen import Reporter
from qlumod.head.places import Places
from qlumod.head.verbs.move_images import copy_image, rename_image
from qlumod.model.image import ImageName


@options.verb(examples=["qlumod image copy compute login"])
@old_image
@new_image
@options.dry_run
@options.root
@options.reports()
def copy(*, old: ImageName, name: ImageName, dry_run: bool, root: Path, reporter: Reporter) -> None:
    """Copy the definition of the image OLD, and the site's files for it, secrets too.

    The files below /etc/qlumod/images/OLD/ are copied with their owners and modes. Nothing is
    built.
    """
    image = copy_image(Places(root), old, name, dry_run=dry_run, listen=reporter.listen)
    told = f"image {name}: a copy of {old} ({', '.join(image.wanted)}; {image.version})"
    reporter.result(
        {"image": name, "copied_from": old, "copied": not dry_run, "modules": image.wanted},
        [f"would be {told}"] if dry_run else [told, f"to build it: qlumod image build {name}"],
    )


@options.verb(examples=["qlumod image rename compute compute-old"])
@old_image
@new_image
@options.dry_run
@options.root
@options.reports()
def rename(
    *, old: ImageName, name: ImageName, dry_run: bool, root: Path, reporter: Reporter
) -> None:
    """Rename the image OLD: its definition, the site's files for it, and its generations.

    Nodes boot by the name of an image: change the boot configuration of those that boot it.
    """
    found = rename_image(Places(root), old, name, dry_run=dry_run, listen=reporter.listen)
    done = "would be renamed" if dry_run else "is renamed"
    reporter.result(
        {
            "image": name,
            "renamed_from": old,
            "renamed": not dry_run,
            "generations": found,
            "boot_path": {"old": f"images/{old}/", "new": f"images/{name}/"},
        },
        [
            f"image {old} {done} to {name} ({len(found)} generations)",
            *(_to_change(old, name) if found else ()),
        ],
    )


def _to_change(old: ImageName, new: ImageName) -> list[str]:
    return [
        f"nodes boot by the name, and find nothing at images/{old}/ any more; in their boot "
        "configuration,",
        f"  change images/{old}/ to images/{new}/ in the addresses of kernel and initrd, and in "
        f"qlumod.stack=http://HOST/images/{new}/deployed/stack",
        f"what was built still names {old}; to build it with the new name: "
        f"qlumod image build {new}",
    ]
