"""Indexes that change piece by piece."""
