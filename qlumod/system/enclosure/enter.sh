#!/bin/sh
# enter.sh FILTER REPORT GROUPS WORD …
#
# Joins control groups (GROUPS: the files to write 0 into, a blank between them) and becomes the
# program of the words, with FILTER open for reading at descriptor 4 (bubblewrap's filter of system
# calls) and REPORT for writing at descriptor 3 (see enclosed.sh).
set -eu

filter=$1
report=$2
for group in $3; do
	echo 0 >"$group"
done
shift 3
exec "$@" 3>"$report" 4<"$filter"
