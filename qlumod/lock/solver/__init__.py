"""Solving with apt: the requests, apt's process, and the algorithm over its answers."""
