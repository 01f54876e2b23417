"""How packages are read, chosen and installed: one package of Python per kind of packages."""
