#!/usr/bin/perl
# What `dh --with qlumod` (Build-Depends: dh-sequence-qlumod) adds to the sequence.

use strict;
use warnings;

use Debian::Debhelper::Dh_Lib;

# After dh_installdocs and dh_lintian: the module's copyright file replaces the one of dh_installdocs,
# and the overrides for it are added to those of dh_lintian.
insert_after('dh_lintian', 'dh_qlumod');

# The bytes of a payload must not change: its manifest has their digests.
add_command_options('dh_strip_nondeterminism', '-Xusr/share/qlumod/modules/');

# The summary for people stays uncompressed; all other files are compressed already if they may be.
add_command_options('dh_compress', '-X.changelog');

# A layer is compressed already: xz around it takes a minute to save 2 %.
add_command_options('dh_builddeb', '-u-Znone --no-uniform-compression');

1;
