"""A package of dkms sources whose kernel module really compiles, as dh_dkms makes such packages."""

from pathlib import Path

from tests.support.debs import make_deb

_CONF = """\
PACKAGE_NAME="{name}"
PACKAGE_VERSION="{told}"
PRE_BUILD="configure"
MAKE="make -C $kernel_source_dir M=$dkms_tree/{name}/{tree}/build modules"
CLEAN="make -C $kernel_source_dir M=$dkms_tree/{name}/{tree}/build clean"
BUILT_MODULE_NAME[0]="{name}"
DEST_MODULE_LOCATION[0]="/updates/dkms"
AUTOINSTALL="yes"
"""

_CODE = """\
#include <linux/init.h>
#include <linux/module.h>

static int __init greet(void)
{{
	pr_info("{name} {version} (%s) greets\\n", __FILE__);
	return 0;
}}

static void __exit leave(void)
{{
}}

module_init(greet);
module_exit(leave);
MODULE_ALIAS("{name}-greeting");
#include ".greeting.h"
MODULE_INFO(greeting, GREETING);
MODULE_DESCRIPTION("A module that only greets");
MODULE_LICENSE("GPL");
MODULE_VERSION("{version}");
"""

_CONFIGURE = """\
#!/bin/sh
# As one of autoconf's: whether programs can be compiled, and whether there is a header.
exec 5>config.log
cat >conftest.c <<END
#include <stdio.h>
int main(void) {{ return puts("") < 0; }}
END
echo "configure: ${{CC:-cc}} conftest.c" >&5
${{CC:-cc}} conftest.c -o conftest >&5 2>&1 || exit 77
{test}
cat >&5 <<END

## ---------------- ##
## Cache variables. ##
## ---------------- ##

ac_cv_header_stdio_h=yes

configure: exit 0
END
"""

MISSING = """\
echo '#include <nothing.h>' >conftest.c
echo "configure: ${CC:-cc} -c conftest.c" >&5
${CC:-cc} -c conftest.c >&5 2>&1 || echo "configure: result: no" >&5
"""
"""A test of a configure that fails, and does not end it."""

_TWO_CONF = """\
DEST_MODULE_NAME[0]="{name}-current"
BUILT_MODULE_NAME[1]="{name}-twice"
DEST_MODULE_NAME[1]="{name}-current-twice"
DEST_MODULE_LOCATION[1]="/updates/dkms"
"""

_USED = """\
void {name}_again(void)
{{
}}
EXPORT_SYMBOL_GPL({name}_again);
"""

_USING = """\
#include <linux/module.h>

void {name}_again(void);

static int __init twice(void)
{{
	{name}_again();
	return 0;
}}

module_init(twice);
MODULE_LICENSE("GPL");
"""

POSTINST = """\
DKMS_NAME={name}
DKMS_PACKAGE_NAME={package}-dkms
DKMS_VERSION={version}

postinst_found=0

case "$1" in
	configure)
		for DKMS_POSTINST in /usr/lib/dkms/common.postinst \
			/usr/share/$DKMS_PACKAGE_NAME/postinst; do
			if [ -f $DKMS_POSTINST ]; then
				$DKMS_POSTINST $DKMS_NAME $DKMS_VERSION /usr/share/$DKMS_PACKAGE_NAME "" $2
				postinst_found=1
				break
			fi
		done
		if [ "$postinst_found" -eq 0 ]; then
			echo "ERROR: DKMS version is too old and $DKMS_PACKAGE_NAME was not"
			echo "built with legacy DKMS support."
			exit 1
		fi
	;;
esac
"""

_EAGER = """
for kernel in /lib/modules/*; do
	dkms install -m {name} -v {version} -k "${{kernel##*/}}"
done
"""

PRERM = """\
case "$1" in
    remove|upgrade|deconfigure)
      if [  "$(dkms status -m {name} -v {version})" ]; then
         dkms remove -m {name} -v {version} --all
      fi
    ;;
esac
"""


def make_dkms_deb(
    directory: Path,
    name: str,
    version: str = "1.0",
    *,
    depends: str = "",
    code: str = _CODE,
    conf: str = "",
    told: str = "",
    test: str = "",
    eager: bool = False,
    two: bool = False,
) -> Path:
    """Make ``<name>-dkms``; it provides ``<name>-module-<version>`` and has files for nodes.

    The variable GREETING is in its module. `told` is the version in its dkms.conf, if that is not
    the one in the name of its directory, and `test` are further commands of its ``configure``.
    One that is `eager` compiles for every kernel when it is installed, whatever dkms is told.
    Of `two` modules the second needs the first, and both lie under other names than their own, as
    Nvidia's in Debian do.
    """
    if two:
        conf, code = conf + _TWO_CONF.format(name=name), code + _USED
    told = told or version
    # dkms knows the sources by what the script says, or else by their dkms.conf.
    said = {
        "name": name, "package": name, "version": version, "told": told,
        "tree": version if eager else told, "test": test,
    }  # fmt: skip
    place = f"/usr/src/{name}-{version}"
    return make_deb(
        directory,
        f"{name}-dkms",
        f"{version}-1",
        depends=", ".join(filter(None, ("dkms (>= 2.1.0.0)", depends))),
        fields={"Source": name, "Provides": f"{name}-module-{version}"},
        files={
            f"{place}/dkms.conf": _CONF.format(**said) + conf,
            f"{place}/Makefile": f"obj-m := {name}.o{f' {name}-twice.o' if two else ''}\n"
            "ccflags-y := -DGREETING='\"$(GREETING)\"'\n",
            f"{place}/.greeting.h": "/* hidden */\n",
            f"{place}/configure": _CONFIGURE.format(**said),
            f"{place}/{name}.c": code.format(**said),
            **({f"{place}/{name}-twice.c": _USING.format(**said)} if two else {}),
            f"/etc/{name}/{name}.conf": f"# settings of {name}\n",
            f"/sbin/{name}": f"#!/bin/sh\n# {name}\n",
            f"/usr/share/doc/{name}-dkms/copyright": "free\n",
            f"/usr/share/doc/{name}-dkms/NOTICE": "a notice\n",
        },
        modes={f"{place}/configure": 0o755},
        conffiles=(f"/etc/{name}/{name}.conf",),
        scripts={
            "postinst": POSTINST.format(**said) + (_EAGER.format(**said) if eager else ""),
            "prerm": PRERM.format(**said),
        },
    )
