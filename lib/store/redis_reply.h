/* store/redis_reply.h - what an error reply of Redis means for the delivery rules. Internal to store/.   Threads: any.
 */
#ifndef TOPKD_STORE_REDIS_REPLY_H
#define TOPKD_STORE_REDIS_REPLY_H

#include "base/base.h"

struct redis_error {
    int status;       /* STORE_BROKEN, STORE_FULL or STORE_FATAL */
    const char *kind; /* label of topkd_redis_errors_total */
};

/* TEXT: an error reply without its '-', NUL-terminated. */
struct redis_error redis_error_of(const char *text);

/* The graver of two enum store_status: FATAL, BROKEN, FULL, OK. */
int redis_status_worse(int a, int b);

#endif
