"""Solving with apt in a separate process: its caches as worlds, and the requests to it."""
