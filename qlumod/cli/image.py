"""qlumod image: put images together from modules, and build them."""

from qlumod.cli import options
from qlumod.cli.images import (
    building,
    comparing,
    copying,
    defining,
    deploying,
    editing,
    exporting,
    planning,
    shell,
    showing,
)


@options.group(
    examples=["qlumod image create compute --modules slurm", "qlumod image build compute"]
)
def command() -> None:
    """Define images of modules, and build them.

    A file defines an image: /etc/qlumod/images/IMAGE.image. Each build adds the files below
    IMAGE/copy/ in the same directory to the image, and the files below common/copy/ to all images.
    Put secrets (munge's key) below IMAGE/secrets/: they never become part of a layer. A program
    IMAGE/postinst, or common/postinst, runs in the image at the end of its build.
    """


for _verb in (
    defining.create,
    editing.edit,
    copying.copy,
    copying.rename,
    planning.plan,
    comparing.diff,
    building.build,
    deploying.deploy,
    deploying.rollback_,
    showing.list_,
    showing.show,
    deploying.history,
    deploying.pin,
    deploying.unpin,
    deploying.gc,
    exporting.export,
    shell.shell,
    defining.remove,
):
    command.add_command(_verb)
