/* bench/zincrby.h - the obvious way: one ZINCRBY an event, pipelined.
 * It reads events as loosely as it can, so that what it costs is Redis and not JSON.   Threads: one each. */
#ifndef TOPKD_BENCH_ZINCRBY_H
#define TOPKD_BENCH_ZINCRBY_H

#include <stddef.h>
#include <stdint.h>

struct zincrby;

/* On the unix socket PATH. Every function ends the process if Redis does not do what it should. */
struct zincrby *zincrby_open(const char *path);
/* One message: one event, or several on lines. Returns the number of events. */
uint64_t zincrby_message(struct zincrby *z, const char *text, size_t n);
/* Waits for every answer. */
void zincrby_close(struct zincrby *z);

#endif
