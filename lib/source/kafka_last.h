/* source/kafka_last.h - the last records of a topic, for a person who looks at them.
 * Use when: a few records are shown.   Not for: counting; and not for a member of the group: nothing is joined, and
 * nothing is committed.   Threads: one owner.   Memory: twice as many records as were asked for, but no more than twice
 * KAFKA_LAST_BYTES_MAX. */
#ifndef TOPKD_SOURCE_KAFKA_LAST_H
#define TOPKD_SOURCE_KAFKA_LAST_H

#include "base/base.h"
#include "base/clock.h"
#include "base/err.h"
#include "source/kafka_options.h"

enum { KAFKA_LAST_MAX = 10000, KAFKA_LAST_BYTES_MAX = 128 << 20 };

#define KAFKA_LAST_NO_TIME INT64_MIN

/* Everything is borrowed, and valid until the close. */
struct kafka_last_record {
    int32_t partition;
    int64_t offset;
    int64_t time_ms;    /* record timestamp; negative: none */
    int64_t before_ms;  /* largest timestamp of the records of its partition that were read before it, or NO_TIME */
    struct bytes key;   /* p == NULL: no key */
    struct bytes value; /* p == NULL: tombstone */
    void *message;      /* librdkafka's */
};

struct kafka_last;

/* Reads the last N (1..KAFKA_LAST_MAX) records of TOPIC over all its partitions, or as many of these as take
 * KAFKA_LAST_BYTES_MAX; at least one. 0; ERR_INVALID: a setting is wrong;
 * ERR_REFUSED: Kafka says no; ERR_TIMEOUT: nothing was heard for a while. */
int kafka_last_open(const struct kafka_options *o, const char *topic, uint32_t n, const struct clock *clock,
                    struct kafka_last **out, struct err *e) MUST_CHECK;
void kafka_last_close(struct kafka_last *l); /* NULL is allowed */

/* In the order of their times; those of a partition in the order of their offsets. */
const struct kafka_last_record *kafka_last_records(const struct kafka_last *l, size_t *n);
/* Were there more of the N, for which there was no room? */
bool kafka_last_is_cut(const struct kafka_last *l);
uint32_t kafka_last_partitions(const struct kafka_last *l);
/* The last header of that NAME; p == NULL: there is none, or it is null. */
struct bytes kafka_last_header(const struct kafka_last_record *r, const char *name);
/* The name of header number I, from 0 on; NULL: there are no more. */
const char *kafka_last_header_name(const struct kafka_last_record *r, size_t i);

#endif
