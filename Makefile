# SPDX-License-Identifier: Apache-2.0
# Names for the commands of tools/: all of the building is CMake's.

PREFIX  ?= /usr/local
DESTDIR ?=

.PHONY: help build demo check bench install deb fuzz

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1 - /p' Makefile | awk -F' - ' '{ printf "%-16s%s\n", $$1, $$2 }'

build: ## install what is missing, and build into build/release
	@tools/build release

demo: build ## show a real Traffic Server filter real requests
	@tools/demo

check: ## build all variants, and run every test
	@tools/setup
	@tools/check

bench: build ## measure, into build/bench
	@tools/setup --bench
	@bench/run

install: ## build, and install under PREFIX (/usr/local); DESTDIR is put before it
	@tools/build release -DCMAKE_INSTALL_PREFIX=$(PREFIX)
	@DESTDIR=$(DESTDIR) cmake --install build/release

deb: ## build a Debian package into build/package
	@tools/build package
	@cd build/package && cpack

fuzz: ## feed generated input to what reads files, a minute each
	@tools/fuzz
