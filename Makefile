# topkd. `make help` lists the targets.
SHELL := /bin/bash

# -- tools -----------------------------------------------------------------------------------------
CC      ?= gcc
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
PKGS    := rdkafka hiredis jansson libxxhash libmicrohttpd zlib
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

# -- flags: VARIANT is release, hooks (test doors), asan, tsan -------------------------------------
VARIANT  ?= release
WERROR   ?= 1
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
            $(if $(filter 1,$(WERROR)),-Werror)
CPPFLAGS += -D_GNU_SOURCE -DTOPKD_VERSION='"$(VERSION)"' -Ilib $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
CFLAGS   += -std=c11 -g -O2 -fno-common -fstack-protector-strong $(WARN)
LDLIBS   += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lpthread -lm
ifneq ($(VARIANT),release)
CPPFLAGS += -DTOPKD_TESTHOOKS=1
endif
ifeq ($(VARIANT),asan)
CFLAGS  += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
endif
ifeq ($(VARIANT),tsan)
CFLAGS  += -fsanitize=thread -fno-omit-frame-pointer
LDFLAGS += -fsanitize=thread
endif
CCNAME := $(notdir $(firstword $(CC)))
B      := build/$(CCNAME)-$(VARIANT)

# -- sources: lib/ is one archive, every folder of cmd/ a program, every check_*.c a unit test -----
LIB_SRC  := $(wildcard lib/*/*.c)
PROGRAMS := $(notdir $(wildcard cmd/*))
UNIT_SRC := $(wildcard tests/unit/*.c tests/unit/*/*.c tests/support/*.c)
MODEL_SRC := $(wildcard tests/model/*.c)
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o)
LIB      := $(B)/libtopkd.a

all: $(PROGRAMS:%=build/bin/%) ## build the programs into build/bin/

# -- rules -----------------------------------------------------------------------------------------
$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC    $<")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(LIB): $(LIB_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $^

define program
$(B)/bin/$(1): $(patsubst %.c,$(B)/%.o,$(wildcard cmd/$(1)/*.c)) $(LIB)
	@mkdir -p $$(@D)
	$(Q)$(CC) $(LDFLAGS) -o $$@ $$^ $(LDLIBS)
build/bin/$(1): $(B)/bin/$(1)
	@mkdir -p build/bin
	$(Q)cp $$< $$@
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

# Made from the file names, so no suite can be forgotten.
$(B)/suites.inc: $(UNIT_SRC)
	@mkdir -p $(@D)
	@printf 'SUITE(%s)\n' $(sort $(patsubst check_%.c,%,$(filter check_%.c,$(notdir $(UNIT_SRC))))) > $@
$(B)/tests/unit/runner.o: $(B)/suites.inc

$(B)/unit: CPPFLAGS += -Itests -I$(B) $(shell pkg-config --cflags check 2>/dev/null)
$(B)/unit: CFLAGS += -Wno-conversion -Wno-format-nonliteral -Wno-gnu-zero-variadic-macro-arguments
$(B)/unit: $(UNIT_SRC:%.c=$(B)/%.o) $(LIB)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(shell pkg-config --libs check)

-include $(shell find build -name '*.d' 2>/dev/null)

unit: ## build and run the unit tests of VARIANT (VARIANT=hooks by default here)
	$(Q)$(MAKE) --no-print-directory VARIANT=$(if $(filter release,$(VARIANT)),hooks,$(VARIANT)) build-unit
	$(Q)CK_FORK=$(CK_FORK) build/$(CCNAME)-$(if $(filter release,$(VARIANT)),hooks,$(VARIANT))/unit
build-unit: $(B)/unit

# -- quality ---------------------------------------------------------------------------------------
fmt: ## format every C file
	clang-format-14 -i $$(git ls-files '*.c' '*.h')
fmt-check: ## fail if a C file is not formatted
	clang-format-14 --dry-run -Werror $$(git ls-files '*.c' '*.h')

clean: ## remove build/
	rm -rf build
help: ## this list
	@awk -F':.*## ' '/^[a-zA-Z_-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: all unit build-unit fmt fmt-check clean help
.DEFAULT_GOAL := all
