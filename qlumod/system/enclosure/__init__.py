"""The only door to programs of packages: it runs them in an enclosure."""
