"""Which units an installation has enabled."""

from qlumod.state.enabled_units import enabled_units


def test_links_of_targets_are_units_that_are_enabled() -> None:
    assert enabled_units(
        [
            "/etc/systemd/system/multi-user.target.wants/munge.service",
            "/etc/systemd/system/multi-user.target.wants",
            "/etc/systemd/system/timers.target.wants/fstrim.timer",
            "/etc/systemd/system/a.service.requires/b.service",
            "/etc/systemd/user/default.target.wants/pipewire.service",
            "/etc/systemd/system/graphical.target.wants/munge.service",
            "/etc/systemd/system/alias.service",
            "/usr/lib/systemd/system/multi-user.target.wants/getty.target",
        ]
    ) == ("b.service", "fstrim.timer", "munge.service", "pipewire.service")
