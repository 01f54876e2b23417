"""The archives of a release: where they are, the private apt root with all of them, downloads."""
