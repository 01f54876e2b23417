"""A module through the whole path: rendered, built by debhelper, moved to the output."""
