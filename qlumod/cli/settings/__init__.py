"""The settings: their table, the values that they take, and where they are read."""
