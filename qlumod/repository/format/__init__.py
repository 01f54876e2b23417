"""What lies in a repository: names, indexes, Release files, snapshots, and its settings."""
