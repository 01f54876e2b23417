"""Make image modules for HPC clusters out of Debian packages."""

# First of all: other modules load the libraries that it is about.
from qlumod import surroundings as _surroundings  # noqa: F401

__version__ = "0.2.0"
