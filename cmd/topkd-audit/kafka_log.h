/* topkd-audit/kafka_log.h - the log as the audit sees it: every partition from its start to the end it had at the
 * beginning.
 * A plain consumer reads it, with partitions assigned by hand. It joins no group and commits nothing.
 * Threads: one owner. */
#ifndef TOPKD_AUDIT_KAFKA_LOG_H
#define TOPKD_AUDIT_KAFKA_LOG_H

#include "base/err.h"
#include "config/config.h"
#include "record.h"

struct span {          /* one partition */
    const char *topic; /* borrowed from the log */
    int32_t partition;
    int64_t low, end; /* of the log when the audit began */
    int64_t start;    /* first offset that counts: low, unless told otherwise */
    int64_t next;     /* read so far */
    bool done;
};

struct kafka_log;

/* Connects, asks for the partitions and their ends. ERR_INVALID: librdkafka refused a setting. */
int kafka_log_open(const struct config *c, struct kafka_log **out, struct err *e) MUST_CHECK;
void kafka_log_close(struct kafka_log *log);
/* The N spans, owned by the log. Their `start` may be moved before reading. */
struct span *kafka_log_spans(struct kafka_log *log, size_t *n);

/* Every record from the one before `start` (for its timestamp) up to `end`, of each partition in order. ERR_IO if the
 * log does not answer or was cut short meanwhile. */
int kafka_log_read(struct kafka_log *log, void (*visit)(void *self, size_t span, const struct record *r), void *self,
                   struct err *e) MUST_CHECK;

/* The group's committed offset of every span, -1 where there is none. */
int kafka_log_committed(struct kafka_log *log, int64_t *offsets, struct err *e) MUST_CHECK;
/* The end that the log has now, of every span. */
int kafka_log_ends_now(struct kafka_log *log, int64_t *offsets, struct err *e) MUST_CHECK;

#endif
