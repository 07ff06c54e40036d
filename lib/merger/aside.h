/* merger/aside.h - lists that are set aside, because something else lies at one of their keys.
 * Each is tried again now and then.
 * A list is known by a hash of location and minute. Should two lists ever share one, one waits for the other, no more.
 * Threads: none, one owner.   Memory: 32 bytes a list, ASIDE_MAX of them at most; more are tried in every round. */
#ifndef TOPKD_MERGER_ASIDE_H
#define TOPKD_MERGER_ASIDE_H

#include "base/base.h"
#include "store/keys.h"

enum {
    ASIDE_MAX = 65536,
    ASIDE_RETRY_MS = 50000, /* less than a minute: notes that wait are read once in one */
    /* How long lists older than RETENTION are tried, as all are of a historical log. */
    ASIDE_PATIENCE_MS = 3600000
};

struct aside;

struct aside *aside_create(void);
void aside_destroy(struct aside *a);

/* Until ASIDE_RETRY_MS from NOW_MONO_MS the list waits. */
void aside_put(struct aside *a, struct bytes location, int64_t minute, int64_t now_mono_ms);
bool aside_waits(const struct aside *a, struct bytes location, int64_t minute, int64_t now_mono_ms);
/* When it was first put here; NOW_MONO_MS if it is not here. */
int64_t aside_since(const struct aside *a, struct bytes location, int64_t minute, int64_t now_mono_ms);
void aside_remove(struct aside *a, struct bytes location, int64_t minute);
/* Forgets lists of other shards than OURS, and those that nobody tried when their time came. */
void aside_tidy(struct aside *a, const bool ours[STORE_SHARDS], int64_t now_mono_ms);
size_t aside_count(const struct aside *a);
bool aside_check(const struct aside *a); /* looks at every list */

#endif
