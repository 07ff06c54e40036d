/* store/redis_reply.h - what an error reply of Redis means for the delivery rules. Internal to store/.
 * Threads: any. */
#ifndef TOPKD_STORE_REDIS_REPLY_H
#define TOPKD_STORE_REDIS_REPLY_H

#include "base/base.h"

struct redis_error {
    int status;         /* STORE_BROKEN, STORE_FULL or STORE_FATAL */
    const char *kind;   /* label of topkd_redis_errors_total */
    const char *remedy; /* what a person can do; NULL: nothing, or it depends */
    bool of_key;        /* of what lies at the key: another key may do */
};

/* What an answer of a script that names one of its keys begins with; then the number of the key, and what was said of
 * it. */
#define REDIS_ODD "ODD "

/* TEXT: an error reply without its '-', NUL-terminated. */
struct redis_error redis_error_of(const char *text);
/* The number of the key that TEXT names, from 1; otherwise 1. *SAID: what was said of it, up to the address of a
 * script. */
size_t redis_error_key(const char *text, struct bytes *said);

/* The graver of two enum store_status: FATAL, BROKEN, FULL, OK. */
int redis_status_worse(int a, int b);

#endif
