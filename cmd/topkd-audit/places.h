/* topkd-audit/places.h - which locations a minute of one partition has taken: the first that came, up to a number.
 * Memory: the names of the minutes that are not forgotten yet.   Threads: one owner. */
#ifndef TOPKD_AUDIT_PLACES_H
#define TOPKD_AUDIT_PLACES_H

#include "names.h"

struct places {
    struct minute_places {
        int64_t minute;
        struct names taken;
    } * minutes;
    size_t n, cap;
};

void places_deinit(struct places *p); /* zero-initialised is empty */
/* Is LOCATION one of the first MAX of MINUTE? A new one is taken if there is room. */
bool places_take(struct places *p, int64_t minute, struct bytes location, uint32_t max);
/* MINUTE and those before it will not be asked for again. */
void places_forget(struct places *p, int64_t minute);

#endif
