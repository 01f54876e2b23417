"""Indexes in chunks: a publication writes only the changed chunks."""
