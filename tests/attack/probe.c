/* What a program of a root reaches: one question a line, "probe LABEL QUESTION: yes|no DETAIL".
 *
 * Built without libraries of the root, for it runs in roots that have none. What it looks for on the
 * host is what tests/attack/host.py puts there.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>

#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif

#define MARKER "/var/tmp/qlumod-probe"
#define PORT 47113
#define SHM_KEY 0x716c6d64
#define AF_VSOCK_ 40
/* What SECURITY.md lists: see CAPABILITIES in qlumod/system/enclosure/bubblewrap.py. */
#define CAPABILITIES 0x00000000a80005fbULL

static const char *label = "";

static void answer(const char *question, int reached, const char *detail)
{
	printf("probe %s %s: %s %s\n", label, question, reached ? "yes" : "no", detail);
	fflush(stdout);
}

static void opens(const char *question, const char *path, int flags)
{
	int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	answer(question, fd >= 0, fd >= 0 ? path : strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void there(const char *question, const char *path)
{
	struct stat status;

	answer(question, !stat(path, &status), path);
}

/* In a child, so that what it takes along or breaks is gone with it. */
static void in_child(const char *question, long (*act)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(act() >= 0 ? 0 : 1 + (errno & 0x7f));
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		answer(question, 1, "");
	else
		answer(question, 0, WIFEXITED(status) ? strerror(WEXITSTATUS(status) - 1) : "killed");
}

/* ---- the host's tree ---- */

static long leave_by_chroot(void)
{
	struct stat status;
	int above;

	mkdir("/tmp/probe-chroot", 0755);
	if (chroot("/tmp/probe-chroot"))
		return -1;
	for (above = 0; above < 64; above++)
		if (chdir(".."))
			return -1;
	if (chroot("."))
		return -1;
	return stat(MARKER, &status);
}

static long leave_by_descriptor(void)
{
	struct stat status;
	char path[64];
	int fd;

	for (fd = 3; fd < 256; fd++) {
		if (fchdir(fd))
			continue;
		snprintf(path, sizeof(path), "..%s", MARKER);
		if (!stat(MARKER + 1, &status) || !stat(path, &status))
			return 0;
	}
	errno = ENOENT;
	return -1;
}

static long open_by_handle(void)
{
	struct {
		struct file_handle head;
		unsigned char bytes[128];
	} handle = {.head = {.handle_bytes = 128}};
	int id;
	int fd = open("/", O_RDONLY | O_DIRECTORY);

	if (name_to_handle_at(AT_FDCWD, "/", &handle.head, &id, 0))
		return -1;
	return open_by_handle_at(fd, &handle.head, O_RDONLY);
}

static long open_device_of_root(void)
{
	struct stat status;

	if (stat("/", &status) || mknod("/tmp/probe-root", S_IFBLK | 0600, status.st_dev))
		return -1;
	return open("/tmp/probe-root", O_RDONLY);
}

/* Nodes of the host's devices, wherever a file system might take one. */
static void devices(void)
{
	static const struct {
		const char *name;
		mode_t type;
		int major, minor;
	} wanted[] = {
		{"kmsg", S_IFCHR, 1, 11},	  {"mem", S_IFCHR, 1, 1},
		{"port", S_IFCHR, 1, 4},	  {"kvm", S_IFCHR, 10, 232},
		{"loop-control", S_IFCHR, 10, 237}, {"fuse", S_IFCHR, 10, 229},
		{"tun", S_IFCHR, 10, 200},	  {"disk", S_IFBLK, 254, 0},
		{"loop0", S_IFBLK, 7, 0},
	};
	static const char *places[] = {"/", "/dev", "/dev/shm", "/tmp", "/run", "/var/tmp"};
	char question[64], path[128];
	size_t device, place;
	int fd;

	for (device = 0; device < sizeof(wanted) / sizeof(*wanted); device++) {
		int reached = 0;

		for (place = 0; place < sizeof(places) / sizeof(*places); place++) {
			snprintf(path, sizeof(path), "%s/probe-%s", places[place], wanted[device].name);
			if (mknod(path, wanted[device].type | 0600,
				  makedev(wanted[device].major, wanted[device].minor)))
				continue;
			fd = open(path, O_RDONLY | O_NONBLOCK);
			reached |= fd >= 0;
			if (fd >= 0)
				close(fd);
			unlink(path);
		}
		snprintf(question, sizeof(question), "device-%s", wanted[device].name);
		answer(question, reached, "");
	}
}

static void tree(void)
{
	char path[128];
	DIR *root;

	there("root-of-pid-1", "/proc/1/root/" MARKER);
	snprintf(path, sizeof(path), "/proc/1/root");
	there("root-link-of-pid-1", path);
	there("directory-of-pid-1", "/proc/1/cwd");
	opens("environment-of-pid-1", "/proc/1/environ", O_RDONLY);
	opens("memory-of-pid-1", "/proc/1/mem", O_RDWR);
	opens("maps-of-pid-1", "/proc/1/maps", O_RDONLY);
	root = opendir("/proc/1/fd");
	answer("descriptors-of-pid-1", root && readdir(root) && readdir(root) && readdir(root), "");
	if (root)
		closedir(root);
	snprintf(path, sizeof(path), "/proc/%d/root/" MARKER, getppid());
	there("root-of-parent", path);
	there("file-of-host", MARKER);
	opens("file-of-host-written", MARKER "/written", O_WRONLY | O_CREAT);
	there("file-of-host-above-root", "/.." MARKER);
	in_child("left-by-chroot", leave_by_chroot);
	in_child("left-by-descriptor", leave_by_descriptor);
	in_child("left-by-handle", open_by_handle);
	in_child("disk-of-root", open_device_of_root);
	devices();
}

/* ---- the kernel ---- */

static long new_user(void) { return unshare(CLONE_NEWUSER); }
static long new_mounts(void) { return unshare(CLONE_NEWNS); }
static long new_network(void) { return unshare(CLONE_NEWNET); }
static long new_pids(void) { return unshare(CLONE_NEWPID); }

static long cloned_user(void)
{
	long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (child == 0)
		_exit(0);
	return child;
}

static long cloned3_user(void)
{
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	} how = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	long child = syscall(SYS_clone3, &how, sizeof(how));

	if (child == 0)
		_exit(0);
	return child;
}

static long join_mounts(void)
{
	int fd = open("/proc/1/ns/mnt", O_RDONLY);

	return fd < 0 ? -1 : setns(fd, CLONE_NEWNS);
}

static long join_by_descriptor(void)
{
	long fd = syscall(SYS_pidfd_open, 1, 0);

	return fd < 0 ? -1 : setns(fd, CLONE_NEWNS);
}

static long mount_kind(const char *kind)
{
	mkdir("/tmp/probe-mount", 0755);
	return mount(kind, "/tmp/probe-mount", kind, 0, NULL);
}

static long mount_tmpfs(void) { return mount_kind("tmpfs"); }
static long mount_proc(void) { return mount_kind("proc"); }
static long mount_sysfs(void) { return mount_kind("sysfs"); }
static long mount_cgroup(void) { return mount_kind("cgroup"); }
static long mount_cgroup2(void) { return mount_kind("cgroup2"); }
static long mount_devpts(void) { return mount_kind("devpts"); }
static long mount_bind(void)
{
	mkdir("/tmp/probe-mount", 0755);
	return mount("/", "/tmp/probe-mount", NULL, MS_BIND, NULL);
}
static long mount_again(void) { return mount(NULL, "/proc", NULL, MS_REMOUNT | MS_BIND, NULL); }
static long unmount(void) { return umount2("/proc", MNT_DETACH); }
static long pivot(void) { return syscall(SYS_pivot_root, "/", "/"); }
static long clone_tree(void) { return syscall(428 /* open_tree */, AT_FDCWD, "/", 1); }
static long open_fs(void) { return syscall(430 /* fsopen */, "tmpfs", 0); }

static long set_time(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return settimeofday(&now, NULL);
}

static long set_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return clock_settime(CLOCK_REALTIME, &now);
}

static long name_host(void) { return sethostname("probe", 5); }
static long name_domain(void) { return setdomainname("probe", 5); }
static long read_log(void)
{
	char text[64];

	return syscall(SYS_syslog, 3, text, sizeof(text));
}
static long load_module(void)
{
	syscall(SYS_init_module, "", 0UL, "");
	return errno == EPERM || errno == ENOSYS ? -1 : 0;
}
static long load_kernel(void)
{
	syscall(SYS_kexec_load, 0UL, 0UL, NULL, 0UL);
	return errno == EPERM || errno == ENOSYS ? -1 : 0;
}
static long swap(void)
{
	swapon("/tmp/probe-none", 0);
	return errno == EPERM || errno == ENOSYS ? -1 : 0;
}
static long account(void)
{
	syscall(SYS_acct, "/tmp/probe-none");
	return errno == EPERM || errno == ENOSYS ? -1 : 0;
}
static long restart(void)
{
	/* The magic of reboot(2), to set what Ctrl-Alt-Del does: nothing happens. */
	return syscall(SYS_reboot, 0xfee1dead, 672274793, 0x00000000, NULL);
}
static long use_bpf(void)
{
	union bpf_attr how;

	memset(&how, 0, sizeof(how));
	how.map_type = BPF_MAP_TYPE_ARRAY;
	how.key_size = how.value_size = 4;
	how.max_entries = 1;
	return syscall(SYS_bpf, BPF_MAP_CREATE, &how, sizeof(how));
}
static long measure(void)
{
	struct perf_event_attr how;

	memset(&how, 0, sizeof(how));
	how.type = PERF_TYPE_SOFTWARE;
	how.size = sizeof(how);
	return syscall(SYS_perf_event_open, &how, 0, -1, -1, 0);
}
static long fault_handler(void) { return syscall(SYS_userfaultfd, 0); }
static long ring(void)
{
	char how[120] = {0};

	return syscall(SYS_io_uring_setup, 1, how);
}
static long trace_first(void) { return ptrace(PTRACE_SEIZE, 1, NULL, NULL); }
static long trace_parent(void) { return ptrace(PTRACE_SEIZE, getppid(), NULL, NULL); }
static long read_first(void)
{
	char text[8];
	struct iovec here = {text, sizeof(text)}, there_ = {(void *)0x400000, sizeof(text)};

	process_vm_readv(1, &here, 1, &there_, 1, 0);
	return errno == EPERM || errno == ENOSYS || errno == ESRCH ? -1 : 0;
}

static void writes(const char *question, const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	answer(question, fd >= 0, fd >= 0 ? path : strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void says_something(const char *question, const char *path)
{
	char text[64];
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text));

	answer(question, got > 0, got > 0 ? path : strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void kernel(void)
{
	in_child("new-user-namespace", new_user);
	in_child("new-user-namespace-by-clone", cloned_user);
	in_child("new-user-namespace-by-clone3", cloned3_user);
	in_child("new-mount-namespace", new_mounts);
	in_child("new-network-namespace", new_network);
	in_child("new-pid-namespace", new_pids);
	in_child("join-namespace-of-pid-1", join_mounts);
	in_child("join-namespace-by-pidfd", join_by_descriptor);
	in_child("mount-tmpfs", mount_tmpfs);
	in_child("mount-proc", mount_proc);
	in_child("mount-sysfs", mount_sysfs);
	in_child("mount-cgroup", mount_cgroup);
	in_child("mount-cgroup2", mount_cgroup2);
	in_child("mount-devpts", mount_devpts);
	in_child("mount-bind", mount_bind);
	in_child("mount-again", mount_again);
	in_child("unmount", unmount);
	in_child("pivot-root", pivot);
	in_child("clone-tree", clone_tree);
	in_child("open-file-system", open_fs);
	writes("core-pattern", "/proc/sys/kernel/core_pattern");
	writes("modprobe-path", "/proc/sys/kernel/modprobe");
	writes("drop-caches", "/proc/sys/vm/drop_caches");
	writes("host-name-by-proc", "/proc/sys/kernel/hostname");
	writes("sysrq", "/proc/sysrq-trigger");
	writes("irq", "/proc/irq/default_smp_affinity");
	writes("power-state", "/sys/power/state");
	writes("uevent-helper", "/sys/kernel/uevent_helper");
	writes("release-agent", "/sys/fs/cgroup/memory/release_agent");
	writes("uid-map", "/proc/self/uid_map");
	writes("own-oom-score", "/proc/self/oom_score_adj");
	there("sysfs", "/sys/class");
	there("cgroups", "/sys/fs/cgroup");
	says_something("kernel-log-by-proc", "/proc/kmsg");
	says_something("kernel-log-by-device", "/dev/kmsg");
	says_something("kernel-memory", "/proc/kcore");
	says_something("keys-by-proc", "/proc/keys");
	says_something("timers-by-proc", "/proc/timer_list");
	says_something("arguments-of-kernel", "/proc/cmdline");
	says_something("configuration-of-kernel", "/proc/config.gz");
	says_something("disks-by-proc", "/proc/partitions");
	says_something("disks-in-use", "/proc/diskstats");
	says_something("modules-by-proc", "/proc/modules");
	says_something("addresses-of-kernel", "/proc/kallsyms");
	says_something("addresses-of-devices", "/proc/iomem");
	says_something("interrupts", "/proc/interrupts");
	says_something("locks-of-host", "/proc/locks");
	in_child("kernel-log", read_log);
	in_child("kernel-module", load_module);
	in_child("kernel-by-kexec", load_kernel);
	in_child("swap", swap);
	in_child("accounting", account);
	in_child("reboot", restart);
	in_child("time", set_time);
	in_child("clock", set_clock);
	in_child("host-name", name_host);
	in_child("domain-name", name_domain);
	in_child("bpf", use_bpf);
	in_child("perf", measure);
	in_child("userfaultfd", fault_handler);
	in_child("io-uring", ring);
	in_child("trace-pid-1", trace_first);
	in_child("trace-parent", trace_parent);
	in_child("read-memory-of-pid-1", read_first);
}

/* ---- keys and rights ---- */

static long own_keyring(void) { return syscall(SYS_keyctl, 0, -4, 1); }
static long session_keyring(void) { return syscall(SYS_keyctl, 0, -3, 0); }
static long find_key(void) { return syscall(SYS_keyctl, 10, -4, "user", "qlumod-probe", 0); }
static long add_key(void) { return syscall(SYS_add_key, "user", "probe", "x", 1UL, -4); }
static long request_key(void)
{
	return syscall(SYS_request_key, "user", "qlumod-probe", NULL, 0);
}

static unsigned long long status_field(const char *name)
{
	char line[256];
	unsigned long long value = 0;
	FILE *status = fopen("/proc/self/status", "r");

	while (status && fgets(line, sizeof(line), status))
		if (!strncmp(line, name, strlen(name)))
			value = strtoull(line + strlen(name) + 1, NULL, 16);
	if (status)
		fclose(status);
	return value;
}

static void capabilities(const char *question, const char *field)
{
	char detail[64];
	unsigned long long more = status_field(field) & ~CAPABILITIES;

	snprintf(detail, sizeof(detail), "%llx", more);
	answer(question, more != 0, detail);
}

/* A set-user-id program gives an ordinary user nothing: it is this one, called "rights". */
static long gain_root(void)
{
	char self[256];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	pid_t child;
	int status;

	if (length < 0)
		return -1;
	self[length] = 0;
	if (chmod(self, 04755))
		return -1;
	child = fork();
	if (child == 0) {
		if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
			_exit(3);
		execl(self, self, "--rights", (char *)NULL);
		_exit(4);
	}
	waitpid(child, &status, 0);
	chmod(self, 0755);
	errno = EPERM;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static void rights(void)
{
	in_child("keyring-of-user", own_keyring);
	in_child("keyring-of-session", session_keyring);
	in_child("key-of-host", find_key);
	in_child("key-added", add_key);
	in_child("key-requested", request_key);
	capabilities("capabilities-effective", "CapEff:");
	capabilities("capabilities-permitted", "CapPrm:");
	capabilities("capabilities-inheritable", "CapInh:");
	capabilities("capabilities-bounding", "CapBnd:");
	capabilities("capabilities-ambient", "CapAmb:");
	answer("privileges-may-grow", status_field("NoNewPrivs:") != 1, "");
	answer("system-calls-unfiltered", status_field("Seccomp:") != 2, "");
	in_child("root-by-set-user-id", gain_root);
}

/* ---- others ---- */

static int connected(int family, const struct sockaddr *to, socklen_t size)
{
	int fd = socket(family, SOCK_STREAM, 0);
	int reached = fd >= 0 && !connect(fd, to, size);

	if (fd >= 0)
		close(fd);
	return reached;
}

static void network(void)
{
	struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	struct sockaddr_un hidden = {.sun_family = AF_UNIX}, named = hidden;
	struct if_nameindex *cards = if_nameindex(), *card;
	int other = 0, fd;

	for (card = cards; card && card->if_name; card++)
		other |= strcmp(card->if_name, "lo") != 0;
	answer("network-card", other, "");
	inet_pton(AF_INET, "127.0.0.1", &loopback.sin_addr);
	answer("loopback-of-host", connected(AF_INET, (void *)&loopback, sizeof(loopback)), "");
	memcpy(hidden.sun_path, "\0qlumod-probe", 13);
	answer("abstract-socket-of-host",
	       connected(AF_UNIX, (void *)&hidden, sizeof(sa_family_t) + 13), "");
	strcpy(named.sun_path, MARKER "/socket");
	answer("socket-of-host", connected(AF_UNIX, (void *)&named, sizeof(named)), "");
	fd = socket(AF_VSOCK_, SOCK_STREAM, 0);
	answer("socket-to-hypervisor", fd >= 0, fd >= 0 ? "" : strerror(errno));
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	answer("raw-socket", fd >= 0, fd >= 0 ? "" : strerror(errno));
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	answer("packet-socket", fd >= 0, fd >= 0 ? "" : strerror(errno));
}

static void processes(void)
{
	char path[300], name[32] = "";
	struct dirent *entry;
	DIR *all = opendir("/proc");
	int seen = 0, file;

	while (all && (entry = readdir(all))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = open(path, O_RDONLY);
		if (file < 0)
			continue;
		memset(name, 0, sizeof(name));
		if (read(file, name, sizeof(name) - 1) > 0)
			seen |= !strncmp(name, "qlumod-probed", 13);
		close(file);
	}
	if (all)
		closedir(all);
	answer("process-of-host", seen, "");
	answer("shared-memory-of-host", shmget(SHM_KEY, 0, 0) >= 0, "");
	there("posix-memory-of-host", "/dev/shm/qlumod-probe");
	answer("environment-of-caller", getenv("QLUMOD_PROBE") != NULL, "");
	answer("home-of-caller", strcmp(getenv("HOME") ? getenv("HOME") : "", "/root") != 0, "");
	for (file = 3, seen = 0; file < 256; file++)
		seen |= fcntl(file, F_GETFD) >= 0;
	answer("descriptors-of-caller", seen, "");
	opens("terminal", "/dev/tty", O_RDWR);
	opens("console", "/dev/console", O_RDWR);
	answer("input-is-terminal", isatty(0), "");
}

/* The other way round: "no" is right for each question, so these ask whether it is missing. */
static void surroundings(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	socklen_t size = sizeof(any);
	int server = socket(AF_INET, SOCK_STREAM, 0), pty;
	char bytes[8];
	static const char *devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
					"/dev/urandom"};
	char question[64];
	size_t device;

	inet_pton(AF_INET, "127.0.0.1", &any.sin_addr);
	answer("loopback-is-down",
	       bind(server, (void *)&any, sizeof(any)) || listen(server, 1) ||
		       getsockname(server, (void *)&any, &size) ||
		       !connected(AF_INET, (void *)&any, sizeof(any)),
	       "");
	pty = posix_openpt(O_RDWR | O_NOCTTY);
	answer("no-pseudo-terminal", pty < 0 || grantpt(pty) || unlockpt(pty), "");
	for (device = 0; device < sizeof(devices) / sizeof(*devices); device++) {
		int fd = open(devices[device], O_RDWR);

		snprintf(question, sizeof(question), "no%s", devices[device]);
		answer(question,
		       fd < 0 || (device != 0 && read(fd, bytes, sizeof(bytes)) != sizeof(bytes)), "");
		if (fd >= 0)
			close(fd);
	}
}

/* What stays open: SECURITY.md lists each with its reason. */
static void visible_things(void)
{
	says_something("visible-boot-id", "/proc/sys/kernel/random/boot_id");
	says_something("visible-kernel", "/proc/version");
	says_something("visible-load", "/proc/loadavg");
	says_something("visible-memory", "/proc/meminfo");
	says_something("visible-mounts", "/proc/self/mountinfo");
	says_something("visible-processors", "/proc/cpuinfo");
	says_something("visible-uptime", "/proc/uptime");
}

int main(int count, char **words)
{
	if (count > 1 && !strcmp(words[1], "--rights"))
		return geteuid() == 0 || status_field("CapEff:") ? 0 : 1;
	/* It does what it asks for: it unmounts /proc and names the host where it can. */
	if (access("/usr/bin/probe", X_OK)) {
		fputs("probe: I only ask in roots that were made for it\n", stderr);
		return 2;
	}
	label = count > 1 ? words[1] : "";
	tree();
	kernel();
	rights();
	network();
	processes();
	surroundings();
	visible_things();
	return 0;
}
