"""A mirror of the soak: reads all by names, checks all digests, and says a line of each pass.

Runs in a container, with nothing but Python and gpgv. Two requests are never one moment: when the
suite has moved on between InRelease and an index, the digest cannot fit. Then InRelease is another
one, and the pass begins again; with the same InRelease it is the repository's fault.
"""

import gzip
import hashlib
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

MINE, STOP, KEYRING = Path("/tmp/mirrored"), Path("/tmp/stop"), Path("/tmp/keyring.gpg")


class Wrong(Exception):
    """What no mirror may ever meet."""


class MovedOn(Exception):
    """The suite is another one than when the pass began."""


def fetch(address: str) -> bytes:
    """The bytes that are there."""
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            return answer.read()
    except (OSError, urllib.error.URLError) as fault:
        raise Wrong(f"{address}: {fault}") from fault


def one_pass(root: str, suite: str) -> bytes:
    """Mirror what the suite offers now; returns its InRelease."""
    here = f"{root}/dists/{suite}"
    signed = fetch(f"{here}/InRelease")
    verify(signed)
    sums = re.findall(r"^ ([0-9a-f]{64}) +(\d+) (\S+)$", signed.decode(), re.MULTILINE)
    for sha256, size, name in sums:
        # Indexes are offered compressed only, whatever Release says of what is in them.
        if name.endswith((".gz", ".zst")):
            data = index(here, name, signed)
            if hashlib.sha256(data).hexdigest() != sha256 or len(data) != int(size):
                raise Wrong(f"{name} is not what InRelease says, and InRelease is the same")
            if name.endswith("/Packages.gz"):
                take(root, gzip.decompress(data).decode())
    return signed


def index(here: str, name: str, signed: bytes) -> bytes:
    """An index by its name; raises where the suite moved on meanwhile."""
    try:
        data = fetch(f"{here}/{name}")
    except Wrong:
        data = b""
    if fetch(f"{here}/InRelease") != signed:
        raise MovedOn
    return data


def take(root: str, packages: str) -> None:
    """Fetch the packages that are not here yet."""
    for stanza in packages.split("\n\n"):
        fields = dict(re.findall(r"^(\S+): (.+)$", stanza, re.MULTILINE))
        if fields and not (MINE / fields["SHA256"]).exists():
            data = fetch(f"{root}/{fields['Filename']}")
            if hashlib.sha256(data).hexdigest() != fields["SHA256"]:
                raise Wrong(f"{fields['Filename']} is not what Packages says")
            (MINE / fields["SHA256"]).write_bytes(data)


def verify(signed: bytes) -> None:
    """Check the signature."""
    done = subprocess.run(
        ["gpgv", "--keyring", KEYRING, "-"], input=signed, capture_output=True, check=False
    )
    if done.returncode:
        raise Wrong(f"InRelease: {done.stderr.decode()}")


def main(root: str, suite: str, keyring: str) -> None:
    """Mirror until told to stop."""
    MINE.mkdir()
    KEYRING.write_bytes(fetch(keyring))
    while not STOP.exists():
        try:
            signed = one_pass(root, suite)
            print(f"round {hashlib.sha256(signed).hexdigest()} -", flush=True)
        except MovedOn:
            print("overtaken", flush=True)
        except Wrong as fault:
            print(f"failed mirror\n| {fault}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
