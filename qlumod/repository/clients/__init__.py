"""The packages with keys and sources for clients."""
