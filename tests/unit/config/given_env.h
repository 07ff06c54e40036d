/* unit/config/given_env.h - an environment made of a few variables, loaded. Texts name variables without TOPKD_. */
#ifndef TOPKD_TESTS_UNIT_CONFIG_GIVEN_ENV_H
#define TOPKD_TESTS_UNIT_CONFIG_GIVEN_ENV_H

#include "config/config.h"

/* Load `NAME=value` entries (NULL-terminated), each with the prefix put before it. NULL if there were problems. The
 * caller destroys it. */
struct config *load_entries(const char *const *entries);
/* One entry or none (NULL). */
struct config *load_one(const char *entry);
/* What the last load complained of, one line each. */
const char *problems_text(void);
int problems_count(void);

/* The entries load; fails the test with the problems if not. */
struct config *must_load(const char *const *entries);
/* The entry is the only problem, and its line holds every one of PARTS (NULL-terminated). */
void must_refuse(const char *entry, const char *const *parts);

#define MUST_LOAD(...)          must_load((const char *const[]){__VA_ARGS__, NULL})
#define MUST_REFUSE(entry, ...) must_refuse(entry, (const char *const[]){__VA_ARGS__, NULL})

#endif
