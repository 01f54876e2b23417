"""The archives of a release: their addresses, their ages, and the private apt root for them."""
