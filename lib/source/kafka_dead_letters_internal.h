/* source/kafka_dead_letters_internal.h - what the files source/kafka_dead_letter*.c share. Nobody else includes it.
 * In reading order, and each calls only those above it:
 *     kafka_dead_letter.c            one of them, as librdkafka takes it
 *     kafka_dead_letter_producers.c  the handles that send, and the bound of all that is on its way
 *     kafka_dead_letter_queue.c      those that wait to be sent again, and when
 *     kafka_dead_letter_refusals.c   what a refusal leads to, and what is said of it
 *     kafka_dead_letter_resend.c     sending again
 *     kafka_dead_letters.c           sending, reports, open and close */
#ifndef TOPKD_SOURCE_KAFKA_DEAD_LETTERS_INTERNAL_H
#define TOPKD_SOURCE_KAFKA_DEAD_LETTERS_INTERNAL_H

#include "base/log.h"
#include "source/kafka_dead_letters.h"

/* -- one (kafka_dead_letter.c) ------------------------------------------------------------------- */

enum { KAFKA_NAME_MAX = 400 };

struct kafka_dead_letter { /* as a producer takes it */
    struct kafka_ticket ticket;
    rd_kafka_headers_t *headers; /* owned, until a producer or the queue takes them */
    struct bytes key, value;     /* borrowed; copied by the producer and by the queue */
};

/* With headers that say where it came from, and without a ticket. */
struct kafka_dead_letter kafka_dead_letter_of(const struct source_dead_letter *rejected);
/* Out of a report, whose headers it takes away. */
struct kafka_dead_letter kafka_dead_letter_of_report(const rd_kafka_message_t *rkm);
struct kafka_ticket kafka_dead_letter_ticket(const rd_kafka_message_t *rkm);
/* What it takes of the bound. */
uint64_t kafka_dead_letter_bytes(struct bytes key, struct bytes value);
/* Which one it is, as logfmt: of its topic, partition, offset and index, never of its bytes. */
void kafka_dead_letter_name(const rd_kafka_headers_t *headers, char name[KAFKA_NAME_MAX]);
/* Key and value are copied. The headers are the producer's if it succeeds. */
rd_kafka_resp_err_t kafka_dead_letter_produce(rd_kafka_t *rk, rd_kafka_topic_t *rkt,
                                              const struct kafka_dead_letter *dead_letter);

/* -- all of them --------------------------------------------------------------------------------- */

struct kafka_dead_waiting; /* one that waits to be sent again; owned */

struct kafka_dead_producer {
    rd_kafka_t *rk; /* NULL: not made */
    rd_kafka_topic_t *rkt;
};

typedef void kafka_dead_report_fn(rd_kafka_t *rk, const rd_kafka_message_t *rkm, void *opaque);

struct kafka_dead_letters {
    const struct kafka_options *options;
    const struct clock *clock;
    struct metrics *metrics;
    struct kafka_notes *notes;
    struct kafka_all_tickets *tickets;
    kafka_dead_report_fn *report; /* of both producers; opaque: this struct */
    struct kafka_dead_producer batches;
    struct kafka_dead_producer singles; /* of one message a batch; made when the first batch was too large */
    uint64_t max_n, max_bytes;
    pthread_mutex_t lock;      /* guards what follows */
    uint64_t out_n, out_bytes; /* those that are not settled, on their way or waiting */
    uint64_t resent_n;         /* of these sent again and not answered */
    struct kafka_dead_waiting *waiting, **waiting_tail;
    int64_t due_ms;                    /* when they are sent again; 0: none waits */
    int rest_ms;                       /* before the next time */
    rd_kafka_resp_err_t refused, told; /* why they wait; 0: none does */
    char refused_name[KAFKA_NAME_MAX]; /* of one of them */
    int64_t given_up_ms;               /* since when given_up_n counts lines */
    unsigned given_up_n;
    struct log_limit producer_log; /* the serving thread's */
};

/* Locked. What holds between any two calls. */
void kafka_dead_letters_check(const struct kafka_dead_letters *d);

/* -- kafka_dead_letter_producers.c --------------------------------------------------------------- */

int kafka_dead_producer_open(struct kafka_dead_letters *d, bool singles, struct err *e) MUST_CHECK;
void kafka_dead_producer_close(struct kafka_dead_producer *p);
/* Room for one more of BYTES. One may always be out, however large. */
bool kafka_dead_letters_reserve(struct kafka_dead_letters *d, uint64_t bytes);
void kafka_dead_letters_release(struct kafka_dead_letters *d, uint64_t bytes);
void kafka_dead_letters_count(struct kafka_dead_letters *d, const char *labels);

/* -- kafka_dead_letter_queue.c ------------------------------------------------------------------- */

struct kafka_dead_waiting {
    struct kafka_dead_waiting *next;
    struct kafka_dead_letter dead_letter; /* points into bytes; the headers are owned */
    bool alone;                           /* in a batch of its own */
    char bytes[];
};

void kafka_dead_waiting_destroy(struct kafka_dead_waiting *w);
/* Refused with CODE. Takes the headers, copies the rest. ALONE: it goes by itself from now on.   Threads: any. */
void kafka_dead_letters_hold(struct kafka_dead_letters *d, const struct kafka_dead_letter *dead_letter,
                             rd_kafka_resp_err_t code, bool alone);
/* All that wait, if it is time; else NULL. The caller owns them. */
struct kafka_dead_waiting *kafka_dead_letters_take_due(struct kafka_dead_letters *d);
/* In front of what came meanwhile: librdkafka's queue was full. */
void kafka_dead_letters_put_back(struct kafka_dead_letters *d, struct kafka_dead_waiting *list);
void kafka_dead_letters_drop_waiting(struct kafka_dead_letters *d);
void kafka_dead_letters_resent(struct kafka_dead_letters *d);            /* one more was sent again */
void kafka_dead_letters_answered(struct kafka_dead_letters *d);          /* one that was sent again is answered */
void kafka_dead_letters_end_if_none_waits(struct kafka_dead_letters *d); /* locked */

/* -- kafka_dead_letter_refusals.c ---------------------------------------------------------------- */

/* Lost, counted and named. Takes the headers.   Threads: any. */
void kafka_dead_letters_give_up(struct kafka_dead_letters *d, const struct kafka_dead_letter *dead_letter,
                                rd_kafka_resp_err_t code);
/* One line when they begin to wait, when the reason changes and when they are taken.   Threads: the serving one. */
void kafka_dead_letters_tell_change(struct kafka_dead_letters *d);

#endif
