/* source/kafka_shared.h - what all members of one process share, as its own files see it.
 * kafka_why.c puts into words what is wrong, kafka_shared.c has the thread. Members read what stands above `thread`. */
#ifndef TOPKD_SOURCE_KAFKA_SHARED_H
#define TOPKD_SOURCE_KAFKA_SHARED_H

#include <stdatomic.h>

#include "source/kafka.h"
#include "source/kafka_dead_letters.h"
#include "source/kafka_topics.h"

/* Had the group commits before this process came? Asked once (kafka_lookup.c), when it is first of importance. */
enum kafka_group_age { KAFKA_GROUP_UNASKED, KAFKA_GROUP_IS_NEW, KAFKA_GROUP_IS_OLD };

struct kafka_shared {
    const struct kafka_options *options; /* borrowed */
    const struct clock *clock;
    rd_kafka_t *rk; /* a consumer outside the group, which needs no right but Describe: metadata, high watermarks */
    struct kafka_notes notes;
    struct kafka_topics topics;
    struct kafka_all_tickets tickets;
    struct kafka_dead_letters *dead_letters; /* NULL: no such topic */
    bool scram_too_old;
    int64_t refresh_ms; /* between two looks at the topics */
    _Atomic enum kafka_group_age group_age;
    pthread_t thread;
    atomic_bool stop;
    atomic_bool reachable;            /* the last refresh was answered */
    atomic_bool dead_letters_stalled; /* some wait, and none was settled for a while */
    /* The thread's own: */
    struct kafka_told told[KAFKA_SCOPES];
    int64_t unreachable_since_ms; /* 0: it is reachable */
    rd_kafka_resp_err_t unreachable_told;
    uint64_t dead_letters_settled; /* at the last look */
    int64_t dead_letters_moved_ms; /* when that last was another number, or nothing waited */
};

/* Lines of the log (kafka_why.c).   Threads: the shared one. */
void kafka_tell_unreachable(struct kafka_shared *s, rd_kafka_resp_err_t err);
void kafka_tell_reachable(struct kafka_shared *s);
void kafka_tell_note(struct kafka_shared *s, enum kafka_scope scope);

#endif
