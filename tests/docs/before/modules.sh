# docs/modules.md: vendors' archives, which nobody has verified.
# shellcheck shell=bash
build_host
