/* source/kafka_topics.h - the table of topics: which are read, their partitions, leaders, and why one is not there.
 *
 * A topic is in it because TOPICS names it (plain), or because a pattern of TOPICS fits it (found). What was known of a
 * plain topic stays while it is missing, for ever: its partitions may come back. A found topic is given up after a
 * while, for its pattern says "whatever there is":
 *
 *                 an answer has it        an answer has it not         none had it for KAFKA_GONE_AFTER_MS
 *     (unknown) ------------------> THERE <-----------------> AWAY ----------------------------------------> GONE
 *                                     ^                                                                        |
 *                                     +------------------------------- an answer has it -----------------------+
 *
 * Members are subscribed to the plain topics and to the found ones that are THERE or AWAY. The version counts how often
 * that set changed. A topic that is GONE keeps its place, so that its name is the same pointer when it comes back.
 *
 * Bounds: KAFKA_TOPICS_MAX entries of TOPICS, KAFKA_FOUND_MAX found topics at a time, and KAFKA_FOUND_EVER_MAX names in
 * the life of the process: one that is GONE still takes 0.4 KB here, and in a thread that had its partitions 3 KB for
 * each (its place and its metrics). What is beyond is left out, and kafka_topics_why says so.
 * Threads: one adds, finds and refreshes; any asks.   Names: owned by the table, valid as long as it. */
#ifndef TOPKD_SOURCE_KAFKA_TOPICS_H
#define TOPKD_SOURCE_KAFKA_TOPICS_H

#include <pthread.h>
#include <stdatomic.h>

#include <librdkafka/rdkafka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/name_pattern.h"
#include "source/kafka.h"
#include "source/kafka_options.h"

enum { KAFKA_FOUND_EVER_MAX = 16384, KAFKA_GONE_AFTER_MS = 30000 };

struct kafka_told { /* the last line about something */
    rd_kafka_resp_err_t code;
    int64_t next_ms; /* not again before */
};

enum kafka_topic_kind { KAFKA_TOPIC_PLAIN, KAFKA_TOPIC_FOUND, KAFKA_TOPIC_DEAD_LETTERS };
enum kafka_topic_state { KAFKA_TOPIC_THERE, KAFKA_TOPIC_AWAY, KAFKA_TOPIC_GONE }; /* see above */

struct kafka_topic {
    const char *name; /* owned; this very pointer is in every source_tp */
    enum kafka_topic_kind kind;
    rd_kafka_t *rk;        /* the handle that asks for it; borrowed; NULL: it was found */
    rd_kafka_topic_t *rkt; /* keeps the topic known to the handle; of a plain one owned; NULL: it was found */
    /* The refreshing thread's own: */
    struct kafka_told told;
    enum kafka_topic_state told_state;
    /* What was heard, guarded by the table's lock: */
    uint32_t partitions;     /* 0: not yet */
    int32_t *leaders;        /* one per partition, -1: none */
    rd_kafka_resp_err_t err; /* why it cannot be read */
    bool was_missing;        /* an answer was without it: it may have been created after the group began */
    enum kafka_topic_state state;
    int64_t missed_mono_ms; /* since when it is AWAY */
    bool in_answer;         /* in the one that is being looked at */
};

struct kafka_topics {
    const struct clock *clock;
    /* Fixed once all were added: */
    struct kafka_topic *asked[KAFKA_TOPICS_MAX + 1]; /* the plain ones and that of dead letters */
    uint32_t asked_n;
    struct kafka_topic *dead_letters; /* NULL: there is none */
    struct name_pattern patterns[KAFKA_TOPICS_MAX];
    uint32_t patterns_n;
    size_t names_max;         /* KAFKA_FOUND_EVER_MAX; a test has less */
    _Atomic uint64_t version; /* of what members are subscribed to; 0: it is not known yet, or it is nothing */
    struct log_limit nothing_log, left_out_log; /* the refreshing thread's own */

    pthread_mutex_t lock; /* guards what follows */
    /* All that are or were read, by name; owned. Their memory stays where it is. */
    struct kafka_topic **all;
    size_t n, cap;
    uint32_t found_n;    /* of them found ones that are not GONE */
    uint32_t left_out_n; /* that fit a pattern, for which there is no room */
    bool answered;       /* the patterns were compared with all topics that there are */
};

void kafka_topics_init(struct kafka_topics *t, const struct clock *clock);
void kafka_topics_deinit(struct kafka_topics *t);
/* TEXT: an entry of TOPICS; RK, which asks for a plain one, outlives the table. */
void kafka_topics_add(struct kafka_topics *t, const char *text, rd_kafka_t *rk);
void kafka_topics_add_dead_letters(struct kafka_topics *t, const char *name, rd_kafka_t *rk, rd_kafka_topic_t *rkt);

/* Asks a broker for asked[I]. Returns the library's verdict on the request; *WHOLE: the topic is there with all
 * leaders. A change is logged. */
rd_kafka_resp_err_t kafka_topics_refresh(struct kafka_topics *t, uint32_t i, bool *whole);
/* Asks RK for all topics that there are, if there are patterns. *WHOLE: at least one topic is read, and all that were
 * found are there with all leaders. */
rd_kafka_resp_err_t kafka_topics_find(struct kafka_topics *t, rd_kafka_t *rk, bool *whole);

/* -- answers ------------------------------------------------------------------------------------- */

/* Calls VISIT for each topic that is read, by name, with the lock held. False: there may be more, because the patterns
 * were not compared with anything yet. */
bool kafka_topics_look(struct kafka_topics *t, void (*visit)(void *self, const struct kafka_topic_known *topic),
                       void *self);
/* The names that members subscribe to, at most MAX of them. *VERSION: of this set. Returns how many. */
size_t kafka_topics_names(struct kafka_topics *t, const char **names, size_t max, uint64_t *version);
/* How many partitions topic NAME has; 0: not known (yet). */
uint32_t kafka_topics_partitions(struct kafka_topics *t, const char *name);
/* Has PARTITION of NAME a leader, as last heard? True when nothing is known. */
bool kafka_topics_has_leader(struct kafka_topics *t, const char *name, int32_t partition);
/* Our own pointer for NAME; NULL: it is and was none that is read. */
const char *kafka_topics_intern(struct kafka_topics *t, const char *name);
/* Was there an answer of a broker without NAME since we began? */
bool kafka_topics_was_missing(struct kafka_topics *t, const char *name);
/* Is NAME read because a pattern fits it? */
bool kafka_topics_is_found(struct kafka_topics *t, const char *name);
/* The name of the dead letter topic; there is one. */
const char *kafka_topics_dead_letters(const struct kafka_topics *t);
/* How many topics are read now, and how many are left out because there is no room for them. */
void kafka_topics_count(struct kafka_topics *t, size_t *read, size_t *left_out);

/* True: a topic is in the way, or there is none to read, or one too many, and WHY says which, and what to do. */
bool kafka_topics_why(struct kafka_topics *t, bool dead_letters_stalled, char why[WHY_MAX]);

#endif
