"""Locking: solving by a packaging, and fetching the chosen packages."""
