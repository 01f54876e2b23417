# docs/source-packages.md: a lock, the store that it is fetched to, and core as apt sees it.
# shellcheck shell=bash
build_host
built
QLUMOD_STORE=/srv/qlumod/packages qlumod fetch >&2
(cd build && apt-ftparchive packages . >Packages)
echo "deb [trusted=yes] file:$PWD/build ./" >/etc/apt/sources.list.d/build.list
apt-get update -q -o Dir::Etc::SourceList=/etc/apt/sources.list.d/build.list \
    -o Dir::Etc::SourceParts=/dev/null -o APT::Get::List-Cleanup=0 >&2
