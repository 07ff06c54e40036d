/* event/weights.h - what an event of each type adds: `view=1,like=4,*=0`; `*` (default 1) is any type not named.
 * Threads: const after parse. */
#ifndef TOPKD_EVENT_WEIGHTS_H
#define TOPKD_EVENT_WEIGHTS_H

#include "base/base.h"
#include "base/err.h"

enum { WEIGHTS_MAX = 64, WEIGHT_TYPE_BYTES_MAX = 256, WEIGHT_MAX = 1000 };

struct weights {
    struct weight {
        char type[WEIGHT_TYPE_BYTES_MAX + 1];
        uint16_t type_len;
        uint32_t weight;
    } rows[WEIGHTS_MAX];
    uint32_t n;
    uint32_t other;
};

/* Parse TEXT. 0, or ERR_INVALID with the reason (a type twice, no '=', a number outside 0..1000, too many). */
int weights_parse(const char *text, struct weights *out, struct err *e) MUST_CHECK;
uint32_t weights_get(const struct weights *w, struct bytes type);
/* Does the type of an event change what it adds? */
bool weights_differ(const struct weights *w);

#endif
