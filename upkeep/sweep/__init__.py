"""The sweep: `make sweep` makes a module of each of many packages, and counts what comes of it."""
