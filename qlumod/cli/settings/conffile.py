"""The host's qlumod.conf as it is installed, all comments.

``python3 -m qlumod.cli.settings.conffile`` prints it.
"""

import sys
import textwrap
from collections.abc import Iterator

from qlumod.cli.settings.table import SETTINGS, Setting

HEAD = """\
Format: 1
# What this host wants of qlumod. Each user's own ~/.config/qlumod/qlumod.conf wins over it, an
# environment variable (QLUMOD_CACHE) over that, and what is typed (--cache) over all of them.
# `qlumod config` tells what holds, and who says so; qlumod.conf(5) tells more.
# Paths begin with / or ~/.
"""


def conffile() -> str:
    """The text of the file; any of its settings may be had by taking its '#' away."""
    return "\n".join((HEAD, *("\n".join((*_lines(setting), "")) for setting in SETTINGS)))


def _lines(setting: Setting) -> Iterator[str]:
    comment = f"{setting.help} Default: {setting.otherwise}."
    yield from textwrap.wrap(comment, 100, initial_indent="# ", subsequent_indent="# ")
    if setting.stanza:
        archive, _, uri = setting.example.partition("=")
        yield from (f"#{setting.field}: {archive}", f"#URI: {uri}")
    else:
        yield f"#{setting.field}: {setting.example}"


if __name__ == "__main__":
    sys.stdout.write(conffile())
