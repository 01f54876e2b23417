"""Paths that no layer of any distribution has: files of the build host and of a running node."""

from qlumod.state.kind import Dropped

MOUNT_POINTS = Dropped(
    name="mount-points",
    trees=("/dev", "/proc", "/run", "/sys", "/tmp"),
    reason="a node mounts a file system of its own there",
)

ACCOUNT_BACKUPS = Dropped(
    name="account-backups",
    patterns=tuple(
        f"/etc/{name}-" for name in ("passwd", "shadow", "group", "gshadow", "subuid", "subgid")
    ),
    reason="the accounts before the last change",
)

LDCONFIG_AUX = Dropped(
    name="ldconfig-aux",
    patterns=("/var/cache/ldconfig/aux-cache",),
    reason="it holds the change times of inodes; ldconfig does without it",
)

RANDOM_SEED = Dropped(
    name="random-seed",
    patterns=(
        "/var/lib/systemd/random-seed",
        "/var/lib/systemd/credential.secret",
        "/var/lib/dbus/machine-id",
        "/var/lib/urandom/random-seed",
    ),
    reason="random numbers of one machine",
)
