# In a clean root that knows Debian only: what the build host has published in /job/repository.
# shellcheck shell=bash
set -e
unset SOURCE_DATE_EPOCH
echo "== main job"
AUTOPKGTEST_TMP=/job /own-tests/main-job head-node
echo "== packages"
dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' | grep -v ^un
echo "== left"
apt-get -q -y purge qlumod-head python3-qlumod 2>&1
echo "== files"
find / -xdev \( -path /job -o -path /own-tests -o -path /proc \) -prune -o -path '*qlumod*' \
    ! -path '/var/lib/apt/lists/*' -print
