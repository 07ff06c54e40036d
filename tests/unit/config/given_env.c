/* unit/config/given_env.c - makes an environment of a few variables and loads it. */
#include "given_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

enum { ENTRIES_MAX = 200 };

static struct buf problems;

struct config *load_entries(const char *const *entries) {
    char *envp[ENTRIES_MAX + 1];
    struct config *c = NULL;
    size_t n = 0;
    for (; entries[n] != NULL; n++) {
        ck_assert_uint_lt(n, ENTRIES_MAX);
        ck_assert_int_ge(asprintf(&envp[n], "TOPKD_%s", entries[n]), 0);
    }
    envp[n] = NULL;
    buf_clear(&problems);
    int status = config_load((const char *const *)envp, &c, &problems);
    ck_assert_int_eq(status, c != NULL ? 0 : -1);
    ck_assert_int_eq(problems.len == 0, c != NULL);
    while (n > 0) free(envp[--n]); /* the configuration must not lean on it */
    return c;
}

struct config *load_one(const char *entry) {
    return load_entries((const char *const[]){entry, NULL});
}

const char *problems_text(void) { return buf_text(&problems); }

int problems_count(void) {
    int n = 0;
    for (const char *p = problems_text(); *p; p++) n += *p == '\n';
    return n;
}

struct config *must_load(const char *const *entries) {
    struct config *c = load_entries(entries);
    ck_assert_msg(c != NULL, "%s refused: %s", entries[0], problems_text());
    return c;
}

void must_refuse(const char *entry, const char *const *parts) {
    struct config *c = load_one(entry);
    ck_assert_msg(c == NULL, "%s was taken", entry);
    ck_assert_msg(problems_count() == 1, "%s: not one problem but: %s", entry, problems_text());
    for (; *parts != NULL; parts++)
        ck_assert_msg(strstr(problems_text(), *parts) != NULL, "%s: no '%s' in: %s", entry, *parts, problems_text());
}
