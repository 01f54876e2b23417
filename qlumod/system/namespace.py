"""Running a function of qlumod in namespaces of its own, so that nothing of it can outlive it.

The function runs as the first process of a new PID namespace, with a mount namespace where its
mounts are private, a fixed host name, and no network. When it ends, or anything kills it or its
parent, the kernel kills every process in there and takes every mount down (unshare(1) --kill-child,
pid_namespaces(7), mount_namespaces(7)).
"""

import importlib
import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from qlumod import events
from qlumod.errors import QlumodError
from qlumod.events import Event, Listener
from qlumod.system.run import CommandFailed, command, run

HOST_NAME = "qlumod"
"""The host name inside, so that no build sees the build host's."""

Json = Any
_SAYING = threading.Lock()
_EVENTS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        events.StepStarted,
        events.StepAdvanced,
        events.StepDone,
        events.Output,
        events.Notice,
        events.Caution,
    )
}


def call_inside(
    function: str, arguments: Mapping[str, Json], *, listen: Listener, network: bool = False
) -> Json:
    """Call ``module:function`` with JSON arguments in fresh namespaces; returns its JSON value.

    The function is called as ``function(listen=…, **arguments)``. A `QlumodError` raised inside is
    raised here again with its words; anything else is a `CommandFailed` with the traceback.
    `network=True` keeps the host's network, for things that are no build.
    """
    if os.geteuid() != 0:
        raise QlumodError(
            "cannot make namespaces: this needs root", remedy="run the command as root (sudo)"
        )
    answer: dict[str, Json] = {}

    def take(line: str) -> None:
        kind, _, text = line.partition(" ")
        if kind == "event":
            listen(_event(json.loads(text)))
        elif kind in ("result", "error"):
            answer[kind] = json.loads(text)

    try:
        run(
            command(
                # A killed parent takes us with it, even when nobody kills the whole group.
                "setpriv", "--pdeathsig", "KILL", "--",
                "unshare", "--mount", "--propagation", "private", "--uts", "--ipc", "--pid",
                *(() if network else ("--net",)),
                "--fork", "--kill-child=KILL", "--mount-proc", "--",
                sys.executable, "-m", "qlumod.system.namespace",
                environment={"PYTHONPATH": _import_path(), "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=json.dumps({"function": function, "arguments": dict(arguments)}).encode(),
            ),
            listen=listen,
            on_line=take,
        )  # fmt: skip
    except CommandFailed:
        if "error" not in answer:
            raise
    if "error" in answer:
        fault = answer["error"]
        raise QlumodError(fault["brief"], details=fault["details"], remedy=fault["remedy"])
    return answer["result"]


def _import_path() -> str:
    return os.pathsep.join(entry for entry in sys.path if entry)


def _event(message: dict[str, Json]) -> Event:
    event: Event = _EVENTS[message.pop("kind")](**message)
    return event


def _say(kind: str, value: Json) -> None:
    data = f"{kind} {json.dumps(value)}\n".encode()
    # Threads announce side by side, and a pipe takes only short lines in one piece.
    with _SAYING:
        while data:
            data = data[os.write(1, data) :]


def announce(event: Event) -> None:
    """Listen inside: send the event to the caller outside."""
    _say("event", {"kind": type(event).__name__, **asdict(event)})


def _main() -> None:
    _forget_the_caller()
    order = json.loads(sys.stdin.buffer.read())
    run(command("hostname", HOST_NAME))
    module, _, name = order["function"].partition(":")
    function: Callable[..., Json] = getattr(importlib.import_module(module), name)
    try:
        _say("result", function(listen=announce, **order["arguments"]))
    except QlumodError as error:
        _say(
            "error",
            {"brief": error.brief, "details": list(error.details), "remedy": error.remedy},
        )
        sys.exit(1)


def _forget_the_caller() -> None:
    """Modes and surroundings of what is made in here are part of the result; the caller's not."""
    os.umask(0o022)
    os.environ["HOME"] = "/root"
    for name in ("GNUPGHOME", "TMPDIR"):
        os.environ.pop(name, None)


if __name__ == "__main__":
    _main()
