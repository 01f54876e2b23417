#!/bin/bash
# The main job as a person would type it: from two specs to a stack that equals one installation.
# Everything happens in build/demo; only the cache of packages and layers is the usual one.
# With the argument "core", it ends when core is built.
set -euo pipefail

checkout=$(cd "$(dirname "$0")/.." && pwd)
here=$checkout/build/demo
export QLUMOD_CACHE=${QLUMOD_CACHE:-/var/cache/qlumod}
# Whatever you or this host want of other calls.
export QLUMOD_CONFIG=/dev/null
export PATH=$checkout/.venv/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C.UTF-8

if [ "$(id -u)" != 0 ]; then
    echo "demo: this mounts and makes roots: run it as root (sudo make demo)" >&2
    exit 1
fi

# Words as one would type them: in quotes only where they need some.
quoted() {
    local word
    for word in "$@"; do
        [[ $word =~ ^[A-Za-z0-9_./:=@,+-]+$ ]] || word="'$word'"
        printf ' %s' "$word"
    done
    printf '\n'
}

say() {
    printf '\n== %s\n' "$*"
}

typed() {
    printf '\n$'
    quoted "$@"
    "$@"
}

# A key of this demo's own. Not below build/: a socket's path has at most 108 bytes.
GNUPGHOME=$(mktemp -d /tmp/qlumod-demo.XXXXXX)
export GNUPGHOME
trap 'gpgconf --kill all; rm -rf "$GNUPGHOME"' EXIT
trap 'exit 130' INT TERM

rm -rf "$here"
mkdir -p "$here"
mkdir "$here/module-specs"
cp "$checkout"/module-specs/{release,accounts,core.module,slurm.module} "$here/module-specs/"
ln -s "$checkout/dist" "$here/dist"
cd "$here"
# Compressed as in CI, which is six times as fast as for a release; the packages' version says so.
export QLUMOD_PROFILE=ci

say "What an engineer wrote"
typed cat module-specs/slurm.module
typed qlumod check

say "Exactly which packages: apt solves core and slurm together"
typed qlumod lock

if [ "${1:-}" = core ]; then
    say "The first of them, built without network from exactly these packages, and its .deb packages"
    typed qlumod build core --output packages
    exit
fi

say "Two layers, built without network from exactly these packages, and their .deb packages"
typed qlumod build core slurm --output packages
typed ls -sh packages

say "The proof: the stack against one installation of all the packages, signed by a key of this host"
typed qlumod repo key --home "$GNUPGHOME" 'qlumod demo <demo@qlumod.example>' | tee key
fingerprint=$(tail -n 1 key)
typed qlumod verify-stack core slurm --brief --proof proof.json --key "$fingerprint"

say "One commit into a signed apt repository, which takes the proofs of its own key"
typed qlumod repo init repository --key "$fingerprint" --uri file:/srv/repository
typed qlumod publish --repository repository --proof proof.json packages/*.changes dist/*.changes

say "A head node: a fresh Debian, and one apt install"
# shellcheck disable=SC2016  # apt-get fills it in
mirror=$(apt-get indextargets --format '$(SHADOWED) $(REPO_URI)' 'Created-By: Packages' \
    'Origin: Debian' 'Label: Debian' | awk '$1 != "true" { print $2 }' | head -n 1)
typed mmdebstrap --variant=apt bookworm head-node "$mirror"
unshare --mount --pid --fork --kill-child --mount-proc -- \
    "$checkout/demo/head-node.sh" "$here/head-node" "$here/repository"

say "Done"
echo "The results are in build/demo: packages/, repository/, and the image in head-node/var/lib/qlumod."
