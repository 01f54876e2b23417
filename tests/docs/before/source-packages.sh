# docs/source-packages.md: a lock, the store that it is fetched to, and an archive of core.
# shellcheck shell=bash
build_host
built
QLUMOD_STORE=/srv/qlumod/packages qlumod fetch >&2
mkdir archive
cp /own/qlumod-head_*.deb build/*core*.deb archive
(cd archive && apt-ftparchive packages . >Packages)
echo "deb [trusted=yes] file:$PWD/archive ./" >/etc/apt/sources.list.d/archive.list
apt-get update -q -o Dir::Etc::SourceList=/etc/apt/sources.list.d/archive.list \
    -o Dir::Etc::SourceParts=/dev/null -o APT::Get::List-Cleanup=0 >&2
