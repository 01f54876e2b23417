"""What clients are given: packages with keys and sources."""
