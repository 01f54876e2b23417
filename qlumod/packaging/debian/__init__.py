"""Debian's packages: apt, dpkg, mmdebstrap, debhelper and lintian, each called in one place."""
