"""A script that runs a module of qlumod as a program: ``python3 -I isolated.py MODULE WORD …``.

In isolated mode, Python imports nothing from the current directory, the home directory or PYTHON*
variables (python3(1)); only this tree is added to the path.
"""

import os.path
import runpy
import sys

TREE = os.path.abspath(__file__).rsplit(os.sep, 4)[0]  # noqa: PTH100
"""The directory of the package, found with already imported modules only, since this runs first."""


def words(module: str) -> tuple[str, ...]:
    """The command line that runs a module as a program."""
    return (sys.executable, "-I", "-B", os.path.abspath(__file__), module)  # noqa: PTH100


if __name__ == "__main__":
    if TREE not in sys.path:
        sys.path.insert(0, TREE)
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
