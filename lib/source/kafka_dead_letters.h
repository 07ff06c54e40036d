/* source/kafka_dead_letters.h - rejected events on their way to the dead letter topic, those of all members.
 * Reports, what is sent again and what is told of it are the business of one thread, which calls
 * kafka_dead_letters_serve. */
#ifndef TOPKD_SOURCE_KAFKA_DEAD_LETTERS_H
#define TOPKD_SOURCE_KAFKA_DEAD_LETTERS_H

#include <librdkafka/rdkafka.h>

#include "base/err.h"
#include "source/kafka_notes.h"
#include "source/kafka_options.h"
#include "source/kafka_tickets.h"
#include "source/source.h"

struct kafka_dead_letters;

/* O has a dead letter topic. NOTES and ALL are borrowed. */
int kafka_dead_letters_open(const struct kafka_options *o, struct kafka_notes *notes, struct kafka_all_tickets *all,
                            struct kafka_dead_letters **out, struct err *e) MUST_CHECK;
void kafka_dead_letters_close(struct kafka_dead_letters *d); /* NULL is allowed */

/* The handle that asks for the topic, and what keeps the topic known to it; borrowed. */
rd_kafka_t *kafka_dead_letters_rk(const struct kafka_dead_letters *d);
rd_kafka_topic_t *kafka_dead_letters_rkt(const struct kafka_dead_letters *d);

/* Copies REJECTED, with a ticket of T. ERR_REFUSED: the queue is full. D NULL: ERR_UNSUPPORTED, there is no topic.
 * Threads: the member's. */
int kafka_dead_letters_send(struct kafka_dead_letters *d, struct kafka_tickets *t,
                            const struct source_dead_letter *rejected, struct err *e) MUST_CHECK;

/* Waits up to TIMEOUT_MS for reports, sends again what is due, tells what changed. */
void kafka_dead_letters_serve(struct kafka_dead_letters *d, int timeout_ms);

/* True: some were refused and wait, and WHY says what to do.   Threads: any. */
bool kafka_dead_letters_why(struct kafka_dead_letters *d, char why[WHY_MAX]);

#endif
