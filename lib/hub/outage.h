/* hub/outage.h - one line for one fact: an outage is said when it begins, and again when its cause is another.
 * Threads: none, one owner.   Zero-initialised: none. */
#ifndef TOPKD_HUB_OUTAGE_H
#define TOPKD_HUB_OUTAGE_H

#include "base/err.h"

struct outage {
    char said[sizeof((struct err){0}.text)];
    bool on;
};

/* Is WHY news? What stands in parentheses is not: it names the key that happened to be first. */
bool outage_says(struct outage *o, const char *why);
void outage_ends(struct outage *o);

#endif
