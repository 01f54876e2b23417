# docs/repository.md: built modules, a key, and the public key of a host that proves.
# shellcheck shell=bash
build_host
KEY=$(key 'Us <us@example.org>')
export GNUPGHOME=/srv/prover
mkdir -m 700 /srv/prover
PROVER=$(key 'Prover <prover@example.org>')
gpg --armor --export >prover.asc
gpgconf --kill all
unset GNUPGHOME
built
export KEY PROVER
