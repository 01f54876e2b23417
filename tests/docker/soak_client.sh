# A client of the soak: updates and installs until it is told to stop; a line for each round.
# shellcheck shell=bash
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

failed() {
    echo "failed $1"
    sed 's/^/| /' /tmp/said
}

while [ ! -e /tmp/stop ]; do
    if ! apt-get -q update > /tmp/said 2>&1 || grep -q '^[WE]:' /tmp/said; then
        failed update
    elif ! apt-get -q -y install soak > /tmp/said 2>&1 || grep -q '^[WE]:' /tmp/said; then
        failed install
    else
        # Three packages that are published together are there together, and whole.
        { dpkg-query -W -f '${Version}\n' soak soak-all soak-amd64
          cat /usr/share/soak/all /usr/share/soak/amd64; } > /tmp/said 2>&1
        if [ "$(sort -u /tmp/said | wc -l)" = 1 ]; then
            seen=$(sha256sum /var/lib/apt/lists/*_InRelease)
            echo "round ${seen%% *} $(head -n 1 /tmp/said)"
        else
            failed "one version"
        fi
    fi
done
