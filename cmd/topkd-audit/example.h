/* topkd-audit/example.h - an event as a person is shown it: where it lies in the log, and its beginning.   Threads:
 * one owner. */
#ifndef TOPKD_AUDIT_EXAMPLE_H
#define TOPKD_AUDIT_EXAMPLE_H

#include "decode.h"

enum { EXAMPLE_BYTES = 160 };

struct origin {        /* of a record */
    const char *topic; /* borrowed from the configuration */
    int32_t partition;
    int64_t offset;
};

struct example {
    bool set;
    struct origin at;
    uint64_t bytes_n; /* of the whole event */
    size_t n;
    char bytes[EXAMPLE_BYTES]; /* its first n bytes */
};

void example_take(struct example *x, const struct judgement *j, const struct origin *at);
/* `events/0 at offset 17: {"id": ...` on one line, in printable ASCII. */
void example_write(const struct example *x, struct buf *out);

#endif
