/* source/kafka_internal.h - what the files source/kafka_*.c share. Nobody else includes it.
 * kafka_shared.c metadata and its thread, kafka_dead_letter.c the producer side, kafka_member.c a member's life,
 * kafka_poll.c what it hands out, kafka_assign.c rebalances and pauses, kafka_commit.c commits, kafka_lookup.c the
 * questions that take a round trip, kafka_nudge.c a cure for old versions, kafka_conf.c settings and logs. */
#ifndef TOPKD_SOURCE_KAFKA_INTERNAL_H
#define TOPKD_SOURCE_KAFKA_INTERNAL_H

#include "base/log.h"
#include "source/kafka.h"
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

enum { KAFKA_ERROR_LOG_MS = 5000 }; /* at most one line in so long for errors that librdkafka retries by itself */

/* -- settings and logs (kafka_conf.c) ------------------------------------------------------------ */

/* *OUT: the caller hands it to rd_kafka_new or destroys it. ERR_INVALID names the environment variable. */
int kafka_conf_consumer(const struct config *c, uint64_t queue_bytes, unsigned member, rd_kafka_conf_t **out,
                        struct err *e) MUST_CHECK;
int kafka_conf_producer(const struct config *c, rd_kafka_conf_t **out, struct err *e) MUST_CHECK;
/* Counts CODE in topkd_kafka_errors_total and logs TEXT, rate limited by LIMIT. */
void kafka_report_error(struct metrics *m, struct log_limit *limit, rd_kafka_resp_err_t code, const char *text);

/* -- dead letters (kafka_dead_letter.c) ---------------------------------------------------------- */

struct kafka_letters; /* the tickets of one member; lives as long as the shared part: reports may come late */

struct kafka_letters *kafka_letters_create(unsigned index);
void kafka_letters_destroy(struct kafka_letters *l);
unsigned kafka_letters_member(const struct kafka_letters *l); /* its number in the process, from 0 */
uint64_t kafka_letters_issued(struct kafka_letters *l);
uint64_t kafka_letters_settled(struct kafka_letters *l);
int kafka_letters_send(struct kafka_shared *s, struct kafka_letters *l, const struct source_dead_letter *d,
                       struct err *e) MUST_CHECK;
/* Delivery report; opaque: the struct kafka_shared. */
void kafka_letters_report(rd_kafka_t *rk, const rd_kafka_message_t *rkm, void *opaque);
uint64_t kafka_letters_waiting(struct kafka_shared *s);

/* -- shared (kafka_shared.c) --------------------------------------------------------------------- */

enum { KAFKA_MEMBERS_MAX = 1024 };

struct kafka_topic {
    const char *name;      /* borrowed from the config: this very pointer is in every source_tp */
    rd_kafka_topic_t *rkt; /* keeps the topic known to the handle */
    uint32_t partitions;   /* as last heard; 0: not yet */
    int32_t *leaders;      /* one per partition, -1: none */
    bool missing;
    struct log_limit missing_log;
};

struct kafka_shared {
    const struct config *config;
    const struct clock *clock;
    struct metrics *metrics;
    rd_kafka_t *rk; /* producer: dead letters, metadata, read_uncommitted watermarks */
    pthread_t thread;
    atomic_bool stop;
    atomic_bool failed; /* the producer raised a fatal error: nothing can be sent any more */
    struct log_limit error_log, unreachable_log, letter_log;
    struct kafka_topic topics[CONFIG_TOPICS_MAX + 1]; /* the last may be the dead-letter topic */
    uint32_t topics_n;                                /* without the dead-letter topic */
    rd_kafka_topic_t *dead_letter_rkt;                /* NULL: no DLQ_TOPIC; borrowed from topics[] */
    pthread_mutex_t lock; /* guards what the thread writes: topics[], reachable; members_n */
    bool reachable;       /* the last refresh was answered */
    struct kafka_letters *letters[KAFKA_MEMBERS_MAX];
    unsigned members_n;
};

/* Has PARTITION of TOPIC (a pointer from topics[].name) a leader, as last heard? True when nothing is known. */
bool kafka_shared_has_leader(struct kafka_shared *s, const char *topic, int32_t partition);
uint32_t kafka_shared_topic_partitions(struct kafka_shared *s, const char *topic); /* 0: not known */
/* The config's own pointer for NAME; NULL: not a topic of ours. */
const char *kafka_shared_intern(struct kafka_shared *s, const char *name);
/* Tickets for one more member. NULL: too many. */
struct kafka_letters *kafka_shared_add_member(struct kafka_shared *s);

/* -- questions that take a round trip (kafka_lookup.c) ------------------------------------------- */

struct kafka_member;

struct kafka_event { /* an event on its way to poll */
    struct kafka_event *next;
    struct source_event ev;
    void *owned; /* the array that ev points to */
};

struct kafka_event *kafka_event_create(enum source_event_type type, void *owned, size_t n);
void kafka_event_destroy(struct kafka_event *k);

typedef struct kafka_event *kafka_answer_fn(struct kafka_member *m, const struct source_tp *tps, size_t n);

/* A helper thread with room for one question. */
struct kafka_asker {
    struct kafka_member *member; /* NULL: never started */
    kafka_answer_fn *answer;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* guards what follows but OUT */
    pthread_cond_t wake;
    bool asked, stop;
    struct source_tp *tps; /* the question; owned */
    size_t n;
    struct kafka_event *answered;
    bool out; /* consumer thread only: asked and not yet taken */
};

int kafka_asker_start(struct kafka_asker *a, struct kafka_member *m, kafka_answer_fn *answer) MUST_CHECK;
void kafka_asker_ask_to_stop(struct kafka_asker *a);
void kafka_asker_stop(struct kafka_asker *a); /* waits for a question under way: at most its time limit */
int kafka_asker_ask(struct kafka_asker *a, const struct source_tp *tps, size_t n, struct err *e) MUST_CHECK;
struct kafka_event *kafka_asker_take(struct kafka_asker *a); /* NULL: not yet; the caller owns it */

kafka_answer_fn kafka_answer_lookup, kafka_answer_ends;

/* -- fetchers that sleep too long (kafka_nudge.c) ------------------------------------------------ */

struct kafka_nudge {
    rd_kafka_t *rk; /* NULL: not needed with this library */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* guards stop */
    pthread_cond_t wake;
    bool stop;
    atomic_bool resumed; /* a partition was */
};

int kafka_nudge_start(struct kafka_nudge *n, rd_kafka_t *rk) MUST_CHECK;
void kafka_nudge_stop(struct kafka_nudge *n);

/* -- member (kafka_member.c, kafka_poll.c, kafka_assign.c, kafka_commit.c) --------------------------------------- */

struct kafka_commit; /* a commit that is waiting or under way */

struct kafka_assigned {
    struct source_tp tp;
    bool paused;
};

struct kafka_member {
    struct kafka_shared *shared;
    rd_kafka_t *rk;
    struct kafka_letters *letters; /* owned by shared */
    rd_kafka_topic_t
        *rkts[CONFIG_TOPICS_MAX]; /* same order as config->topics; held, so that a pointer means one topic */
    uint32_t last_topic;          /* where the last message's topic was found */
    /* Handed out, destroyed by the next poll: records, or one event. */
    struct source_record records[SOURCE_RECORDS_MAX];
    rd_kafka_message_t *rkms[SOURCE_RECORDS_MAX]; /* what they borrow from */
    size_t records_n;
    struct kafka_event *current;
    struct kafka_event *events, **events_tail; /* not handed out yet, oldest first */
    bool assign_unanswered, revoke_unanswered; /* the library waits for rd_kafka_assign */
    bool granted;                              /* the group gave us partitions and did not take them back */
    bool fatal_told, closing;
    struct kafka_assigned *assigned; /* of the last assign */
    size_t assigned_n, paused_n;
    rd_kafka_queue_t *commit_queue; /* answers to commits arrive here, and nothing else */
    struct kafka_commit *commits, **commits_tail;
    struct kafka_asker lookup, ends;
    struct kafka_nudge nudge;
    atomic_bool joined;
    struct log_limit error_log, refused_log;
};

/* Behind the events that wait. Takes K. */
void kafka_member_push(struct kafka_member *m, struct kafka_event *k);
/* Forgets the events that wait and speak of positions: the assignment that they mean is over. */
void kafka_member_drop_positions(struct kafka_member *m);
void kafka_member_release(struct kafka_member *m); /* what was handed out */
void kafka_on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque);

/* Operations of source_ops; SELF is the member. */
void kafka_member_poll(void *self, int timeout_ms, struct source_event *ev);
int kafka_member_assign(void *self, const struct source_assign *a, size_t n, struct err *e);
int kafka_member_pause(void *self, const struct source_tp *tps, size_t n, struct err *e);
int kafka_member_resume(void *self, const struct source_tp *tps, size_t n, struct err *e);
void kafka_on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list, void *opaque);
/* Answers the rebalance that the poll before reported, if the caller did not. */
void kafka_member_acknowledge(struct kafka_member *m);
void kafka_member_forget_assigned(struct kafka_member *m);

int kafka_commit_start(struct kafka_member *m, const struct source_commit *c, size_t n, int wait_ms,
                       struct err *e) MUST_CHECK;
void kafka_commit_collect(struct kafka_member *m);         /* answers that are there become events */
void kafka_commit_give_up_waiting(struct kafka_member *m); /* those not sent yet: told as not committed */
void kafka_commit_drop_all(struct kafka_member *m);

#endif
