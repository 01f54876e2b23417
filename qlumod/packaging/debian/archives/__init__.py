"""The archives of a release: their addresses, the private apt root with all of them, downloads."""
