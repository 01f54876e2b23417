"""Proving that a stack of layers equals one installation of all its packages."""
