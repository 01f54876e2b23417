"""How a root is filled with .debs, and what dpkg's database in one says."""
