"""The options of bubblewrap: capabilities, namespaces, and the kernel's file systems."""

from dataclasses import dataclass
from pathlib import Path

from qlumod.system.processes.namespace import HOST_NAME

CAPABILITIES = (
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
)
"""The capabilities for dpkg and maintainer scripts (capabilities(7)): files of all owners, other
users.

CAP_MKNOD makes device nodes, which nothing can open: all mounts are ``nodev``.
"""

_HIDDEN = (
    "cmdline", "config.gz", "consoles", "devices", "diskstats", "interrupts", "iomem", "ioports",
    "kallsyms", "kcore", "key-users", "keys", "kmsg", "kpagecgroup", "kpagecount", "kpageflags",
    "locks", "mdstat", "modules", "mtrr", "pagetypeinfo", "partitions", "sched_debug", "slabinfo",
    "softirqs", "swaps", "timer_list", "vmallocinfo",
)  # fmt: skip
"""Files of /proc with data of the host or its keys (proc(5)): empty inside."""
_HIDDEN_TREES = ("1", "acpi", "asound", "bus", "driver", "fs", "irq", "scsi")
"""Directories of /proc with such data; and PID 1, which is `enclosed.sh`, and private."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A file or directory of the host that programs see as `name`."""

    source: Path
    name: str
    writable: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """bubblewrap's option."""
        return ("--bind" if self.writable else "--ro-bind", str(self.source), self.name)


_NAMES = ",".join(f"+{name.removeprefix('CAP_').lower()}" for name in CAPABILITIES)
BOUNDED = (
    # bubblewrap needs more than it leaves, and does not change the bounding set: it gets its own
    # capabilities as inheritable ones, which programs of root have in addition (capabilities(7)).
    "setpriv", f"--inh-caps=-all,{_NAMES},+sys_admin,+net_admin", "--",
    "setpriv", f"--bounding-set=-all,{_NAMES}", "--",
)  # fmt: skip
"""The command that starts bubblewrap, so that nothing in the enclosure gets more capabilities."""
SURROUNDINGS = (
    "--unshare-ipc",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--hostname", HOST_NAME,
    "--new-session",
    "--die-with-parent",
    # Its end is the end of all processes: only then does bubblewrap end, too.
    "--as-pid-1",
    "--cap-drop", "ALL",
    *(word for name in CAPABILITIES for word in ("--cap-add", name)),
)  # fmt: skip
"""The options that are the same in every enclosure."""


def kernel_words(empty: Path) -> tuple[str, ...]:
    """The kernel's own file systems, with nothing of the host to read, and nothing to write."""
    files = [name for name in _HIDDEN if Path("/proc", name).exists()]
    trees = [name for name in _HIDDEN_TREES if Path("/proc", name).is_dir()]
    return (
        "--proc", "/proc",
        *(word for name in files for word in ("--ro-bind", "/dev/null", f"/proc/{name}")),
        *(word for name in trees for word in ("--ro-bind", str(empty), f"/proc/{name}")),
        "--remount-ro", "/proc",
        "--dev", "/dev",
        "--perms", "1777", "--tmpfs", "/dev/shm",
        "--ro-bind", str(empty), "/sys",
    )  # fmt: skip
