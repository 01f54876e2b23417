"""Files, trees, mounts and images of this machine: complete or absent, and inside their root."""
