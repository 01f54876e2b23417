# docs/head-node.md: a head node with two modules.
# shellcheck shell=bash
apt-get install -q /own/{qlumod-head,python3-qlumod}_*.deb >&2
rm -rf /usr/share/qlumod/modules /var/lib/qlumod /etc/qlumod/images
mkdir -p /etc/qlumod/images
cp -a head/usr/share/qlumod/modules /usr/share/qlumod/
qlumod register >&2
