# shellcheck shell=sh
# Stands behind the hook-functions of initramfs-tools 0.142, whose copy_file and manual_add_modules
# are called slow_copy_file and slow_manual_add_modules here: they start some seven programs for
# each file. These do the same, and start programs only where the result is not plain.
# shellcheck disable=SC2154 # mkinitramfs sets verbose, version and CONFDIR

# is_canonical PATH: whether realpath(1) and readlink(1) with -f print PATH as it is
is_canonical() {
	case "$1/" in
	*//* | */./* | */../*) return 1 ;;
	/*) ;;
	*) return 1 ;;
	esac
	set -- "$1"
	while [ -n "$1" ]; do
		[ ! -L "$1" ] || return 1
		set -- "${1%/*}"
	done
}

# copy_file TYPE SOURCE [TARGET]
copy_file() {
	if [ "${3:-$2}" != "$2" ] || [ "$verbose" = y ] || ! [ /bin -ef /usr/bin ]; then
		slow_copy_file "$@"
		return
	fi
	case "$2" in
	/usr/*) set -- "$1" "$2" "$2" ;;
	/bin/* | /lib* | /sbin/*) set -- "$1" "$2" "/usr$2" ;;
	*)
		slow_copy_file "$@"
		return
		;;
	esac
	if ! [ -f "$3" ] || ! is_canonical "$3" || [ -d "$DESTDIR/$2" ]; then
		slow_copy_file "$1" "$2"
		return
	fi
	[ ! -e "$DESTDIR/$3" ] || return 1
	[ -d "$DESTDIR/${3%/*}" ] || mkdir -p "$DESTDIR/${3%/*}"
	cp -pP "$3" "$DESTDIR/$3" || return $(($? + 1))
}

# manual_add_modules MODULE …
manual_add_modules() {
	if [ $# -eq 0 ] || [ "$verbose" = y ]; then
		slow_manual_add_modules "$@"
		return
	fi
	# shellcheck disable=SC2046 # each word is the path of a module
	set -- $(
		{
			/sbin/modprobe --all --set-version="$version" --ignore-install --quiet --show-depends "$@"
			/sbin/modprobe --all --set-version="$version" --quiet --show-depends "$@"
		} | while read -r prefix kmod _; do
			if [ "$prefix" = insmod ] && copy_file module "$kmod"; then
				echo "$kmod"
			fi
		done
	)
	[ $# -gt 0 ] || return 0
	modinfo -k "$version" "$@" | grep -E '^(filename|firmware):' | while read -r key value; do
		if [ "$key" = filename: ]; then
			kmod=$value
			continue
		fi
		# As there, the shell splits and expands what modinfo prints.
		for firmware in $value; do
			add_firmware "$firmware" || warn_of_firmware "$kmod" "$firmware"
		done
	done
}

# warn_of_firmware PATH FIRMWARE: if a wanted module may lack it
warn_of_firmware() {
	[ -e /proc/modules ] || return 0
	set -- "${1##*/}" "$2"
	set -- "${1%%.*}" "$2"
	if grep -q "^$1\\>" /proc/modules "${CONFDIR}/modules"; then
		echo "W: Possible missing firmware /lib/firmware/$2 for module $1" >&2
	fi
}
