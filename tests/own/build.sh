# In a clean root with the unpacked source in /work/qlumod: build it with what debian/control names.
# shellcheck shell=bash
set -e
unset SOURCE_DATE_EPOCH
exec 3>&1 >/work/log 2>&1
trap '[ $? = 0 ] || cat /work/log >&3' EXIT
apt-get -q update
cd /work/qlumod
apt-get -q -y build-dep ./
dpkg-buildpackage -us -uc

# Bookworm's lintian is this machine's, too.
# shellcheck source=/dev/null
. /etc/os-release
[ "$VERSION_CODENAME" != bookworm ] || exit 0
apt-get -q -y install lintian
lintian --no-cfg --allow-root --pedantic -EI --display-info --fail-on none /work/*.changes >&3
