#!/usr/bin/perl
# What `dh --with qlumod` (Build-Depends: dh-sequence-qlumod) adds to the sequence.

use strict;
use warnings;

use Debian::Debhelper::Dh_Lib;

# After dh_installdocs and dh_lintian: a module's copyright file is the last word, and what lintian
# would say of it is added to the overrides.
insert_after('dh_lintian', 'dh_qlumod');

# A payload comes to the head node byte for byte: its manifest has the digests.
add_command_options('dh_strip_nondeterminism', '-Xusr/share/qlumod/modules/');

# The summary for people keeps its name; everything else that may be compressed is already.
add_command_options('dh_compress', '-X.changelog');

# A layer is compressed already: xz around it takes a minute to save 2 %.
add_command_options('dh_builddeb', '-u-Znone --no-uniform-compression');

1;
