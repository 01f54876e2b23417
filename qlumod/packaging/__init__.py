"""How packages are read, chosen and installed: one Python package per kind of packages."""
