#!/bin/bash
# Run targets of this checkout in a fresh root of another Debian release, in namespaces of its own:
#
#   upkeep/host.sh RELEASE TARGET...
#
# The root is unpacked from a tarball that is made once for each release, in QLUMOD_HOSTS
# (/var/cache/qlumod-hosts); downloaded packages are kept there, too. The checkout is copied to
# /root/qlumod. HOST_SHOWS lists more paths of this machine that the root shows, read-only; KEEP=1
# leaves the root for a look at it.
set -euo pipefail

release=${1:-}
if [[ ! $release =~ ^[a-z]+$ ]]; then
    echo "host: '$release' is no release of Debian: make host HOST=trixie" >&2
    exit 2
fi
shift
checkout=$(cd "$(dirname "$0")/.." && pwd)
place=${QLUMOD_HOSTS:-/var/cache/qlumod-hosts}/$release
base=$place/base.tar
root=$place/root

if [ "$(id -u)" != 0 ]; then
    echo "host: this mounts and makes roots: run it as root (sudo make host)" >&2
    exit 1
fi

# The address from which this machine's apt reads Debian's archive of this label.
mirror_of() {
    local found
    # shellcheck disable=SC2016  # apt-get fills it in
    found=$(apt-get indextargets --format '$(SHADOWED) $(REPO_URI)' 'Created-By: Packages' \
        'Origin: Debian' "Label: $1" | awk '$1 != "true" { print $2 }' | head -n 1)
    if [ -z "$found" ]; then
        echo "host: this machine's apt knows no archive with Origin Debian and Label $1:" \
            "add it to /etc/apt/sources.list.d and run: apt update" >&2
        return 1
    fi
    echo "$found"
}

# The root of the release as Debian has it, with what runs make there, with this machine's
# certificates, and with the archives that a release of modules names.
make_base() {
    local main security
    main=$(mirror_of Debian)
    security=$(mirror_of Debian-Security)
    echo "== host: making a root of $release from $main"
    # shellcheck disable=SC2016  # mmdebstrap's shell fills it in
    mmdebstrap --quiet --variant=apt --include=ca-certificates,make,mount \
        --aptopt='Apt::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
        --dpkgopt=force-unsafe-io \
        --customize-hook='sync-in /usr/local/share/ca-certificates /usr/local/share/ca-certificates' \
        --customize-hook='chroot "$1" update-ca-certificates' \
        "$release" "$base.new.tar" "deb $main $release main" \
        "deb $main $release-updates main" "deb $security $release-security main"
    mv "$base.new.tar" "$base"
}

unpack() {
    rm -rf --one-file-system "$root"
    mkdir "$root"
    tar --extract --file="$base" --directory="$root" --numeric-owner --xattrs --xattrs-include='*'
    mkdir -p "$root/root/qlumod"
    git -C "$checkout" ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' file; do
            if [ -e "$checkout/$file" ] || [ -L "$checkout/$file" ]; then printf '%s\0' "$file"; fi
        done |
        tar --create --directory="$checkout" --null --files-from=- |
        tar --extract --directory="$root/root/qlumod" --no-same-owner
    git -C "$root/root/qlumod" init --quiet
    git -C "$root/root/qlumod" add --all
    git -C "$root/root/qlumod" -c user.name=host -c user.email=host@qlumod.example \
        commit --quiet --message 'The checkout'
    cp --dereference /etc/resolv.conf "$root/etc/resolv.conf"
    local file
    for file in /etc/pip.conf /etc/xdg/pip "$HOME/.config/pip"; do
        if [ -e "$file" ]; then
            mkdir -p "$root$(dirname "${file/#"$HOME"//root}")"
            cp -r "$file" "$root${file/#"$HOME"//root}"
        fi
    done
}

# What follows happens in namespaces: the mounts and processes are gone with them.
if [ "${QLUMOD_HOST_INSIDE:-}" != "$release" ]; then
    mkdir -p "$place/archives"
    exec 9>"$place/lock"
    flock 9
    [ -e "$base" ] || make_base
    unpack
    trap '[ -n "${KEEP:-}" ] || rm -rf --one-file-system "$root"' EXIT
    trap 'exit 130' INT TERM
    QLUMOD_HOST_INSIDE=$release unshare --mount --uts --ipc --pid --fork --kill-child=KILL \
        -- "$0" "$release" "$@" 9>&-
    exit
fi

unset QLUMOD_HOST_INSIDE
mount --bind "$root" "$root"
mount --types proc proc "$root/proc"
for name in dev sys; do
    mount --rbind "/$name" "$root/$name"
done
mount --types tmpfs --options mode=0755 tmpfs "$root/run"
mkdir -p "$root/var/cache/apt/archives"
mount --bind "$place/archives" "$root/var/cache/apt/archives"
for path in ${HOST_SHOWS:-}; do
    mkdir -p "$root$path"
    mount --bind --options ro "$path" "$root$path"
done
cd "$root"
mkdir -p .before
# A root that is only changed by chroot(2) may make no user namespaces.
pivot_root . .before
cd /
umount --lazy /.before
rmdir /.before
echo "$release" >/proc/sys/kernel/hostname
export HOME=/root LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd /root/qlumod
# Those of a make that called this are about its own jobs.
unset MAKEFLAGS MAKELEVEL MFLAGS
for target in "$@"; do
    echo "== host: $release: make $target"
    SECONDS=0
    # shellcheck disable=SC2086  # a target and its variables
    make $target </dev/null
    echo "== host: $release: make $target passed in $SECONDS s"
done
