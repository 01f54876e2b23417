"""Files, trees, mounts and images on this machine: whole or not there, and within their root."""
