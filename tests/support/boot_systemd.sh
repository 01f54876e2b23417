#!/bin/bash
# Boot systemd in a root, in namespaces of its own; it never returns. For systemd_root.py, which has
# put this process into a control group of its own.
# Usage: boot_systemd.sh IMAGE SPACE [SHOWN NAME]…
set -e
image=$1 space=$2
shift 2
root=$space/root
mount -t tmpfs tmpfs "$space"
mkdir "$space/lower" "$space/upper" "$space/work" "$root"
mount -t squashfs -o loop,ro "$image" "$space/lower"
mount -t overlay -o "lowerdir=$space/lower,upperdir=$space/upper,workdir=$space/work" overlay "$root"

mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount --bind -o ro "$root/proc/sys" "$root/proc/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
for directory in tmp var/tmp; do mount -t tmpfs -o mode=1777 tmpfs "$root/$directory"; done
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
# The machine's loop devices, also those that it gets later.
mknod "$root/dev/loop-control" c 10 237
for number in {0..255}; do mknod "$root/dev/loop$number" b 7 "$number"; done
mkdir -m 1777 "$root/dev/shm"
mkdir "$root/dev/pts"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for number in 0:stdin 1:stdout 2:stderr; do
    ln -s "/proc/self/fd/${number%:*}" "$root/dev/${number#*:}"
done
while [ $# -gt 0 ]; do
    mkdir -p "$root$2"
    mount --bind -o ro "$1" "$root$2"
    shift 2
done

# What a container has no use for.
for unit in systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket \
    systemd-udev-trigger.service systemd-networkd.service systemd-networkd.socket \
    systemd-resolved.service systemd-timesyncd.service systemd-sysctl.service \
    systemd-modules-load.service sys-kernel-config.mount sys-kernel-debug.mount \
    sys-kernel-tracing.mount sys-fs-fuse-connections.mount dev-hugepages.mount dev-mqueue.mount \
    systemd-random-seed.service systemd-firstboot.service systemd-logind.service getty.target \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
echo "127.0.0.1 localhost head" > "$root/etc/hosts"
: > "$root/etc/apt/sources.list"
rm -f "$root/etc/resolv.conf"
ip link set lo up
hostname head
cd "$root"
exec chroot "$root" /usr/bin/env -i container=qlumod-test LC_ALL=C.UTF-8 \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --show-status=no \
    --log-target=journal --unit=multi-user.target
