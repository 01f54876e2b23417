"""What keeps a repository whole and small: fsck, garbage collection, version bumps."""
