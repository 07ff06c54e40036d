/* consumer/state.h - the inside of a consumer, shared by the consumer_*.c files and by nobody else. */
#ifndef TOPKD_CONSUMER_STATE_H
#define TOPKD_CONSUMER_STATE_H

#include "base/log.h"
#include "consumer/consumer.h"

/* What a partition of a topic is to this member. Slots are made once and stay: their names are borrowed by mails under
 * way. */
enum assignment_state {
    ASSIGNMENT_FREE,    /* not ours */
    ASSIGNMENT_WAITING, /* ours; Kafka has not answered yet where it begins */
    ASSIGNMENT_RUNNING, /* ours; consumed */
    ASSIGNMENT_PARKED   /* not ours since the last revoke; its memory waits for the next assignment (rule 7) */
};

/* The rest before something that failed is tried again: it doubles from failure to failure. */
struct wait_rest {
    int64_t ms; /* 0: nothing failed */
    int64_t until_mono_ms;
};

struct assignment {
    struct source_tp tp;
    char *name;   /* "topic/partition"; owned */
    char *labels; /* of its metrics; owned */
    enum assignment_state state;
    struct partition *memory; /* RUNNING; PARKED; WAITING if it was parked before */
    bool joining;             /* asked for its row, and not answered */
    bool left_out;            /* lists went on without it: its next memory joins */
    bool had_traffic;
    int64_t assigned_mono_ms;
    int64_t end_at_assign;             /* EXIT_AT_END reads up to here */
    int64_t rewound_from;              /* for the log line at the frontier */
    int64_t counted;                   /* what lies below was counted here, by memories that are gone */
    uint64_t counted_incarnation;      /* ... under this one at last */
    bool had_commit;                   /* one of them had its commit acknowledged */
    bool restored;                     /* that line was written */
    int64_t log_start, high_watermark; /* as last asked; -1: never */
    int64_t asked_wall_ms;             /* when that was */
    int64_t end_wall_ms;               /* nothing was behind then; TIME_NEVER: not seen yet */
    int64_t assigned_wall_ms;
    /* does it work? */
    bool moved;                         /* since the last look */
    int64_t worked_mono_ms;             /* when it last moved, or stood at the end of what may be read */
    bool position_lost;                 /* RUNNING, but not assigned until its look-up is answered */
    bool resting;                       /* paused, because what lies at its position cannot be read */
    struct wait_rest read_rest;         /* of either, until it is tried again */
    struct err failure;                 /* the last one since it worked; text "": none */
    size_t to_copy;                     /* buckets of this tick, once it began */
    bool copying;                       /* it began */
    struct partition_view shown;        /* counters that the metrics already have */
    struct assignment_metrics *metrics; /* while RUNNING */
    struct log_limit no_time, old_time, time_ahead;
};

/* Publishing and consuming take turns of this length, however much there is to publish. */
enum { CONSUMER_SLICE_MS = 2 };

struct dead_letter { /* a dead letter that the full queue refused */
    struct dead_letter *next;
    struct assignment *assignment;
    int64_t offset;
    uint32_t index;
    const char *reason;
    size_t key_len, value_len;
    bool has_key;
    char bytes[];
};

struct consumer {
    struct hub *hub;
    uint32_t number;
    struct source source;
    struct sketch_budget budget;
    struct event_rules event_rules;
    struct event_batch batch;
    bool sends_dead_letters;

    struct assignment **assignments; /* owned */
    size_t assignments_n, assignments_cap;
    struct assignment *last; /* records come in runs */
    size_t turn;             /* which slot publishes next, so that a full queue starves nobody */
    size_t turns_left;       /* assignments that this tick has not published yet; 0: no tick is under way */
    bool queue_full;         /* its next copy waits for room */
    bool was_full;           /* once in this tick */

    int64_t next_tick_mono_ms, next_checkpoint_mono_ms, next_ends_mono_ms, next_lookup_mono_ms, next_pause_mono_ms,
        next_still_mono_ms;
    bool lookup_out, ends_out;
    bool lookup_stale; /* the one that is out was asked before the last revoke */
    bool assigned_once;
    bool assign_again; /* a partition may be consumed now */
    bool paused;
    struct log_limit memory_full, spread;
    bool told_partitions;         /* that there are many */
    struct wait_rest assign_rest; /* after an assignment that the library refused; 0: the last one was taken */
    struct log_limit memory_limit, pause_limit, resume_limit, assign_limit;

    /* the commit under way (rule 8) */
    struct source_commit *frozen; /* owned */
    size_t frozen_n, frozen_cap;
    uint64_t frozen_ticket; /* dead letters that must be delivered first */
    bool commit_waits;      /* frozen, dead letters not delivered yet */
    bool commit_out;        /* sent, not answered */
    int64_t committed_mono_ms;
    struct wait_rest commit_rest; /* after one that was refused, or not sent */
    struct log_limit commit_limit;

    struct dead_letter *dead_letters, **dead_letters_tail;
    struct reject_example example;    /* taken once for each time that it is handed on */
    int64_t next_dead_letter_mono_ms; /* when the full queue is asked again */
    struct consumer_metrics *metrics;
};

/* consumer.c */
void consumer_show_standing(struct consumer *c); /* EXIT_AT_END: are we there? */

/* consumer_slots.c */
struct assignment *assignment_get(struct consumer *c, struct source_tp tp); /* makes it */
struct assignment *assignment_find(struct consumer *c, struct source_tp tp);
struct assignment *assignment_of_instance(struct consumer *c, uint64_t instance);
void assignment_drop_memory(struct consumer *c, struct assignment *a);
void assignments_free(struct consumer *c);
/* The RUNNING ones that are consumed, as the source wants them; to be freed with mem_free. */
struct source_tp *assignments_running(struct consumer *c, size_t *n);

/* consumer_assign.c */
void consumer_assigned(struct consumer *c, const struct source_tp *tps, size_t n);
void consumer_revoked(struct consumer *c, bool lost);
void consumer_looked_up(struct consumer *c, const struct source_lookup *l, size_t n);
void consumer_lookup_due(struct consumer *c, int64_t now);
void consumer_reassign(struct consumer *c);
void consumer_assign_due(struct consumer *c, int64_t now); /* once more, if it was refused */

/* consumer_still.c */
void consumer_unreadable(struct consumer *c, struct assignment *a, const struct err *why);
void consumer_position_lost(struct consumer *c, struct assignment *a, const struct err *why);
void consumer_rests_forgotten(struct consumer *c); /* the library was told to go on everywhere */
void assignment_works(struct assignment *a, int64_t now);
void consumer_still_due(struct consumer *c, int64_t now);

/* consumer_commit.c */
bool consumer_commit_waits(const struct consumer *c); /* for an answer or for dead letters; none can be frozen now */
void consumer_commit_due(struct consumer *c, int64_t now);
void consumer_commit_now(struct consumer *c, int wait_ms);
void consumer_committed(struct consumer *c, const struct source_commit *commits, size_t n);

/* consumer_rejects.c */
void consumer_note_example(struct consumer *c, const struct assignment *a, const struct source_record *r);
void consumer_tell_rejects(struct consumer *c, const uint64_t outcomes[EVENT_OUTCOMES]); /* counted since last told */

/* consumer_warnings.c; at every tick */
void consumer_warn_of_times(struct consumer *c, struct assignment *a, const struct partition_view *v, int64_t wall_ms);
void consumer_warn_of_spread(struct consumer *c);

/* consumer_dead_letters.c */
void consumer_reject(struct consumer *c, struct assignment *a, const struct source_record *r);
void consumer_dead_letters_due(struct consumer *c);
void dead_letters_free(struct consumer *c);

/* consumer_tick.c */
void consumer_mail(struct consumer *c);
bool consumer_has_room(const struct consumer *c);   /* false: a pause may be due */
void consumer_ticks(struct consumer *c);            /* whatever is due */
void consumer_publish(struct consumer *c);          /* now, all of it */
bool consumer_publishing(const struct consumer *c); /* a tick is under way */
bool consumer_queue_full(const struct consumer *c); /* ... and waits for room */
void consumer_ends(struct consumer *c, const struct source_end *ends, size_t n);

/* consumer_metrics.c */
void consumer_metrics_create(struct consumer *c);
void consumer_metrics_destroy(struct consumer *c);
void assignment_metrics_open(struct consumer *c, struct assignment *a);
void assignment_metrics_close(struct consumer *c, struct assignment *a);
void consumer_metrics_show(struct consumer *c); /* at every tick */
void consumer_count_restore(struct consumer *c, enum partition_origin origin, int64_t records);
void consumer_count_restored(struct consumer *c, int64_t took_ms);
void consumer_count_rebalance(struct consumer *c, const char *event);
void consumer_count_stale(struct consumer *c);
void consumer_count_commits(struct consumer *c, uint64_t ok, uint64_t failed);
void consumer_count_queue_full(struct consumer *c);

/* A wait_rest: the next one begins at NOW, at least MIN_MS and at most MAX_MS long. */
static inline void rest_grow(struct wait_rest *r, int64_t now, int64_t min_ms, int64_t max_ms) {
    r->ms = r->ms == 0 ? min_ms : i64_smaller(r->ms * 2, max_ms);
    r->until_mono_ms = now + r->ms;
}
static inline bool rest_is_over(const struct wait_rest *r, int64_t now) {
    return r->ms == 0 || now >= r->until_mono_ms;
}
static inline void rest_end(struct wait_rest *r) { *r = (struct wait_rest){0}; }

#endif
