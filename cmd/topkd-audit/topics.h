/* topkd-audit/topics.h - which topics are read: those that TOPICS names, and those that its patterns fit now.
 * Threads: one owner. */
#ifndef TOPKD_AUDIT_TOPICS_H
#define TOPKD_AUDIT_TOPICS_H

#include <librdkafka/rdkafka.h>

#include "base/err.h"
#include "config/config.h"

struct topics {
    char **names; /* by strcmp; owned */
    size_t n, cap;
};

/* Asks RK for at most TIMEOUT_MS. ERR_IO: it does not answer, or there is no topic at all. */
int topics_find(rd_kafka_t *rk, const struct config *c, int timeout_ms, struct topics *out, struct err *e) MUST_CHECK;
void topics_deinit(struct topics *t); /* zero-initialised is empty */
/* The number of the topic called NAME, which is one of them. */
size_t topics_number(const struct topics *t, const char *name);

#endif
