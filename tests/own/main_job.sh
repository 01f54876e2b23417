# Beside a clean root: qlumod from /own, the build host's part of the main job, and purging it;
# then piuparts upon the same root, which has everything now that our packages depend on.
# shellcheck shell=bash
set -e
for place in proc dev sys run; do mount --rbind "/$place" "$ROOT/$place"; done
inside() {
    chroot "$ROOT" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive "$@"
}
quietly() {
    "$@" >"$TMPDIR/log" 2>&1 || { cat "$TMPDIR/log"; return 1; }
}

echo "== install"
echo 'deb [trusted=yes] file:/own ./' >"$ROOT/etc/apt/sources.list.d/own.list"
quietly inside apt-get -q update
quietly inside apt-get -q -y --no-install-recommends install qlumod
inside python3 -c 'import qlumod; print(qlumod.__file__)'

echo "== main job"
inside env AUTOPKGTEST_TMP=/job /own-tests/main-job build-host

echo "== left"
touch "$ROOT/var/cache/qlumod/something"
quietly inside apt-get -q -y --no-install-recommends install dh-qlumod qlumod-head qlumod-node
mapfile -t ours < <(sed -n 's/^Package: //p' "$ROOT/own/Packages")
quietly inside apt-get -q -y purge "${ours[@]}"
find "$ROOT" -xdev \( -path "$ROOT/own*" -o -path "$ROOT/older" -o -path "$ROOT/job" \) -prune \
    -o -name '*qlumod*' ! -path "$ROOT/var/lib/apt/lists/*" -print

echo "== piuparts"
rm "$ROOT/etc/apt/sources.list.d/own.list"
older="deb [trusted=yes] file:$(readlink -f "$TMPDIR")/older ./"
mkdir "$TMPDIR/older" "$TMPDIR/own" "$TMPDIR/clean"
cp "$ROOT"/older/* "$TMPDIR/older"
cp "$ROOT"/own/*.deb "$TMPDIR/own"
echo "$older" >"$ROOT/etc/apt/sources.list.d/older.list"
for place in proc dev sys run own older job own-tests; do umount -R "$ROOT/$place"; done
piuparts --existing-chroot "$ROOT" --keep-sources-list --bindmount "$TMPDIR/older" \
    --distribution bookworm --no-eatmydata --tmpdir "$TMPDIR/clean" \
    "$TMPDIR"/own/*.deb >"$TMPDIR/log" 2>&1 || { cat "$TMPDIR/log"; exit 1; }
sed -n -e 's/.* INFO: PASS: //p' -e 's/^ *\(Unpacking [^ ]*qlumod.* over .*\) \.\.\.$/\1/p' "$TMPDIR/log"
