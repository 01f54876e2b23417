# docs/configuration.md: a host with settings.
# shellcheck shell=bash
build_host
sed -i 's|^# *Specs: .*|Specs: /srv/qlumod/module-specs|' /etc/qlumod/qlumod.conf
export QLUMOD_CACHE=/fast
