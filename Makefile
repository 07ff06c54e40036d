# topkd. `make help` lists the targets, `make V=1` shows the commands.
SHELL := /bin/bash

# -- tools -----------------------------------------------------------------------------------------
ifeq ($(origin CC),default)
CC := gcc
endif
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
PKGS    := rdkafka hiredis jansson libxxhash libmicrohttpd zlib
PREFIX  ?= /usr/local
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

# -- flags: VARIANT is release, hooks (with the doors for tests), asan, tsan or fuzz -----------------
VARIANT  ?= release
WERROR   ?= 1
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
            $(if $(filter 1,$(WERROR)),-Werror)
CPPFLAGS += -D_GNU_SOURCE -Ilib $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
CFLAGS   += -std=c11 -g -O2 -fno-common -fstack-protector-strong $(WARN)
LDLIBS   += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lpthread -lm

SANITIZE_asan := address,undefined
SANITIZE_tsan := thread
SANITIZE_fuzz := fuzzer-no-link,address,undefined
ifneq ($(SANITIZE_$(VARIANT)),)
CFLAGS  += -fsanitize=$(SANITIZE_$(VARIANT)) -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS += -fsanitize=$(SANITIZE_$(VARIANT))
endif
ifneq ($(VARIANT),release)
CPPFLAGS += -DTOPKD_TESTHOOKS=1
endif
CCNAME := $(notdir $(firstword $(CC)))
B      := build/$(CCNAME)-$(VARIANT)

# -- sources: lib/ is one archive, every folder of cmd/ a program, every check_*.c a unit test -----
LIB_SRC   := $(wildcard lib/*/*.c)
PROGRAMS  := $(patsubst cmd/%/main.c,%,$(wildcard cmd/*/main.c))
CMD_SRC   := $(filter-out %/main.c,$(wildcard cmd/*/*.c))
UNIT_SRC  := $(wildcard tests/unit/*.c tests/unit/*/*.c)
MODEL_SRC := $(wildcard tests/model/*.c)
FUZZERS   := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
SUPPORT_SRC := $(wildcard tests/support/*.c)
LIB       := $(B)/libtopkd.a
# Test support, and the programs' parts for the tests that want one: archives, so that only what is used is linked.
SUPPORT   := $(B)/libsupport.a
PARTS     := $(B)/libparts.a

all: $(if $(filter release,$(VARIANT)),$(PROGRAMS:%=build/bin/%),programs) ## build the programs into build/bin/

# -- rules -----------------------------------------------------------------------------------------
# Says what is missing before the compiler does. The targets that install it themselves are let through.
.PHONY: need
need:
	@deploy/local/deps --check build

$(B)/%.o: %.c | need
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC    $<")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# The scripts for Redis, as arrays of C.
LUA := $(wildcard lib/store/lua/*.lua)
$(B)/store/scripts.inc: $(LUA) $(wildcard lib/store/lua/include/*.lua) lib/store/lua/embed.awk
	@mkdir -p $(@D)
	$(Q)awk -f lib/store/lua/embed.awk $(LUA) > $@.new && mv $@.new $@
$(B)/lib/store/redis_scripts.o: CPPFLAGS += -I$(B)
$(B)/lib/store/redis_scripts.o: $(B)/store/scripts.inc

$(LIB): $(LIB_SRC:%.c=$(B)/%.o)
$(SUPPORT): $(SUPPORT_SRC:%.c=$(B)/%.o)
$(PARTS): $(CMD_SRC:%.c=$(B)/%.o)
$(LIB) $(SUPPORT) $(PARTS):
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar qcs $@ $^

# ThreadSanitizer does not know the kind of threads that librdkafka starts: see there.
TSAN_THREADS := $(if $(filter tsan,$(VARIANT)),$(B)/tests/unit/source/tsan_threads.o)
define program
$(B)/bin/$(1): $(patsubst %.c,$(B)/%.o,$(wildcard cmd/$(1)/*.c)) $(TSAN_THREADS) $(LIB)
	@mkdir -p $$(@D)
	$(Q)$(CC) $(LDFLAGS) -o $$@ $$^ $(LDLIBS)
build/bin/$(1): $(B)/bin/$(1) .FORCE
	@mkdir -p build/bin
	$(Q)cmp -s $$< $$@ || { cp $$< $$@.new && mv $$@.new $$@; }
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))
programs: $(PROGRAMS:%=$(B)/bin/%)

# The few files that show the version are compiled again when it changes.
SHOWS_VERSION := $(shell grep -ls TOPKD_VERSION $(LIB_SRC) cmd/*/*.c)
$(SHOWS_VERSION:%.c=$(B)/%.o): CPPFLAGS += -DTOPKD_VERSION='"$(VERSION)"'
$(SHOWS_VERSION:%.c=$(B)/%.o): $(B)/version
$(B)/version: .FORCE
	@mkdir -p $(@D); [ "$$(cat $@ 2>/dev/null)" = '$(VERSION)' ] || echo '$(VERSION)' > $@

# -- tests -----------------------------------------------------------------------------------------
# Made from the file names, so no suite can be forgotten.
$(B)/suites.inc: $(UNIT_SRC)
	@mkdir -p $(@D)
	@printf 'SUITE(%s)\n' $(sort $(patsubst check_%.c,%,$(filter check_%.c,$(notdir $(UNIT_SRC))))) > $@
$(B)/tests/unit/runner.o: $(B)/suites.inc

$(B)/tests/%.o: CPPFLAGS += -Itests -Icmd -I$(B) $(shell pkg-config --cflags check 2>/dev/null)
$(B)/tests/%.o: CFLAGS += -Wno-conversion -Wno-format-nonliteral -Wno-gnu-zero-variadic-macro-arguments
$(B)/unit: $(UNIT_SRC:%.c=$(B)/%.o) $(SUPPORT) $(PARTS) $(LIB)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(shell pkg-config --libs check)
$(B)/model: $(MODEL_SRC:%.c=$(B)/%.o) $(SUPPORT) $(LIB)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(SUPPORT) $(PARTS) $(LIB)
	$(Q)$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

BENCHES := $(addprefix $(B)/bench/,bare ids scan sketch)
$(B)/bench/bare $(B)/bench/ids $(B)/bench/scan: $(B)/bench/%: $(B)/tests/bench/%.o
$(B)/bench/bare: $(B)/tests/bench/zincrby.o
$(B)/bench/scan: $(SUPPORT)
$(B)/bench/sketch: $(patsubst %.c,$(B)/%.o,$(wildcard tests/bench/sketch/*.c))
$(BENCHES): $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %/libsupport.a,$^) $(LIB) $(LDLIBS)
bench-programs: $(BENCHES)

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# Tests need the doors that a release build has not.
TEST_VARIANT := $(if $(filter release,$(VARIANT)),hooks,$(VARIANT))
TEST_FLAGS   := --no-print-directory VARIANT=$(TEST_VARIANT)

test: ## everything: installs what is missing, ends with `N passed, N failed, N skipped`
	$(Q)tests/run $(STAGES)
unit: ## the unit tests (SUITES="name ..." for some; VARIANT=asan or tsan)
	$(Q)$(MAKE) $(TEST_FLAGS) run-unit
model: ## the delivery rules against random histories (MODEL_ARGS=...)
	$(Q)$(MAKE) $(TEST_FLAGS) run-model
run-unit: $(B)/unit
	$(Q)$(B)/unit $(SUITES)
run-model: $(B)/model
	$(Q)$(B)/model $(MODEL_ARGS)
check-asan: ## the unit tests under AddressSanitizer and UBSan
	$(Q)CK_FORK=no $(MAKE) --no-print-directory VARIANT=asan run-unit
check-tsan: ## the unit tests under ThreadSanitizer
	$(Q)CK_FORK=no $(MAKE) --no-print-directory VARIANT=tsan run-unit
mutants: ## a fault at a time in a copy of the sources, which the tests must notice (ARGS="--only NAME --jobs N ...")
	$(Q)python3 -B tests/mutants/run.py $(ARGS)
mutants-check: ## fail if a fault of tests/mutants no longer fits the code
	$(Q)python3 -B tests/mutants/run.py --check
fuzz: ## libFuzzer over tests/fuzz (FUZZ_SECONDS=600 each, and FUZZ_RUNS=1000000 cases; FUZZERS="fuzz_name ...")
	$(Q)$(MAKE) --no-print-directory CC=clang VARIANT=fuzz fuzzers
	$(Q)FUZZ_SECONDS=$(or $(FUZZ_SECONDS),600) FUZZ_RUNS=$(or $(FUZZ_RUNS),$(if $(FUZZ_SECONDS),0,1000000)) \
	    tests/support/fuzz.sh build/clang-fuzz $(FUZZERS)
fuzzers: $(FUZZERS:%=$(B)/%)
integration: all ## against a real broker and a real Redis (VARIANT=asan or tsan, ARGS="--long --only NAME ...")
	$(Q)$(MAKE) $(TEST_FLAGS) programs
	$(Q)TOPKD_BIN_DIR=$(CURDIR)/$(if $(filter release,$(VARIANT)),build,$(B))/bin \
	    TOPKD_HOOKS_BIN_DIR=$(CURDIR)/build/$(CCNAME)-$(TEST_VARIANT)/bin TSAN_OPTIONS=halt_on_error=1 \
	    python3 -B tests/integration/run.py $(ARGS)
bench: all bench-programs ## the measured figures of the README (ARGS=...)
	$(Q)TOPKD_BENCH_DIR=$(CURDIR)/$(B)/bench tests/bench/run $(ARGS)
demo: ## broker, Redis, two workers, load, a live board, a kill -9 and the audit (KAFKA=real|embedded, DEMO_SECONDS=30)
	$(Q)deploy/demo/run

# -- quality ---------------------------------------------------------------------------------------
C_FILES = $$(find cmd lib tests -name '*.[ch]')
fmt: ## format every C file
	$(Q)clang-format-14 -i $(C_FILES)
fmt-check: ## fail if a C file is not formatted
	$(Q)clang-format-14 --dry-run -Werror $(C_FILES)
lua-check: ## fail if luacheck finds fault with a script for Redis
	$(Q)mkdir -p build/lua && for script in $(LUA); do \
	    awk -v plain=1 -f lib/store/lua/embed.awk $$script > build/lua/$${script##*/} || exit; done
	$(Q)luacheck --config lib/store/lua/.luacheckrc --no-color --quiet build/lua/*.lua
layers: ## fail if a file includes what its folder may not know
	$(Q)tests/support/layers.sh
names-check: ## fail if a comment or a page names what is not there, or a file breaks a habit (ARGS="lib/base ...")
	$(Q)python3 -B tests/support/names.py --self-test
	$(Q)python3 -B tests/support/names.py $(ARGS)
docs: all ## write the generated parts of README.md, deploy/METRICS.md and deploy/env.example
	$(Q)tests/support/docs.sh write
docs-check: all ## fail if these parts are not what the programs print
	$(Q)tests/support/docs.sh check

# -- packaging -------------------------------------------------------------------------------------
deps: ## install what is missing to build, test and demo (Debian; root or sudo)
	$(Q)deploy/local/deps build test demo real-broker
# The mock broker is for demos and tests only. A unit file is installed as soon as there is one.
INSTALLED := $(filter-out topkd-mockbroker,$(PROGRAMS))
PAGES     := $(INSTALLED:%=build/man/%.1)
UNITS     := $(wildcard deploy/*.service)
PAPERS    := deploy/env.example deploy/RUNBOOK.md deploy/METRICS.md lib/event/EVENTS.md
BINDIR    := $(DESTDIR)$(PREFIX)/bin
MANDIR    := $(DESTDIR)$(PREFIX)/share/man/man1
DOCDIR    := $(DESTDIR)$(PREFIX)/share/doc/topkd
UNITDIR   := $(DESTDIR)$(PREFIX)/lib/systemd/system

build/man/topkd.1:         WHAT := top-K lists per place and minute in Redis, live from Kafka
build/man/topkd-audit.1:   WHAT := recounts the topics of topkd and says how far its lists are from the truth
build/man/topkd-loadgen.1: WHAT := sends made-up or recorded events to a Kafka topic
$(PAGES): build/man/%.1: build/bin/% deploy/man.sh
	@mkdir -p $(@D)
	$(Q)deploy/man.sh $< '$(VERSION)' '$(WHAT)' > $@.new && mv $@.new $@

install: all $(PAGES) ## programs, man pages and papers, under $(DESTDIR)$(PREFIX)
	$(Q)install -d $(BINDIR) $(MANDIR) $(DOCDIR)
	$(Q)install -m 755 $(INSTALLED:%=build/bin/%) $(BINDIR)
	$(Q)install -m 644 $(PAGES) $(MANDIR)
	$(Q)install -m 644 $(PAPERS) $(DOCDIR)
	$(if $(UNITS),$(Q)install -d $(UNITDIR) && install -m 644 $(UNITS) $(UNITDIR))
uninstall: ## remove what install has put there
	$(Q)rm -f $(INSTALLED:%=$(BINDIR)/%) $(INSTALLED:%=$(MANDIR)/%.1) $(UNITS:deploy/%=$(UNITDIR)/%)
	$(Q)rm -f $(addprefix $(DOCDIR)/,$(notdir $(PAPERS))) && { [ ! -d $(DOCDIR) ] || rmdir $(DOCDIR); }
image: ## the container image topkd:latest
	docker build -t topkd:latest --build-arg VERSION='$(VERSION)' -f deploy/Dockerfile .
up: image ## Kafka, Redis and two workers in containers (PROFILE=load adds the load generator)
	docker compose $(if $(PROFILE),--profile $(PROFILE)) up -d
down: ## stop them and remove their data
	docker compose --profile load down -v
clean: ## remove build/
	rm -rf build
help: ## this list
	@awk -F':.*## ' '/^[a-zA-Z_-]+:.*## /{printf "  %-13s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: all programs test unit model run-unit run-model check-asan check-tsan mutants mutants-check fuzz fuzzers \
        integration bench bench-programs demo \
        fmt fmt-check lua-check layers names-check docs docs-check deps install uninstall image up down clean help \
        .FORCE
.SECONDARY:
.DEFAULT_GOAL := all
