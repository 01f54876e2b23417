# Beside a clean root: the source package's tests, with the packages in $ROOT/own.
# shellcheck shell=bash
set -e
# The tests' own directories are made in the root.
work=$TMPDIR
unset TMPDIR
for place in proc dev sys; do mount --rbind "/$place" "$ROOT/$place"; done
mount -t tmpfs tmpfs "$ROOT/run"
chroot "$ROOT" apt-get -q update >/dev/null
status=0
autopkgtest --quiet --output-dir "$work/out" --no-built-binaries \
    "$ROOT"/own/*.deb "$ROOT/own/qlumod/" -- chroot "$ROOT" >"$work/log" 2>&1 || status=$?
[ $status = 0 ] || cat "$work/log"
echo "== summary"
cat "$work/out/summary"
exit $status
