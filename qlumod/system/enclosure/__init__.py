"""The one door to programs that come out of packages."""
