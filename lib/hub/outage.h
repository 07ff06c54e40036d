/* hub/outage.h - one line for one fact: an outage is told when it begins, and again when its cause is another.
 * Threads: none, one owner.   Zero-initialised: none. */
#ifndef TOPKD_HUB_OUTAGE_H
#define TOPKD_HUB_OUTAGE_H

#include "base/err.h"

struct outage {
    bool is_on;
    char told[ERR_TEXT_MAX]; /* its cause, as it was told last */
};

/* The outage goes on, or begins. Is WHY news? What stands in parentheses is not: it names the key that happened to be
 * first. */
bool outage_is_news(struct outage *o, const char *why);
void outage_ends(struct outage *o);

#endif
