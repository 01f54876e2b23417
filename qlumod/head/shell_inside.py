"""The part of `qlumod image shell` that runs in namespaces: a program in the mounted stack."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from qlumod.events import Listener
from qlumod.stack.mounted import writable
from qlumod.system.disk.mount import all_squashfs
from qlumod.system.disk.tmpfs import scratch_space
from qlumod.system.enclosure.enclosure import enclosed

_SHELLS = ("/bin/bash", "/bin/sh")
_SETSID = ("/usr/bin/setsid", "/bin/setsid")
"""A program that makes a terminal the controlling one, for Ctrl-C and job control (setsid(1))."""


def run_in_stack(
    *,
    listen: Listener,
    layers: Sequence[str],
    words: Sequence[str],
    streams: Mapping[str, object],
    scratch: str,
) -> int:
    """Run a program (none: a shell) in a stack with a writable upper that is lost at the end.

    `layers` are the paths of squashfs images, lowest first; `streams` has the fields of
    `CallersStreams` and the type of the terminal. Returns the program's status.
    """
    descriptors = streams["descriptors"]
    assert isinstance(descriptors, list), "JSON has lists"
    with (
        scratch_space(Path(scratch)) as space,
        all_squashfs([Path(layer) for layer in layers], space / "layers") as mounted,
        writable(mounted, space) as stack,
        enclosed(stack.root) as place,
        os.fdopen(descriptors[0], "rb", buffering=0) as source,
        os.fdopen(os.dup(descriptors[1]), "wb", buffering=0) as output,
        os.fdopen(os.dup(descriptors[2]), "wb", buffering=0) as errors,
    ):
        shells = [path for path in _SHELLS if stack.root.is_file(path)]
        setsid = [path for path in _SETSID if stack.root.is_file(path)]
        return place.attend(
            *((setsid[0], "-c") if setsid and streams["terminal"] else ()),
            *(words or shells[:1] or _SHELLS[-1:]),
            streams=(source, output, errors),
            environment={"TERM": str(streams["type"])},
            listen=listen,
        )
