"""Debian's kinds of shared state: one file per kind, each with one pure rule."""
