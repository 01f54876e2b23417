"""The packages that contain keys and sources for clients."""
