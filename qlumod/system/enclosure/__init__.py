"""Running programs of packages in an enclosure, the only place where they run."""
