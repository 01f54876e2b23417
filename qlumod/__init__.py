"""Make image modules for HPC clusters out of Debian packages."""

__version__ = "0.2.0"
