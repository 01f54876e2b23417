"""From a payload to a Debian source package, and from there to .debs, by debhelper."""
