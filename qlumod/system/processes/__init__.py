"""Processes: the only door to programs, namespaces, limits, signals."""
