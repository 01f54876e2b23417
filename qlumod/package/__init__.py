"""From a payload to a Debian source package, and from that to .debs, by debhelper."""
