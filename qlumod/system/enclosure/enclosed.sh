#!/bin/sh
# The first process of an enclosure (PID 1 of its PID namespace): runs a program, writes to
# descriptor 3 which processes the program has left, ends them, and ends as the program did. What
# is still there then, the kernel ends (pid_namespaces(7)).
#
# The root's own sh reads this, so it uses only what every sh has built in, and forks nothing: there
# may be no room for another process. What it reports is for people; nothing depends on it.

# look: the processes that still run, in $found, one "name (number)" on a line
look() {
	found=
	for process in /proc/[0-9]*; do
		[ "$process" = /proc/1 ] && continue
		name='' state=''
		while read -r key value _; do
			case $key in
			Name:) name=$value ;;
			State:) state=$value ;;
			esac
		done <"$process/status"
		case $state in
		'' | Z | X) ;;
		*) found="$found$name (${process#/proc/})
" ;;
		esac
	done 2>/dev/null
	[ -n "$found" ]
}

# wait_for_them TENTHS: for so many tenths of a second at most; fails where some still run
wait_for_them() {
	left=$1
	while [ "$left" -gt 0 ]; do
		look || return 0
		sleep 0.1 2>/dev/null || return 1
		left=$((left - 1))
	done
	! look
}

command "$@" 3>&-
status=$?
# dkms leaves a `sleep 3` between two of the dots that it prints.
if ! wait_for_them 40; then
	echo "$found" >&3
	kill -TERM -1
	wait_for_them 10
fi 2>/dev/null
exit "$status"
