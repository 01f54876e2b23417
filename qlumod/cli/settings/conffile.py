"""The host's qlumod.conf as it is installed, all comments.

``python3 -m qlumod.cli.settings.conffile`` prints it.
"""

import sys
import textwrap
from collections.abc import Iterator

from qlumod.cli.settings.table import SETTINGS, Setting

HEAD = """\
Format: 1
# The settings of this host. A value in a user's own ~/.config/qlumod/qlumod.conf replaces the value
# here, an environment variable (QLUMOD_CACHE) replaces both, and an option (--cache) all of them.
# `qlumod config` prints each value and where it comes from; see also qlumod.conf(5).
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
