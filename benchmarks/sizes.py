"""What core, slurm and ofed take as they are published, held against the limits of docs/size.md.

Firmware is counted apart. Layers that are not in the cache are built: minutes, at zstd 19.
"""

import json
import subprocess
import sys
from typing import Any

MODULES = ("core", "slurm", "ofed")
LIMITS = (("core",), 95_000_000), (MODULES, 130_000_000)
"""How many bytes these modules' layers may take together, without firmware."""


def main(flavor: str) -> int:
    """Build, measure, print, and say whether all is within the limits."""
    qlumod("build", *MODULES, "--no-lint", "--flavor", flavor)
    print(qlumod("show", *MODULES, "--size", "--flavor", flavor))
    answer = json.loads(qlumod("show", *MODULES, "--size", "--flavor", flavor, "--json"))
    sizes: dict[str, Any] = {module["module"]: module["size"] for module in answer["modules"]}
    held = [within(modules, limit, sizes) for modules, limit in LIMITS]
    return 0 if all(held) else 1


def qlumod(*words: str) -> str:
    """Type a qlumod command; returns what it printed."""
    call = [sys.executable, "-m", "qlumod", *words]
    return subprocess.run(call, stdout=subprocess.PIPE, text=True, check=True).stdout


def within(modules: tuple[str, ...], limit: int, sizes: dict[str, Any]) -> bool:
    """Print what some modules take beside what they may."""
    taken = sum(sizes[module]["without_firmware"] for module in modules)
    firmware = sum(sizes[module]["firmware"] for module in modules)
    verdict = "within" if taken <= limit else "MORE THAN"
    print(
        f"{' + '.join(modules)}: {taken / 1e6:.1f} MB, {verdict} {limit / 1e6:.0f} MB "
        f"(and {firmware / 1e6:.1f} MB of firmware)"
    )
    return taken <= limit


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
