"""``python3 -m qlumod`` is the same as ``qlumod``."""

import os.path
import sys

# With -m, Python looks for modules in the current directory first, whosever that is.
_TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
if not sys.flags.safe_path and sys.path[0] != _TREE:
    del sys.path[0]

from qlumod.cli.main import main  # noqa: E402

main()
