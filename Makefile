# Two commands matter: `make demo` shows the main job, `make test` passes the tests.
# Each sets up what it needs by itself, on a fresh Debian 12 or 13 as root; run again, it is quick.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# The system's Python: python3-apt exists for no other.
SYSTEM_PYTHON := /usr/bin/python3
VENV := .venv
# Tests and tools keep what they compile, whatever the caller's environment says.
export PYTHONDONTWRITEBYTECODE :=
PYTHON := $(VENV)/bin/python
# The parts of the tests side by side, one more than there are processors (tests/conftest.py).
PYTEST_OPTIONS ?= -n auto --maxprocesses 4 --no-loadscope-reorder --durations=30 --durations-min=10

# The measures of `make house` whose limits hold.
HELD := arguments files modules names

# Everything that comes from Debian, for building modules, for the packages and for the tests.
APT_PACKAGES := \
	apt-file \
	apt-mirror \
	apt-utils \
	aptly \
	attr \
	autopkgtest \
	bubblewrap \
	build-essential \
	busybox \
	ca-certificates \
	debhelper \
	debian-archive-keyring \
	debmirror \
	dh-python \
	docker-compose \
	docker.io \
	dpkg-dev \
	fakeroot \
	fish \
	git \
	gnupg \
	gpgv \
	groff-base \
	iproute2 \
	iptables \
	klibc-utils \
	libcap2-bin \
	lintian \
	mmdebstrap \
	mount \
	openssh-client \
	openssl \
	piuparts \
	pybuild-plugin-pyproject \
	python3-apt \
	python3-all \
	python3-click \
	python3-cryptography \
	python3-debian \
	python3-jinja2 \
	python3-markdown-it \
	python3-mdit-py-plugins \
	python3-rich \
	python3-seccomp \
	python3-setuptools \
	python3-sh \
	python3-venv \
	python3-wheel \
	python3-zstandard \
	qemu-system-x86 \
	reprepro \
	sbuild \
	shellcheck \
	skopeo \
	squashfs-tools \
	uidmap \
	util-linux \
	zsh \
	zstd

# docker.io of Debian 12 contains the client; since Debian 13 it is a package of its own.
VERSION_ID := $(shell . /etc/os-release && echo "$${VERSION_ID:-}")
ifneq ($(VERSION_ID),12)
APT_PACKAGES += docker-cli
endif

.PHONY: help
help: ## say what can be made (what `make` alone does)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: apt-packages $(VENV)/.ready ## install what is needed from Debian, and a virtual environment
# Processes in isolated mode keep nothing of what they compile: without this, each does it again.
	@$(PYTHON) -m compileall -q qlumod

.PHONY: apt-packages
apt-packages:
	@installed=$$(dpkg-query -W -f '$${db:Status-Status} $${Package}\n' | sed -n 's/^installed //p'); \
	missing=$$(comm -13 <(sort -u <<<"$$installed") <(printf '%s\n' $(APT_PACKAGES) | sort -u)); \
	if [ -n "$$missing" ]; then \
		echo "== setup: installing from Debian:" $$missing; \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		$$sudo apt-get update -q </dev/null; \
		DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -q -y --no-install-recommends \
			$$missing </dev/null; \
	fi

$(VENV)/.ready: pyproject.toml | apt-packages
	@echo "== setup: a virtual environment in $(VENV), over $(SYSTEM_PYTHON) and its python3-apt"
	@[ -x $(PYTHON) ] || $(SYSTEM_PYTHON) -m venv --system-site-packages $(VENV)
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -e '.[dev]' </dev/null
	@touch $@

.PHONY: check
check: setup lint ## what `make lint` does, in an environment that is set up

.PHONY: lint
lint: ## ruff, mypy, import-linter, measures, shellcheck
	@echo "== check: ruff"
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@echo "== check: mypy"
	@$(PYTHON) -m mypy
	@echo "== check: import-linter"
	@$(VENV)/bin/lint-imports
	@echo "== check: house"
	@$(PYTHON) upkeep/house.py --hold $(HELD)
	@echo "== check: shellcheck"
	@git ls-files -co --exclude-standard | while read -r file; do \
		if [ -f "$$file" ] && head -n 1 "$$file" | grep -qaE '^#!.*[ /](ba|da)?sh( |$$)'; \
		then echo "$$file"; fi; \
	done | xargs -r shellcheck

.PHONY: deb
deb: setup ## qlumod's own packages, into dist/
	@debian/build-packages dist

.PHONY: unit
unit: setup ## the tests of pure logic, which start no process (below a minute)
	@$(PYTHON) -m pytest -q -m unit </dev/null

.PHONY: quick
quick: setup deb ## all tests but the slow ones, which build real modules or boot machines
	@$(PYTHON) -m pytest $(PYTEST_OPTIONS) -m 'not slow' </dev/null

.PHONY: coverage
coverage: setup ## how much of each wing `make unit` runs through
	@$(VENV)/bin/coverage run -m pytest -q -m unit </dev/null
	@$(VENV)/bin/coverage report | awk ' \
		$$1 ~ "^qlumod/" { split($$1, at, "/"); wing = at[3] ? at[2] : "-"; all[wing] += $$2; \
			missed[wing] += $$3 } \
		$$1 == "TOTAL" { all["all"] = $$2; missed["all"] = $$3 } \
		END { for (wing in all) \
			printf "%-12s %3d %%\n", wing, 100 * (1 - missed[wing] / all[wing]) }' | sort

.PHONY: house
house: setup ## the measures of the source: sizes, types, names, and their limits
	@$(PYTHON) upkeep/house.py

# What else is made beside the linters; CI gives `host-short`.
BESIDE ?=

.PHONY: test
test: setup ## all the checks and tests
# Each of these takes one processor.
	@$(MAKE) --jobs=2 --output-sync=target $(BESIDE) lint deb coverage
	@echo "== test: pytest"
	@$(PYTHON) -m pytest $(PYTEST_OPTIONS) -m 'not unit' </dev/null

.PHONY: demo
demo: setup deb ## the main job: from two specs to an image, and the proof
	@demo/run.sh

# The Debian release of `make host`, and what it makes there: README's two commands.
HOST ?=
TARGETS ?= demo test

.PHONY: host
host: ## make TARGETS (demo test) in a fresh root of another release, HOST=bookworm or trixie
	@upkeep/host.sh "$(HOST)" $(TARGETS)

OTHER_HOST := $(if $(filter 13,$(VERSION_ID)),bookworm,trixie)

.PHONY: host-short
host-short: ## the short form of `make host`: set-up, unit tests, core, on the release that is not this one
	@upkeep/host.sh "$(OTHER_HOST)" setup unit demo-short

# The tests of `make guest`: those whose results depend on the machine's cgroups.
TESTS ?= tests/system/test_enclosure.py tests/system/test_memory.py

.PHONY: guest
guest: setup ## TESTS in a virtual machine of another release, HOST: with systemd, and cgroup v2 alone
	@upkeep/guest.sh "$(HOST)" $(TESTS)

.PHONY: guest-parts
guest-parts: ## what a root needs to boot as such a machine
	@apt-get -q install --yes --no-install-recommends initramfs-tools linux-image-cloud-amd64 \
		systemd-sysv >/dev/null

.PHONY: demo-short
demo-short: setup deb ## the first steps of the demo: a lock, and core
	@demo/run.sh core

# What `make proof-table` proves: all flavors of the release, and all modules unless some are named.
FLAVORS ?= $(shell sed -n 's/^Flavors: *//p' module-specs/release | head -n 1)
MODULES ?=

.PHONY: proof-table
proof-table: setup deb ## the proof of all pairs of modules, as tables in docs/ (hours)
	@for flavor in $(FLAVORS); do \
		$(PYTHON) -m qlumod lock --flavor "$$flavor" || [ $$? = 4 ]; \
		$(PYTHON) -m qlumod verify-stack --all $(MODULES) --flavor "$$flavor" \
			--table "docs/proof-$$flavor.md" || [ $$? = 4 ]; \
	done

# What `make sweep` tries, for how long (minutes), a page to fill in, and a file of outcomes.
PACKAGES ?=
SAMPLE ?=
SEED ?= 1
FLAVOR ?=
MINUTES ?= 1440
PAGE ?=
KEEP ?=

.PHONY: sweep
sweep: setup deb ## try many packages as modules: PACKAGES=FILE, or SAMPLE=n SEED=s (docs/sweep.md)
	@$(PYTHON) -m upkeep.sweep $(if $(PACKAGES),--packages "$(PACKAGES)") \
		$(if $(SAMPLE),--sample "$(SAMPLE)" --seed "$(SEED)") \
		$(if $(FLAVOR),--flavor "$(FLAVOR)") $(if $(PAGE),--page "$(PAGE)") \
		$(if $(KEEP),--keep "$(KEEP)") --minutes "$(MINUTES)"

.PHONY: bench
bench: setup ## qlumod against the same work by hand, as ratios
	@$(PYTHON) benchmarks/main_job.py
	@$(PYTHON) benchmarks/all_modules.py
	@$(PYTHON) benchmarks/publishing.py
	@$(PYTHON) benchmarks/many_modules.py

# How long `make fuzz` tries each reader.
FUZZ_SECONDS ?= 60

.PHONY: fuzz
fuzz: setup ## every reader of documents with mutated ones, FUZZ_SECONDS each, as a table (40 minutes)
	@FUZZ_SECONDS="$(FUZZ_SECONDS)" $(PYTHON) -m tests.fuzz

.PHONY: soak
soak: setup ## 200 publications, killed again and again, while clients follow them (10 minutes)
	@$(PYTHON) -m tests.docker.soak

.PHONY: attack
attack: setup ## try all that SECURITY.md says cannot be done, and print what came of it (15 minutes)
	@$(PYTHON) -m tests.attack

.PHONY: sizes
sizes: setup deb ## what core, slurm and ofed take as they are published, and whether it is too much
	@for flavor in $(FLAVORS); do \
		lock=$$(echo module-specs/locks/*-$$flavor-*.lock); \
		[ -e "$$lock" ] || $(VENV)/bin/qlumod lock --flavor $$flavor || [ $$? = 4 ]; \
		$(PYTHON) benchmarks/sizes.py $$flavor || exit 1; \
	done

.PHONY: release
release: setup deb ## every module in every flavor as it is published, into build/
	@for flavor in $$(sed -n '0,/^Flavors: /s///p' module-specs/release); do \
		lock=$$(echo module-specs/locks/*-$$flavor-*.lock); \
		[ -e "$$lock" ] || $(VENV)/bin/qlumod lock --flavor $$flavor; \
		echo "== release: $$flavor"; \
		$(VENV)/bin/qlumod build --all --flavor $$flavor --output build/$$flavor \
			|| [ $$? = 4 ]; \
	done

.PHONY: stand-ins
stand-ins: DIR := build/stand-ins
stand-ins: setup ## archives that stand in for the vendors', into DIR=build/stand-ins (docs/modules.md)
	@$(PYTHON) -m tests.support.vendors $(DIR)

.PHONY: clean
clean: ## remove what was made here (not the caches of packages)
	rm -rf build dist .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
