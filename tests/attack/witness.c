/* Loaded into every program of a root (ld.so(8), /etc/ld.so.preload): writes down those that run
 * without the filter of system calls, which only the door puts around programs. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

__attribute__((constructor)) static void testify(void)
{
	int file;

	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return;
	file = open("/usr/share/probe/around-the-door", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (file >= 0) {
		dprintf(file, "%s\n", program_invocation_name);
		close(file);
	}
}
