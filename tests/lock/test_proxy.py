"""All downloads go through the proxy that the host's apt goes through."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lock.build_host import BuildHost
from tests.support.proxy import Proxy, proxy
from tests.support.web_server import served

NOWHERE = "http://127.0.0.1:1"
"""A proxy that nobody can reach."""


@pytest.fixture
def between(host: BuildHost) -> Iterator[Proxy]:
    """A proxy; behind it is the host's archive, at an address that is nowhere else."""
    host.offer()
    host.release(URI="http://archive.invalid/debian")
    (host.top / "behind").mkdir()
    (host.top / "behind/debian").symlink_to(host.archive)
    with proxy(host.top / "behind") as running:
        yield running


def host_says(host: BuildHost, *lines: str) -> None:
    with host.apt_config.open("a") as config:
        config.writelines(f"{line}\n" for line in lines)


def lock_and_fetch(host: BuildHost) -> None:
    host.lock()
    assert len(host.fetch().packages) == 3


def detector(host: BuildHost, answer: str) -> Path:
    """A program that apt asks for the proxy of an address."""
    program = host.top / "detect"
    program.write_text(f'#!/bin/sh\necho "$1" >> {host.top}/detected\necho "{answer}"\n')
    program.chmod(0o755)
    return program


def test_indexes_and_packages_come_through_the_hosts_proxy(host: BuildHost, between: Proxy) -> None:
    host_says(host, f'Acquire::http::Proxy "{between.address}";')
    lock_and_fetch(host)
    assert between.hosts == {"archive.invalid"}
    assert sum(line.endswith(".deb") for line in between.asked) == 3
    assert any(line.endswith("/InRelease") for line in between.asked)


def test_a_proxy_of_one_host_is_for_that_host(host: BuildHost, between: Proxy) -> None:
    host_says(
        host,
        f'Acquire::http::Proxy "{NOWHERE}";',
        f'Acquire::http::Proxy::archive.invalid "{between.address}";',
    )
    lock_and_fetch(host)
    assert between.hosts == {"archive.invalid"}


def test_a_host_that_is_reached_directly_is(host: BuildHost, between: Proxy) -> None:
    host_says(
        host,
        f'Acquire::http::Proxy "{between.address}";',
        'Acquire::http::Proxy::127.0.0.1 "DIRECT";',
    )
    with served(host.archive) as address:
        host.release(URI=address)
        lock_and_fetch(host)
    assert between.asked == []


def test_a_proxy_is_detected_as_the_hosts_apt_does(host: BuildHost, between: Proxy) -> None:
    host_says(host, f'Acquire::http::Proxy-Auto-Detect "{detector(host, between.address)}";')
    lock_and_fetch(host)
    assert between.hosts == {"archive.invalid"}
    assert "http://archive.invalid" in (host.top / "detected").read_text()


def test_an_https_mirror_has_a_proxy_of_its_own(host: BuildHost, between: Proxy) -> None:
    host.release(URI="https://archive.invalid/debian")
    host_says(host, f'Acquire::https::Proxy "{between.address}";', 'Acquire::Retries "0";')
    assert "archive.invalid" in host.refusal()
    assert set(between.asked) == {"CONNECT archive.invalid:443"}


@pytest.mark.parametrize("name", ["http_proxy", "https_proxy"])
def test_the_environments_proxies_count_as_for_apt(
    host: BuildHost, between: Proxy, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for other in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(other)
    monkeypatch.setenv(name, between.address)
    if name == "http_proxy":
        lock_and_fetch(host)
        assert between.hosts == {"archive.invalid"}
    else:
        host.release(URI="https://archive.invalid/debian")
        host_says(host, 'Acquire::Retries "0";')
        host.refusal()
        assert set(between.asked) == {"CONNECT archive.invalid:443"}


def test_what_the_environment_excepts_is_reached_directly(
    host: BuildHost, between: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", between.address)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with served(host.archive) as address:
        host.release(URI=address)
        lock_and_fetch(host)
    assert between.asked == []


def test_a_mirrors_password_stands_where_apt_has_it(host: BuildHost, between: Proxy) -> None:
    (host.top / "host/etc/apt/auth.conf.d").mkdir(parents=True)
    (host.top / "host/etc/apt/auth.conf").write_text(
        "machine http://archive.invalid login eve password secret\n"
    )
    host_says(host, f'Acquire::http::Proxy "{between.address}";')
    lock_and_fetch(host)
    assert between.authorized == {"Basic ZXZlOnNlY3JldA=="}
