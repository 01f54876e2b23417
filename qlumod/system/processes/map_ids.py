"""A script that makes an ordinary user root of a user namespace, and then executes a program.

``map_ids.py UIDS GIDS PROGRAM …``, where UIDS and GIDS are one word each, in newuidmap(1)'s form
``INSIDE OUTSIDE COUNT …``. It is run by its path and imports nothing of qlumod. unshare(1) maps
one range only (util-linux 2.38), and would lose the signal for a killed parent on the way.
"""

import ctypes
import os
import sys
from typing import NoReturn

REFUSED = "cannot make a user namespace: "
"""The begin of the last line if the kernel refuses a namespace; the system's reason follows."""
_CLONE_NEWUSER = 0x10000000


def main(uids: str, gids: str, *program: str) -> NoReturn:
    """Enter a new user namespace, have the ids mapped from outside, and become the program.

    Only a process outside may call newuidmap: a child is forked before we enter.
    """
    waiting, entered = os.pipe()
    inside = str(os.getpid())
    mapper = os.fork()
    if mapper == 0:
        os.close(entered)
        if not os.read(waiting, 1):
            os._exit(1)
        calls = (["newuidmap", inside, *uids.split()], ["newgidmap", inside, *gids.split()])
        os._exit(int(any(os.spawnvp(os.P_WAIT, call[0], call) for call in calls)))
    _enter()
    os.write(entered, b".")
    _, status = os.waitpid(mapper, 0)
    if status:
        sys.exit("the ids cannot be mapped")
    os.execvp(program[0], program)


def _enter() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER):
        sys.exit(f"{REFUSED}{os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main(*sys.argv[1:])
