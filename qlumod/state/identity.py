"""Files that identify a machine: they exist in each stack, but are empty."""

from qlumod.state.kind import Fixed, StateFile

MACHINE_ID = Fixed(
    name="machine-id",
    path="/etc/machine-id",
    file=StateFile(data=b"", mode=0o644),
    reason="it is the machine's own; systemd fills an empty one at boot, but takes a missing one "
    "for a first boot and presets all units (machine-id(5))",
)
FIXED = (MACHINE_ID,)
