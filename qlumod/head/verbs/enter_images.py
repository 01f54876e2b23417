"""Running a program in the stack of an image."""

import os
from collections.abc import Sequence
from pathlib import Path

from qlumod.events import Listener
from qlumod.head.kept_lists import chosen_generation, require_intact
from qlumod.head.places import Places
from qlumod.model.image import ImageName
from qlumod.system.disk.scratch import scratch
from qlumod.system.processes.namespace import call_inside, require
from qlumod.system.processes.terminal_relay import callers_streams


def enter_image(
    places: Places,
    name: ImageName,
    generation: str | None,
    words: Sequence[str],
    *,
    listen: Listener,
) -> int:
    """Run a program (none: a shell) in a generation of an image (None: the newest one).

    It uses the streams of this process. All that it changes is lost. Returns its status, as a
    shell tells it.
    """
    kept = chosen_generation(places, name, generation)
    require_intact(kept)
    require()
    layers = [(kept.directory / layer.file.path).resolve() for layer in kept.stack.layers]
    with scratch() as place, callers_streams() as streams:
        status: int = call_inside(
            "qlumod.head.shell_inside:run_in_stack",
            {
                "layers": [str(layer) for layer in layers],
                "words": list(words),
                "streams": {
                    "descriptors": list(streams.descriptors),
                    "terminal": streams.terminal,
                    "type": os.environ.get("TERM", "dumb"),
                },
                "scratch": str(Path(place, "stack")),
            },
            listen=listen,
        )
    return status
