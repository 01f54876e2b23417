"""A process that reads packages, since threads of Python take turns; see `incoming.read_apart`.

``python -m qlumod.repository.publishing.reading_process`` is given `PackageFile` values on standard
input. It writes a line for some of them at a time: what was read of each, or what is against it.
Both are pickled, the lines in base64.
"""

import base64
import pickle
import sys

from qlumod.repository.publishing.package_files import attempted

AT_ONCE = 100
"""How many packages a line is about."""


def _main() -> None:
    wanted = pickle.load(sys.stdin.buffer)
    for start in range(0, len(wanted), AT_ONCE):
        found = [attempted(one) for one in wanted[start : start + AT_ONCE]]
        sys.stdout.write(base64.b64encode(pickle.dumps(found)).decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
