"""A process that tells whether apt would install packages at once; `apt_client` starts it.

``python -m qlumod.packaging.debian.marking`` with APT_CONFIG naming a private root reads names and
versions as JSON, and answers true or false. The packages are marked for installation with all their
dependencies, which is the first step of apt-get; its simulation also computes the order of
unpacking, which takes a hundred times as long.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

import apt_pkg


def _all_go_together(wanted: Sequence[tuple[str, str]]) -> bool:
    cache = apt_pkg.Cache(None)
    depcache: Any = apt_pkg.DepCache(cache)
    if any(name not in cache for name, _ in wanted):
        return False
    packages = {cache[name]: version for name, version in wanted}
    group: Any = apt_pkg.ActionGroup(depcache)
    with group:
        for package in packages:
            depcache.mark_install(package, True, True)
    return depcache.broken_count == 0 and all(
        depcache.marked_install(package) and depcache.get_candidate_ver(package).ver_str == version
        for package, version in packages.items()
    )


def _main() -> None:
    apt_pkg.init()
    json.dump(_all_go_together(json.loads(sys.stdin.buffer.read())), sys.stdout)


if __name__ == "__main__":
    _main()
