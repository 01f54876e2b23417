"""Running a function of qlumod in its own namespaces, so that its processes and mounts end with it.

The function runs as the first process of a new PID namespace, with a mount namespace where its
mounts are private, a fixed host name, and no network. When it ends, or anything kills it or its
parent, the kernel kills every process in there and takes every mount down (unshare(1) --kill-child,
pid_namespaces(7), mount_namespaces(7)). For an ordinary user, this happens in a user namespace, in
which the function runs as root.
"""

import importlib
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from qlumod.errors import QlumodError, raise_faults, refusal, singles
from qlumod.events import Event, Listener, Output
from qlumod.model.json_values import Json
from qlumod.system.processes import isolated, limits
from qlumod.system.processes.command import CommandFailed, command
from qlumod.system.processes.limits import Limits
from qlumod.system.processes.run import attempt, run
from qlumod.system.processes.user_namespace import (
    as_root,
    confined,
    is_mount_point,
    require_ids,
    why_not,
)

HOST_NAME = "qlumod"
"""The host name inside, so that no build sees the build host's."""

_ROOT_AGAIN = "/mnt"
"""A directory of every Debian system (hier(7)): its content is visible below the new root, too."""
_SAYING = threading.Lock()
_FIRST = 200
"""How much of an exception's text is reported: it may quote a whole file."""
_EVENTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}


def require(accounts: Iterable[int] = ()) -> None:
    """Raise an error if nothing can be built here; it says why, and how to mend it.

    To be called before any work; `accounts` are the user and group ids that it needs besides
    Debian's own. Nothing is written.
    """
    require_ids(accounts)
    status, _, stderr = attempt(command(*contained(), "true"))
    if status:
        raise why_not(stderr.decode())


def contained(*, network: bool = False) -> tuple[str, ...]:
    """The words before a command that start it as root of its own namespaces.

    Raises `QlumodError` if an ordinary user lacks ids or permissions for it.
    """
    # In a chroot below a user namespace nothing is shared with other mount namespaces anyway.
    private = is_mount_point("/") or not confined()
    return (
        # If the parent is killed, this process ends, too, even if the group is not killed.
        "setpriv", "--pdeathsig", "KILL", "--",
        *as_root(),
        "unshare", "--mount", "--propagation", "private" if private else "unchanged",
        "--uts", "--ipc", "--pid",
        *(() if network else ("--net",)),
        "--fork", "--kill-child=KILL", "--mount-proc", "--",
    )  # fmt: skip


def call_inside(
    function: str, arguments: Mapping[str, Json], *, listen: Listener, network: bool = False
) -> Json:
    """Call ``module:function`` with JSON arguments in fresh namespaces; returns its JSON value.

    The function is called as ``function(listen=…, **arguments)``. A `QlumodError` raised inside is
    raised here again with its words; of any other exception the error tells what it is, and the
    traceback is `Output`.
    `network=True` keeps the host's network, for things that are no build.
    """
    answer: dict[str, Json] = {}
    order = {
        "function": function,
        "arguments": dict(arguments),
        "limits": asdict(limits.in_force()),
    }

    def take(line: str) -> None:
        kind, _, text = line.partition(" ")
        if kind == "event":
            listen(_event(json.loads(text)))
        elif kind in ("result", "errors"):
            answer[kind] = json.loads(text)

    try:
        run(
            command(
                *contained(network=network),
                *isolated.words("qlumod.system.processes.namespace"),
                stdin=json.dumps(order).encode(),
                answers=True,
            ),
            listen=listen,
            on_line=take,
        )
    except CommandFailed:
        if "errors" not in answer:
            raise
    raise_faults(QlumodError(**error) for error in answer.get("errors", ()))
    return answer["result"]


def _event(message: dict[str, Json]) -> Event:
    event: Event = _EVENTS[message.pop("kind")](**message)
    return event


def _say(kind: str, value: Json) -> None:
    data = f"{kind} {json.dumps(value)}\n".encode()
    # Threads announce in parallel, and a pipe writes only short lines atomically.
    with _SAYING:
        while data:
            data = data[os.write(1, data) :]


def announce(event: Event) -> None:
    """Listen inside: send the event to the caller outside."""
    _say("event", {"kind": type(event).__name__, **asdict(event)})


def _main() -> None:
    _forget_the_caller()
    order = json.loads(sys.stdin.buffer.read())
    limits.impose(Limits(**order["limits"]))
    run(command("hostname", HOST_NAME))
    try:
        _stand_on_a_mount()
        _say("result", _called(order["function"], order["arguments"]))
    except Exception as error:
        told = _told(error, order["function"])
        _say("errors", [single.as_json for single in singles(told)])
        sys.exit(1)


def _called(what: str, arguments: Mapping[str, Json]) -> Json:
    module, _, name = what.partition(":")
    function: Callable[..., Json] = getattr(importlib.import_module(module), name)
    return function(listen=announce, **arguments)


def _told(error: Exception, doing: str) -> QlumodError:
    """The error for people, whatever was raised; the traceback goes to the log."""
    if isinstance(error, QlumodError):
        return error
    if isinstance(error, OSError) and (refused := refusal(error)):
        return refused
    for line in "".join(traceback.format_exception(error)).splitlines():
        announce(Output(program="python", line=line))
    # The text may also contain text from others, of many lines.
    words = " ".join(f"{type(error).__name__}: {error}".rstrip(": ").split())
    return QlumodError(
        f"cannot finish {doing}: {words[:_FIRST]}{'…' if len(words) > _FIRST else ''}",
        remedy="report it with the full log, which has all of it (--log names one): it is a fault"
        " of qlumod, or packages left something that it cannot read",
    )


def _stand_on_a_mount() -> None:
    """Make ``/`` a mount point: bubblewrap works in no other root (pivot_root(2)).

    sbuild's is none in its ``unshare`` mode: a directory that it has changed its root to. This is
    our own mount namespace.
    """
    if is_mount_point("/"):
        return
    here = Path.cwd()
    run(command("mount", "--rbind", "/", _ROOT_AGAIN))
    os.chroot(_ROOT_AGAIN)
    os.chdir(here)


def _forget_the_caller() -> None:
    """Reset umask and environment: they decide the result, so the caller's must have no effect."""
    os.umask(0o022)
    os.environ["HOME"] = "/root"
    for name in ("GNUPGHOME", "TMPDIR"):
        os.environ.pop(name, None)


if __name__ == "__main__":
    _main()
