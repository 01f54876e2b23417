"""The archives of a release: where they are, how old, and the private apt root with all of them."""
