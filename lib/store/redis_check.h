/* store/redis_check.h - what a worker with these settings would meet at Redis, found out without writing a key.
 * Every call has the time limit of a worker's calls.   Threads: the caller's; blocks. */
#ifndef TOPKD_STORE_REDIS_CHECK_H
#define TOPKD_STORE_REDIS_CHECK_H

#include "base/findings.h"
#include "store/redis.h"

/* Connection and login, the kind of server, whether it keeps what it is given, whose the board is, and the rights.
 * M counts errors, as for a store. */
void redis_check(const struct redis_options *o, struct metrics *m, struct findings *f);

#endif
