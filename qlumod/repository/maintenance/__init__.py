"""Maintenance of a repository: fsck, garbage collection, version bumps."""
