"""qlumod image: put images together from modules, and build them."""

from qlumod.cli import options
from qlumod.cli.images import building, defining, exporting, shell, showing


@options.group(
    examples=["qlumod image create compute --modules slurm", "qlumod image build compute"]
)
def command() -> None:
    """Define images of modules, and build them.

    A file defines an image: /etc/qlumod/images/IMAGE.image. Each build adds the files below
    IMAGE/copy/ in the same directory to the image, and the files below common/copy/ to all images.
    Put secrets (munge's key) below IMAGE/secrets/: they never become part of a layer.
    """


for _verb in (
    defining.create,
    building.build,
    showing.list_,
    showing.show,
    exporting.export,
    shell.shell,
    defining.remove,
):
    command.add_command(_verb)
