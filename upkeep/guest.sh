#!/bin/bash
# Run tests of this checkout in a virtual machine of a Debian release, with systemd and with cgroup
# v2 alone, whatever this machine has:
#
#   upkeep/guest.sh RELEASE TEST...
#
# Its root is one that upkeep/host.sh has made and set up, as a disk image; it has no network.
set -euo pipefail

release=${1:-}
shift || true
here=$(cd "$(dirname "$0")" && pwd)
place=${QLUMOD_HOSTS:-/var/cache/qlumod-hosts}/$release
root=$place/root
disk=$place/guest.img

if [ $# = 0 ]; then
    echo "guest: name a release and tests: make guest HOST=trixie TESTS=tests/system" >&2
    exit 2
fi

trap 'rm -rf --one-file-system "$root" "$disk"' EXIT
trap 'exit 130' INT TERM
KEEP=1 "$here/host.sh" "$release" setup guest-parts

cat >"$root/root/run-tests" <<END
#!/bin/sh
cd /root/qlumod
mount | grep 'type cgroup'
cat /proc/self/cgroup
.venv/bin/python -m pytest -p no:cacheprovider --color=no -q -rs $* </dev/null
echo \$? >/root/status
sync
systemctl poweroff --force --force
END
cat >"$root/etc/systemd/system/tests.service" <<END
[Unit]
Description=The tests
Requires=basic.target
After=basic.target

[Service]
Type=oneshot
Environment=HOME=/root LC_ALL=C.UTF-8
ExecStart=/bin/sh /root/run-tests
StandardOutput=file:/dev/ttyS0
StandardError=file:/dev/ttyS0
END
rm -f "$disk"
mke2fs -q -t ext4 -d "$root" "$disk" "$(($(du -sm "$root" | cut -f 1) + 2048))M"

echo "== guest: $release: $*"
SECONDS=0
qemu-system-x86_64 -machine q35,accel="${QEMU_ACCEL:-tcg}" -smp 2 -m 3G -nographic -no-reboot -nic none \
    -kernel "$root/vmlinuz" -initrd "$root/initrd.img" \
    -append 'root=/dev/vda rw console=ttyS0 quiet systemd.unit=tests.service' \
    -drive "file=$disk,format=raw,if=virtio,cache=unsafe" </dev/null
status=$(debugfs -R 'cat /root/status' "$disk" 2>/dev/null)
echo "== guest: $release: exit status ${status:-unknown} in $SECONDS s"
exit "${status:-1}"
