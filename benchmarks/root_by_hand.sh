#!/bin/bash
# What one would do for one module without qlumod and without layers: a root of core's packages and
# the module's by mmdebstrap, and mksquashfs over it. No proof, no contents, no state, no package.
#
# Usage: root_by_hand.sh WORK SOURCE SUITE PACKAGES LEVEL BLOCK EPOCH
#   SOURCE    the line of sources.list of an archive of exactly these packages
#   PACKAGES  file with name=version, one per line
set -euo pipefail

work=$1 source=$2 suite=$3 packages=$4 level=$5 block=$6
export SOURCE_DATE_EPOCH=$7
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

mkdir -p "$work"
mmdebstrap --mode=root --variant=apt --format=directory --quiet \
    --aptopt='Apt::Install-Recommends "false"' \
    --aptopt='Acquire::Check-Valid-Until "false"' \
    --aptopt='APT::Sandbox::User "root"' \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --include="$(paste -sd, "$packages")" \
    "$suite" "$work/root" "$source"
mksquashfs "$work/root" "$work/root.squashfs" -noappend -no-progress -quiet -comp zstd \
    -Xcompression-level "$level" -b "$block" -mem 512M
