"""Fetching locked packages into the store."""
