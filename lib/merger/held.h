/* merger/held.h - minutes whose first lists are held back, and since when.
 * In a backlog the parts of a list arrive one partition after the other. A minute that is over for one partition and
 * not yet for all is held back for a while, so that its lists are written once.
 * Threads: none, one owner.   Zero-initialised: none. */
#ifndef TOPKD_MERGER_HELD_H
#define TOPKD_MERGER_HELD_H

#include "base/base.h"

struct held_minute {
    int64_t minute, since_mono_ms;
};

struct held_minutes {
    struct held_minute *all; /* owned: held_deinit */
    size_t n, cap;
};

/* The minutes come in any order; one that was added last may be added again. */
void held_add(struct held_minutes *h, int64_t minute, int64_t since_mono_ms);
/* In order of their minutes, as held_since wants them. */
void held_sort(struct held_minutes *h);
/* Since when MINUTE has been held back; NOW_MONO_MS if it is not among them. */
int64_t held_since(const struct held_minutes *h, int64_t minute, int64_t now_mono_ms);
void held_deinit(struct held_minutes *h);
bool held_check(const struct held_minutes *h); /* once they are sorted */

#endif
