"""``python3 -m qlumod`` is the same as ``qlumod``."""

from qlumod.cli.main import main

main()
