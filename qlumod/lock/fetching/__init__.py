"""Locked packages into the store."""
