#!/bin/bash
# What one would do without qlumod: core by mmdebstrap into a directory, slurm by apt-get in an
# overlay over it, and both through mksquashfs. No proof, no contents, no state, no package.
# Runs as root in a mount namespace of its own (benchmarks/main_job.py starts it so).
#
# Usage: by_hand.sh WORK ARCHIVE SOURCE SUITE CORE SLURM LEVEL BLOCK EPOCH
#   ARCHIVE   directory with the archive of exactly the locked packages
#   SOURCE    its line of sources.list
#   CORE      file with core's packages, name=version, one per line; SLURM likewise
set -euo pipefail

work=$1 archive=$2 source=$3 suite=$4 core=$5 slurm=$6 level=$7 block=$8
export SOURCE_DATE_EPOCH=$9
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

squash() {
    mksquashfs "$1" "$2" -noappend -no-progress -quiet -comp zstd \
        -Xcompression-level "$level" -b "$block" -mem 512M
}

mkdir -p "$work"/{upper,overlay,root}
mmdebstrap --mode=root --variant=apt --format=directory --quiet \
    --aptopt='Apt::Install-Recommends "false"' \
    --aptopt='Acquire::Check-Valid-Until "false"' \
    --aptopt='APT::Sandbox::User "root"' \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --include="$(paste -sd, "$core")" \
    "$suite" "$work/core" "$source"
squash "$work/core" "$work/core.squashfs"

mount -t overlay overlay \
    -o "lowerdir=$work/core,upperdir=$work/upper,workdir=$work/overlay" "$work/root"
mount -t proc proc "$work/root/proc"
mkdir -p "$work/root$archive"
mount --bind "$archive" "$work/root$archive"
echo "$source" > "$work/root/etc/apt/sources.list"
printf '#!/bin/sh\nexit 101\n' > "$work/root/usr/sbin/policy-rc.d"
chmod 755 "$work/root/usr/sbin/policy-rc.d"

apt=(chroot "$work/root" apt-get -q -y -o Acquire::Check-Valid-Until=false)
"${apt[@]}" update
xargs "${apt[@]}" install --no-install-recommends < "$slurm"

umount "$work/root$archive" "$work/root/proc" "$work/root"
squash "$work/upper" "$work/slurm.squashfs"
