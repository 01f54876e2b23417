"""The login shells: /etc/shells, and the record of update-shells(8); both 0644."""

from qlumod.state.entries import Entries, by_line

SHELLS = Entries(
    name="shells",
    path="/etc/shells",
    what="the shell",
    split=by_line,
    head="# /etc/shells: valid login shells\n",
    in_order=True,
)
SHELLS_STATE = Entries(
    name="shells-state",
    path="/var/lib/shells.state",
    what="the shell",
    split=by_line,
    in_order=True,
)
