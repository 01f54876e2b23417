# For packages that qlumod makes: lintian --profile qlumod x.changes
Profile: qlumod/main
Extends: debian/main
# A module's distribution is a suite of its release, such as 14.0-bookworm: that is where it goes.
# lintian knows the names of Debian's suites only, and nothing in a package can override this tag.
Disable-Tags: bad-distribution-in-changes-file
