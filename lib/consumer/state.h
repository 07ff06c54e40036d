/* consumer/state.h - the inside of a consumer, shared by the files of this folder and by nobody else.
 *
 * In reading order. A file calls only files that stand below it.
 *   consumer.c      the loop: poll, hand each event on, do what is due; and the end
 *   records.c       records are decoded and counted
 *   mail.c          answers of the publisher come in
 *   publish.c       at ticks: copies, rows and questions go to the publisher
 *   ends.c          where the logs end, asked every second
 *   pause.c         nothing is read while memory is full or dead letters wait
 *   rebalance.c     partitions come and go
 *   lookup.c        Kafka is asked where they begin
 *   start.c         a partition begins: its memory goes on, or a new one is made
 *   still.c         partitions that do not move
 *   assign.c        librdkafka is told what to read, and from where
 *   commit.c        commits
 *   standing.c      is all stored, committed, read to the end?
 *   dead_letters.c  events that were rejected go to the dead letter topic
 *   assignments.c   the partitions that are, or were, ours
 *   metrics.c       numbers
 *   warnings.c      what an operator should hear of
 *   rejects.c       an example of the events that do not count
 *   check.c         the arrows of all states, and what holds between calls
 * Threads: one, that of the consumer.
 * Times: _mono_ms and _wall_ms are milliseconds of the hub's clock; NOW is its monotonic one at the last look. */
#ifndef TOPKD_CONSUMER_STATE_H
#define TOPKD_CONSUMER_STATE_H

#include "base/log.h"
#include "consumer/consumer.h"
#include "decode/decoder.h"
#include "hub/backoff.h"

/* -- one partition -- */

/* What a partition of a topic is to this member. The arrows (assignment_move):
 *
 *               assigned               looked up     +- it runs -------------------+
 *     FREE --------------------> WAITING ----------> |  RUNNING ---+               |
 *      ^ ^                        |  ^ ^             |     ^       | position lost |
 *      | |   revoked, no memory   |  | |   left out  |     |       v               |
 *      | +------------------------+  | +-------------|     +----- LOST             |
 *      |                             |               |   looked up                 |
 *      |                             | assigned      +-----------------------------+
 *      |   an assignment without it  |                        |
 *      +-------------------------- PARKED <-------------------+ revoked
 *
 * A WAITING one with a memory is PARKED again by a revoke. One that is assigned once more stays WAITING. */
enum assignment_state {
    ASSIGNMENT_FREE,    /* not ours; no memory */
    ASSIGNMENT_WAITING, /* ours; Kafka has not answered yet where it begins */
    ASSIGNMENT_RUNNING, /* ours; consumed, as soon as its row is known if that decides what it may bring (rule 23) */
    ASSIGNMENT_LOST,    /* ours; not consumed, because its position is outside the log: Kafka is asked again */
    ASSIGNMENT_PARKED   /* not ours since the last revoke; its memory waits for the next assignment (rule 7) */
};

/* What the next memory of a partition must know of those before it, so that nothing is counted twice. */
struct earlier_memories {
    int64_t counted;      /* what lies below this offset was counted by one of them */
    uint64_t incarnation; /* of the last one */
    bool had_commit;      /* one of them had its commit acknowledged */
    bool left_out;        /* lists went on without the last one: the next one joins */
};

/* Its turn of the tick that is under way, or the last one that it had. */
struct copy_turn {
    bool begun;
    size_t buckets_left; /* to copy */
};

struct restore {
    int64_t assigned_mono_ms; /* when it began */
    int64_t rewound_from;     /* the offset at which it began */
    bool told;                /* that the frontier was reached */
};

/* The bounds of its log, as Kafka told them last. */
struct log_bounds {
    int64_t start, high_watermark; /* -1: never told */
    int64_t asked_wall_ms;         /* when that was asked for */
    int64_t caught_up_wall_ms;     /* when nothing was behind; TIME_NEVER: not seen yet */
    int64_t end_at_lookup;         /* where it ended when the partition was looked up; EXIT_AT_END reads up to here */
};

/* Does it move? (still.c) */
struct motion {
    bool moved;             /* since the last look */
    int64_t worked_mono_ms; /* when it last moved, or stood at the end of what may be read */
    struct err failure;     /* the last one since then; text "": none */
    struct backoff retry;   /* until what failed is tried again: to read, or to look its position up */
    bool rests;             /* paused on its own until then, because what lies at its position cannot be read */
};

struct assignment_limits {
    struct log_limit missing, old, ahead; /* times */
    struct log_limit forgotten, no_ids;
};

/* Made once, and never gone: its name is borrowed by mails under way. */
struct assignment {
    struct source_tp tp;
    char *name;   /* "topic/partition"; owned */
    char *labels; /* of its metrics; owned */
    enum assignment_state state;
    struct partition *memory; /* owned. RUNNING, LOST, PARKED; WAITING if it was PARKED before */
    bool row_asked;           /* the memory asked for its row and was not answered */
    bool had_traffic;
    int64_t assigned_wall_ms;
    struct earlier_memories before;
    struct copy_turn turn;
    struct restore restore;
    struct log_bounds log;
    struct motion motion;
    struct assignment_metrics *metrics; /* owned; as long as there is a memory */
    struct partition_view shown;        /* counters that the metrics already have */
    struct assignment_limits limits;
};

/* It has a memory at work: what comes for it is counted, published, committed. */
static inline bool assignment_runs(const struct assignment *a) {
    return a->state == ASSIGNMENT_RUNNING || a->state == ASSIGNMENT_LOST;
}

/* What is read of the log goes to its memory. One that joins waits for what the board says (rule 23): its assignment
 * may still be the one before, which was not taken back. */
static inline bool assignment_applies(const struct assignment *a) {
    return assignment_runs(a) && !partition_waits_for_row(a->memory);
}

/* -- what is under way -- */

/* The commit under way, of all partitions (rule 8). There is one at a time. The arrows (commit_move):
 *
 *                   frozen                                    all delivered: sent
 *     COMMIT_IDLE ----------> COMMIT_WAITS_FOR_DEAD_LETTERS ----------------------> COMMIT_SENT
 *         ^ ^                              |                                             |
 *         | +--- revoked, or not sent -----+                                             |
 *         +------------------------------------- answered -------------------------------+
 *
 * A revoke and the end freeze anew what waits. Where there is nothing to commit it stays COMMIT_IDLE. */
enum commit_state { COMMIT_IDLE, COMMIT_WAITS_FOR_DEAD_LETTERS, COMMIT_SENT };
struct commit {
    enum commit_state state;
    struct source_commit *frozen; /* owned */
    size_t n, cap;
    uint64_t ticket; /* of the last dead letter that must be delivered first */
    int64_t next_checkpoint_mono_ms;
    int64_t acknowledged_mono_ms; /* the last one that was */
    struct backoff backoff;       /* after one that was refused, or not sent */
    struct log_limit limit;
};

/* The look-up under way: where do partitions begin? There is one at a time. The arrows (lookup_move):
 *
 *            asked              revoked
 *     IDLE ---------> ASKED --------------> STALE
 *      ^                |                     |
 *      +--- answered ---+----- answered ------+
 *
 * Behind a revoke somebody else may commit, so that the answer of a STALE one says nothing. */
enum lookup_state { LOOKUP_IDLE, LOOKUP_ASKED, LOOKUP_STALE };
struct lookup {
    enum lookup_state state;
    int64_t next_mono_ms;
};

/* The tick under way: every partition has its turn to be published. The arrows (tick_move):
 *
 *                  due                    the queue is full
 *     TICK_IDLE --------> TICK_PUBLISHES -------------------> TICK_WAITS_FOR_ROOM
 *         ^                   |      ^                                 |
 *         +- all had a turn --+      +----------- the next step -------+
 *
 * At the end of the consumer a tick begins anew, wherever it is. Without partitions it stays TICK_IDLE. */
enum tick_state { TICK_IDLE, TICK_PUBLISHES, TICK_WAITS_FOR_ROOM };
struct tick {
    enum tick_state state;
    int64_t next_mono_ms;
    size_t turn;       /* whose turn it is, as an index of assignments; kept, so that a full queue starves nobody */
    size_t turns_left; /* 0: IDLE */
    bool was_full;     /* the queue, once in this tick */
};

/* Telling librdkafka what to read. */
struct assigning {
    bool once; /* the group gave us an assignment, if an empty one */
    struct backoff backoff;
    struct log_limit limit;
};

struct end_query {
    bool asked; /* and not answered */
    int64_t next_mono_ms;
};

struct pausing {
    bool paused; /* all that run */
    int64_t next_mono_ms;
    uint64_t id_bytes; /* of ids that are remembered, as of the last tick */
    struct log_limit paused_limit, resumed_limit, share_full_limit, memory_full_limit;
};

/* A dead letter that the full queue refused. */
struct dead_letter {
    struct dead_letter *next;
    const struct assignment *assignment;
    int64_t offset;
    uint32_t index;
    const char *reason;
    size_t key_len, value_len;
    bool has_key;
    char bytes[]; /* key, then value */
};
struct dead_letters {
    struct dead_letter *head, **tail; /* owned; oldest first */
    int64_t next_mono_ms;             /* when the full queue is asked again */
};

struct spread_warnings {
    bool partitions_told;
    struct log_limit parts_limit;
};

/* -- all of it -- */

struct consumer {
    struct hub *hub;
    uint32_t number; /* of its box in the hub */
    struct source source;
    struct sketch_budget budget;
    struct decoder *decoder;  /* owned */
    struct event_batch batch; /* events of the record that is applied now */
    bool sends_dead_letters;

    struct assignment **assignments; /* owned */
    size_t assignments_n, assignments_cap;
    struct assignment *last; /* found last: records come in runs */

    struct assigning assigning;
    struct lookup lookup;
    struct commit commit;
    struct tick tick;
    struct end_query ends;
    struct pausing pausing;
    struct dead_letters refused;
    int64_t next_still_mono_ms;
    struct reject_example example; /* taken once for each time that it is handed on */
    struct spread_warnings warnings;
    struct consumer_metrics *metrics; /* owned */
};

/* -- check.c -- */

/* Each is the only place where that state changes; asserts that the arrow is drawn above. */
void assignment_move(struct assignment *a, enum assignment_state to);
void commit_move(struct commit *m, enum commit_state to);
void lookup_move(struct lookup *l, enum lookup_state to);
void tick_move(struct tick *t, enum tick_state to);
/* What holds whenever the loop is not inside a call; of every assignment in test builds only. */
void consumer_check(const struct consumer *c);

/* -- rejects.c -- */

void consumer_note_example(struct consumer *c, const struct assignment *a, const struct source_record *r);
/* OUTCOMES: counted since last told. */
void consumer_tell_rejects(struct consumer *c, const uint64_t outcomes[EVENT_OUTCOMES]);

/* -- warnings.c: at every tick -- */

void consumer_warn_of_times(struct consumer *c, struct assignment *a, const struct partition_view *v, int64_t wall_ms);
void consumer_warn_of_ids(struct consumer *c, struct assignment *a, const struct partition_view *v);
void consumer_warn_of_spread(struct consumer *c);

/* -- metrics.c -- */

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

/* -- assignments.c -- */

struct assignment *assignment_get(struct consumer *c, struct source_tp tp);       /* makes it */
struct assignment *assignment_find(struct consumer *c, struct source_tp tp);      /* NULL: there is none */
struct assignment *assignment_of_instance(struct consumer *c, uint64_t instance); /* NULL: that memory is gone */
void assignment_drop_memory(struct consumer *c, struct assignment *a);            /* if there is one */
void assignments_free(struct consumer *c);
void assignments_go_on(struct consumer *c);       /* the library was told to go on everywhere: none rests any more */
void assignments_tell_counts(struct consumer *c); /* to the hub: how many are ours, how many wait */
/* Those that run, as the source wants them, but for those that wait for their row; *N of them, to be freed with
 * mem_free. */
struct source_tp *assignments_running(struct consumer *c, size_t *n);

/* -- dead_letters.c -- */

/* Sends the rejected events of the batch, which is that of R. */
void consumer_reject(struct consumer *c, const struct assignment *a, const struct source_record *r);
void consumer_dead_letters_due(struct consumer *c);
void dead_letters_init(struct dead_letters *d);
void dead_letters_deinit(struct dead_letters *d);

/* -- standing.c -- */

struct standing {
    bool stored;    /* everything that was counted */
    bool committed; /* everything that was applied */
    bool at_end;    /* EXIT_AT_END: everything that there was, and it is settled */
};
struct standing consumer_standing(const struct consumer *c);
void consumer_show_standing(struct consumer *c); /* tells the hub */

/* -- commit.c -- */

bool consumer_commit_waits(const struct consumer *c); /* for an answer or for dead letters: none can be frozen now */
void consumer_commit_due(struct consumer *c, int64_t now);
/* Waits up to WAIT_MS for the answer. If dead letters must be delivered first, nothing is sent. */
void consumer_commit_now(struct consumer *c, int wait_ms);
void consumer_commit_give_up(struct consumer *c); /* what waits for dead letters is never sent */
void consumer_committed(struct consumer *c, const struct source_commit *commits, size_t n);

/* -- assign.c -- */

void consumer_reassign(struct consumer *c);
void consumer_assign_due(struct consumer *c, int64_t now); /* once more, if it was refused */

/* -- still.c -- */

void consumer_unreadable(struct consumer *c, struct assignment *a, const struct err *why);
void consumer_position_lost(struct consumer *c, struct assignment *a, const struct err *why);
void assignment_works(struct assignment *a, int64_t now);
void consumer_still_due(struct consumer *c, int64_t now);

/* -- start.c -- */

/* L answers for A, which runs now. */
void consumer_start(struct consumer *c, struct assignment *a, const struct source_lookup *l);

/* -- lookup.c -- */

void consumer_lookup_due(struct consumer *c, int64_t now);
void consumer_looked_up(struct consumer *c, const struct source_lookup *l, size_t n);

/* -- rebalance.c -- */

void consumer_assigned(struct consumer *c, const struct source_tp *tps, size_t n);
void consumer_revoked(struct consumer *c, bool lost);

/* -- pause.c -- */

bool consumer_has_room(const struct consumer *c); /* false: a pause may be due */
void consumer_pause_due(struct consumer *c, int64_t now);

/* -- ends.c -- */

void consumer_ends_due(struct consumer *c, int64_t now);
void consumer_ends(struct consumer *c, const struct source_end *ends, size_t n);

/* -- publish.c -- */

enum { CONSUMER_SLICE_MS = 2 }; /* publishing and consuming take turns of this length, however much there is */

void consumer_publish(struct consumer *c); /* now, all of it */
void consumer_publish_due(struct consumer *c, int64_t now);

/* -- mail.c -- */

void consumer_mail(struct consumer *c);

/* -- records.c -- */

void consumer_records(struct consumer *c, const struct source_record *r, size_t n);
/* The partition of TP stands at OFFSET, the end of its log. */
void consumer_at_end_of_log(struct consumer *c, struct source_tp tp, int64_t offset);

#endif
