"""A script that runs a module of ours as a program: ``python3 -I isolated.py MODULE WORD …``.

In Python's isolated mode neither the current directory nor the home directory nor PYTHON* variables
bring code (python3(1)); this tree is all that is added to the path.
"""

import os.path
import runpy
import sys

TREE = os.path.abspath(__file__).rsplit(os.sep, 4)[0]  # noqa: PTH100
"""Where the package lies; by nothing but what is imported already, since this comes first."""


def words(module: str) -> tuple[str, ...]:
    """The words that run a module as a program of its own."""
    return (sys.executable, "-I", "-B", os.path.abspath(__file__), module)  # noqa: PTH100


if __name__ == "__main__":
    if TREE not in sys.path:
        sys.path.insert(0, TREE)
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
