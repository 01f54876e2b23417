"""A process that reads packages, since Python's threads do not run in parallel.

``python -m qlumod.repository.publishing.reading_process`` reads `PackageFile` values from standard
input. It writes one line per group of them: the `Incoming` or the error of each. Input and lines
are pickled, the lines also in base64. See `incoming.read_apart`.
"""

import base64
import pickle
import sys

from qlumod.repository.publishing.package_files import attempted

AT_ONCE = 100
"""The number of packages per line."""


def _main() -> None:
    wanted = pickle.load(sys.stdin.buffer)
    for start in range(0, len(wanted), AT_ONCE):
        found = [attempted(one) for one in wanted[start : start + AT_ONCE]]
        sys.stdout.write(base64.b64encode(pickle.dumps(found)).decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
