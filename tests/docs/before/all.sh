# What each page takes for granted: a machine, at first without qlumod.
# shellcheck shell=bash
unset SOURCE_DATE_EPOCH
rm -rf /etc/qlumod /srv
mkdir -p /srv/me
export HOME=/srv/me USER=root QLUMOD_CACHE=/cache LC_ALL=C.UTF-8
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
# As a person answers.
echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/pages
rm -f /var/lib/man-db/auto-update
command -v sudo >/dev/null || sudo() { "$@"; }

# build_host: install qlumod, once.
build_host() {
    [ -e /srv/me/build-host ] || apt-get install -q /own/{qlumod,dh-qlumod,python3-qlumod}_*.deb >&2
    touch /srv/me/build-host
}

# built: lock and build the modules of this directory, once.
built() {
    [ ! -e build ] || return 0
    qlumod lock >&2
    qlumod build --all --no-lint >&2
}

# key NAME: make a key of one's own, and print its fingerprint.
key() {
    gpg --batch --quiet --passphrase '' --quick-generate-key "$1" rsa2048 sign never >&2
    gpg --list-secret-keys --with-colons "$1" | awk -F: '$1 == "fpr" { print $10; exit }'
}

# ended EXPECTED STATUS: go on if a command ended as expected.
ended() {
    [ "$1" = "$2" ] || exit "$(($2 == 0 ? 1 : $2))"
}

# say MARK STATUS: how a page ended. Agents of GnuPG would keep the machine.
say() {
    gpgconf --kill all
    printf '== %s\n%s\n' "$1" "$2"
}
