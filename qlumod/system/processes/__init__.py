"""Programs and what bounds them: the only door to programs, namespaces, limits, signals."""
