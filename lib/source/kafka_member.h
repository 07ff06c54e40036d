/* source/kafka_member.h - what the files of one member share. Nobody above includes it.
 * In reading order, and each calls only those above it:
 *     kafka_lookup.c     the questions that take a round trip
 *     kafka_commit.c     commits, one at a time
 *     kafka_subscribe.c  which topics the group is told of
 *     kafka_assign.c     rebalances, assign, pause and resume
 *     kafka_poll.c       what poll hands out
 *     kafka_member.c     open and close, and the facts of librdkafka that bite
 * Threads: the consumer's, but for the questions and `joined`. */
#ifndef TOPKD_SOURCE_KAFKA_MEMBER_H
#define TOPKD_SOURCE_KAFKA_MEMBER_H

#include "base/log.h"
#include "source/kafka_asker.h"
#include "source/kafka_events.h"
#include "source/kafka_nudge.h"
#include "source/kafka_shared.h"

/* What the group gave us, and whether librdkafka waits for our answer (rd_kafka_assign) to that.
 *
 *               ASSIGN is handed out            assign(), or the next poll
 *     NOTHING ------------------------> GIVEN ------------------------------> HELD
 *        ^                                                                     |
 *        |           the next poll                     REVOKE is handed out    |
 *        +------------------------------- TAKEN <------------------------------+
 *        |                                  |
 *        |  a later poll                    | the next poll, but librdkafka refuses the answer
 *        +--------------- UNANSWERED <------+
 *
 * While librdkafka refuses the answer to an ASSIGN it stays GIVEN. A commit may be sent in GIVEN, HELD and TAKEN: it
 * carries the generation in which the partitions were ours. */
enum kafka_grant {
    KAFKA_GRANT_NOTHING,
    KAFKA_GRANT_GIVEN,
    KAFKA_GRANT_HELD,
    KAFKA_GRANT_TAKEN,
    KAFKA_GRANT_UNANSWERED
};

/* WORKS ---> FAILED (a fatal error was told) ---> CLOSES (nobody asks for events any more), or at once to CLOSES. */
enum kafka_member_life { KAFKA_MEMBER_WORKS, KAFKA_MEMBER_FAILED, KAFKA_MEMBER_CLOSES };

struct kafka_commit; /* a commit that is waiting or under way */

struct kafka_assigned {
    struct source_tp tp;
    bool paused;
};

struct kafka_member {
    struct kafka_shared *shared;
    rd_kafka_t *rk;
    struct kafka_tickets *tickets; /* owned by shared */
    /* What it is subscribed to (kafka_subscribe.c). */
    uint64_t topics_version;
    rd_kafka_topic_t **rkts; /* owned; held, so that each goes on to know its name */
    size_t rkts_n;
    struct log_limit subscribe_log;
    enum kafka_member_life life;
    enum kafka_grant grant;
    atomic_bool joined; /* in the group, as librdkafka tells, which may be before it is handed out */

    /* Handed out, destroyed by the next poll: records, or one event. */
    struct source_record records[SOURCE_RECORDS_MAX];
    rd_kafka_message_t *rkms[SOURCE_RECORDS_MAX]; /* what they borrow from */
    size_t records_n;
    struct kafka_event *current;
    struct kafka_events events; /* not handed out yet */

    struct kafka_assigned *assigned; /* of the last assign */
    size_t assigned_n, paused_n;
    struct log_limit refused_log;

    rd_kafka_queue_t *commit_queue; /* answers to commits arrive here, and nothing else */
    struct kafka_commit *commits, **commits_tail;

    struct kafka_asker lookup, ends;
    struct kafka_nudge nudge;
};

/* What holds between any two calls; cheap. */
void kafka_member_check(const struct kafka_member *m);

/* -- kafka_lookup.c ------------------------------------------------------------------------------ */

kafka_answer_fn kafka_answer_lookup, kafka_answer_ends;

/* -- kafka_commit.c ------------------------------------------------------------------------------ */

int kafka_commit_start(struct kafka_member *m, const struct source_commit *c, size_t n, int wait_ms,
                       struct err *e) MUST_CHECK;
/* Answers that are there become events. */
void kafka_commit_collect(struct kafka_member *m);
/* Those not sent yet: told as not committed. */
void kafka_commit_give_up_waiting(struct kafka_member *m);
void kafka_commit_drop_all(struct kafka_member *m);

/* -- kafka_subscribe.c --------------------------------------------------------------------------- */

/* Subscribes to the topics that are read now, if they are others than before. While there are none, nothing is done. */
int kafka_member_subscribe(struct kafka_member *m, struct err *e) MUST_CHECK;
/* Our own pointer for the name of RKT, or NULL: not a topic of ours, or none at all. */
const char *kafka_member_topic(struct kafka_member *m, const rd_kafka_topic_t *rkt);
void kafka_member_forget_topics(struct kafka_member *m);

/* -- kafka_assign.c ------------------------------------------------------------------------------ */

/* The operations of source_ops; SELF is the member. */
int kafka_member_assign(void *self, const struct source_assign *a, size_t n, struct err *e);
int kafka_member_pause(void *self, const struct source_tp *tps, size_t n, struct err *e);
int kafka_member_resume(void *self, const struct source_tp *tps, size_t n, struct err *e);
void kafka_on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list, void *opaque);
/* An event of TYPE is handed out. */
void kafka_member_handed_out(struct kafka_member *m, enum source_event_type type);
/* Answers the rebalance that the poll before reported, if the caller did not. */
void kafka_member_acknowledge(struct kafka_member *m);
void kafka_member_forget_assigned(struct kafka_member *m);

/* -- kafka_poll.c -------------------------------------------------------------------------------- */

/* The operation of source_ops; SELF is the member. */
struct bytes kafka_member_header(void *self, const struct source_record *r, const char *name);
void kafka_member_poll(void *self, int timeout_ms, struct source_event *ev);
/* What was handed out. */
void kafka_member_release(struct kafka_member *m);
void kafka_on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque);

#endif
