/* topkd-audit/record.h - a record of the log, as far as it is judged.   Threads: one owner. */
#ifndef TOPKD_AUDIT_RECORD_H
#define TOPKD_AUDIT_RECORD_H

#include "base/base.h"

/* Everything is borrowed. */
struct record {
    int64_t offset;
    int64_t time_ms;    /* negative: none */
    struct bytes value; /* p == NULL: a tombstone */
    struct bytes key;   /* p == NULL: none */
    const char *topic;
    /* Its last header of that NAME; p == NULL: none, or one without a value. NULL: there are no headers. */
    struct bytes (*header)(const void *from, const char *name);
    const void *from; /* of header */
};

#endif
