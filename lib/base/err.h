/* base/err.h - what went wrong outside: a code to act on and one line to read.
 * Use when: a call talks to the world or judges a user's input.   Not for: programmer errors (assert),
 * bad events (counted outcomes, event/event.h), lack of memory (base/mem.h).   Threads: caller's storage. */
#ifndef TOPKD_BASE_ERR_H
#define TOPKD_BASE_ERR_H

#include "base/base.h"

enum err_code {
    ERR_OK = 0,
    ERR_INVALID = -1,     /* input or configuration: a person must change something */
    ERR_IO = -2,          /* the other side or the way to it failed: retry */
    ERR_TIMEOUT = -3,     /* no answer in time: outcome unknown */
    ERR_REFUSED = -4,     /* the other side understood and said no: do not retry unchanged */
    ERR_UNSUPPORTED = -5, /* not in this build or with this library version */
};

/* Bytes, with the 0 at the end. A text that is too long is cut. The remedy stands at its end: hence the room. */
enum {
    ERR_TEXT_MAX = 320,
    WHY_MAX = 384 /* a reason: the text of an error after some words on whose it is */
};

struct err {
    int code;                /* enum err_code */
    char text[ERR_TEXT_MAX]; /* what was expected, what was got, what to do; no newline */
};

/* Fill E (NULL is allowed) and return CODE, so that a caller can write `return err_set(...)`. */
int err_set(struct err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
