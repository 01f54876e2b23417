"""The login shells: /etc/shells, and what update-shells(8) remembers of it; both 0644."""

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
