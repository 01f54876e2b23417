"""Filling a root with .debs, and reading dpkg's database in it."""
