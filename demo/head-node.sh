#!/bin/bash
# The head node's part of the demo, inside a root directory and in namespaces of its own, so that
# whatever happens no mount and no process of it stays. Usage: head-node.sh ROOT REPOSITORY
set -euo pipefail

root=$1
repository=$2

# A root directory is a mount point on every machine that was booted.
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mkdir -p "$root/srv/repository"
mount --bind "$repository" "$root/srv/repository"
cp /etc/resolv.conf "$root/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"

typed() {
    printf '\nhead#'
    local word
    for word in "$@"; do
        [[ $word =~ ^[A-Za-z0-9_./:=@,+-]+$ ]] || word="'$word'"
        printf ' %s' "$word"
    done
    printf '\n'
    chroot "$root" env DEBIAN_FRONTEND=noninteractive TERM="${TERM:-dumb}" LC_ALL=C.UTF-8 \
        PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

cp "$repository"/*.sources "$root/etc/apt/sources.list.d/"

typed head -n 6 "/etc/apt/sources.list.d/$(basename "$repository"/*.sources)"
typed apt-get update -q
typed apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 qlustar-module-slurm
typed qlumod modules
typed qlumod image create compute --modules slurm
secrets=/etc/qlumod/images/compute/secrets/etc/munge
typed sh -c "umask 077; mkdir -p $secrets; head -c 1024 /dev/urandom > $secrets/munge.key"
typed qlumod image build compute
typed qlumod image deploy compute
typed qlumod image list
typed find /var/lib/qlumod/images -ls
