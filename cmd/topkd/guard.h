/* topkd/guard.h - the promise that a stop ends in time, whatever the threads of this process wait for.
 * They may wait for a frozen broker, a resolver that does not answer, or a library. Nothing that matters is cut off:
 * what is not stored and committed by then, the next owner reads again.   Threads: main. */
#ifndef TOPKD_CMD_GUARD_H
#define TOPKD_CMD_GUARD_H

#include <stdint.h>

/* From now on the process has MS left; then one line says so, and it ends. Once. */
void guard_arm(int64_t ms);
/* What it ends with when the time is up: 1 unless told otherwise. */
void guard_set_exit(int code);

#endif
