# In a clean root with the unpacked source in /space/qlumod: build it with what debian/control names.
# shellcheck shell=bash
set -e
unset SOURCE_DATE_EPOCH
exec 3>&1 >/space/log 2>&1
trap '[ $? = 0 ] || cat /space/log >&3' EXIT
apt-get -q update
cd /space/qlumod
apt-get -q -y build-dep ./
dpkg-buildpackage -us -uc

# Bookworm's lintian is this machine's, too.
# shellcheck source=/dev/null
. /etc/os-release
[ "$VERSION_CODENAME" != bookworm ] || exit 0
apt-get -q -y install lintian
lintian --no-cfg --allow-root --pedantic -EI --display-info --fail-on none /space/*.changes >&3
