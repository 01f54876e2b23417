"""The files of a repository: names, indexes, Release files, snapshots, and its settings."""
