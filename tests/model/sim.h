/* model/sim.h - a whole small world in one thread: a log, a group, a Redis, and workers made of the real threads' code.
 *
 * One seed is one history: faults, then quiescence, then an independent recount of the log. An item is named after its
 * record ("partition.offset"), so a list is a set of offsets and every comparison is exact. In reading order:
 *   chance.c      what the seed decides
 *   sim_log.c     the records, and the recount
 *   sim_ids.c     which of them say again what another one said
 *   sim_group.c   the consumer group and the broker, as a worker's source sees them
 *   sim_worker.c  who acts when
 *   sim_fault.c   what goes wrong
 *   sim_check.c   what must hold
 *   sim.c         one history from its beginning to its verdict */
#ifndef TOPKD_TESTS_MODEL_SIM_H
#define TOPKD_TESTS_MODEL_SIM_H

#include "config/config.h"
#include "consumer/consumer.h"
#include "merger/merger.h"
#include "model/chance.h"
#include "protocol/rules.h"
#include "publisher/publisher.h"
#include "support/fake_store.h"
#include "support/fake_topics.h"

enum {
    UNIT_MS = 6000, /* a tenth of a minute */
    PARTITIONS_MAX = 3,
    WORKERS_MAX = 3,
    CONFIGURATIONS = 2,
    RECORDS_MAX = 4096,
    MEANINGS_MAX = 256,
    EPOCHS_MAX = 128,
    SIM_DEDUP_MS = 120000,
    SIM_IDS_FEW = 6,   /* DEDUP_IDS_MAX of some histories */
    MINUTES_MAX = 256, /* counted from FIRST_MINUTE */
    LOSS_MS = 4 * UNIT_MS,
    SHORT_RETENTION_MS = 3 * 60000,
    BAD_TEXT = 160
};

/* What a history is aimed at, besides faults. */
enum sim_theme {
    THEME_PLAIN,
    THEME_EXPIRY, /* lists live three minutes, and one partition sleeps for longer */
    THEME_JOIN,   /* the last partition is added while the others run */
    THEME_RETIRE, /* the last partition goes for minutes or for ever, as far as anybody is told */
    THEMES
};
#define BASE_MINUTE  ((int64_t)26666666) /* minutes of the histories begin here: 2020-09-13T12:26 */
#define BASE_MS      (BASE_MINUTE * MINUTE_MS)
#define FIRST_MINUTE (BASE_MINUTE - 20) /* records come with times of before, too */

#define SIM_NEVER INT64_MAX

struct sim;
struct sim_worker;

/* -- a partition: its log, and what the group keeps of it -- */

struct sim_record {
    bool exists;
    int64_t time_ms, minute;
    int64_t appended_ms; /* not there before */
    char location;       /* 'a'..'c', 'z' */
    int64_t id;          /* the offset at which it came first; -1: it has none */
    char value[128];
};

struct sim_commit {
    bool set;
    int64_t offset;
    char metadata[SOURCE_METADATA_BYTES_MAX];
    int writer; /* the memory that made it, by number: it knows its own commit byte for byte */
};

/* Rule 4: a configuration that a partition was counted by, and the minute above which it counts. */
struct sim_meaning {
    int64_t older_until;
    int configuration;
};

/* Sightings of ids begin here, with this log time: at the beginning of the log, where an operator moved to, behind what
 * retention took, at the rewind under another configuration. Before it the epochs before hold. */
struct sim_epoch {
    int64_t from, log_time_ms;
};

struct sim_partition {
    struct sim_record records[RECORDS_MAX];
    int64_t records_n, start;
    struct sim_epoch epochs[EPOCHS_MAX];
    int epochs_n;
    bool accepted[CONFIGURATIONS][EPOCHS_MAX][RECORDS_MAX]; /* by the independent recount */
    int64_t closed_before_it;                               /* minutes up to this one were closed before it joined */
    int owner;                                              /* number of a worker, -1: nobody */
    struct sim_commit commit;
    struct sim_meaning meanings[MEANINGS_MAX];
    int meanings_n;
    int64_t settled_most;     /* by any worker */
    bool next_unsure_is_told; /* unsure_until of the next incarnation is taken as it says it, within reason */
};

/* The last partition where the theme is THEME_JOIN. */
struct sim_joining {
    int64_t added_ms; /* 0: it is there from the beginning */
    int64_t known_ms; /* the metadata say so from now on */
    bool group_knows;
    int64_t left_out_until; /* a Redis of before it came back, and lists up to here may be closed there */
};

/* The last partition where the theme is THEME_RETIRE. */
struct sim_leaving {
    int64_t away_ms, back_ms; /* SIM_NEVER: it stays, it stays away */
    bool group_knows;         /* that it is away */
    bool retired, ever;       /* what its row said last, and whether it ever said so */
    bool forgotten;           /* it has no row that could say so */
    int64_t unsure_until;     /* of that row */
    int64_t unknown_until;    /* up to here nobody knows its share: closed without it, or not vouched for */
};

/* -- one member of the group --
 *
 *   OUTSIDE --assign--> ASSIGNED --revoke--> REVOKED
 *                          ^                    |
 *                          +------assign--------+       */
enum sim_membership { MEMBER_OUTSIDE, MEMBER_ASSIGNED, MEMBER_REVOKED };

struct sim_position {
    int64_t offset; /* to be read next; -1: not assigned */
    bool end_said;
};

struct sim_source {
    struct sim *sim;
    struct sim_worker *worker;
    enum sim_membership membership;
    uint64_t generation; /* that it knows */
    struct sim_position positions[PARTITIONS_MAX];
    int budget; /* events left in this step */
    /* answers waiting */
    bool commit_ready, lookup_ready, ends_ready;
    struct source_commit commits[PARTITIONS_MAX];
    struct source_lookup lookups[PARTITIONS_MAX];
    struct source_end ends[PARTITIONS_MAX];
    size_t commits_n, lookups_n, ends_n;
    struct source_record record; /* handed out last */
    struct source_tp tps[PARTITIONS_MAX];
};
struct source sim_source_ops(struct sim_source *source);

/* -- a worker --
 *
 *   DOWN --start--> UP --killed within a request--> DYING
 *     ^              |                                |
 *     +--- killed ---+------- once nobody of it acts -+     */
enum sim_stage { WORKER_DOWN, WORKER_UP, WORKER_DYING };
enum sim_actor { ACTOR_CONSUMER, ACTOR_PUBLISHER, ACTOR_MERGER, ACTORS };

struct sim_worker {
    struct sim *sim;
    int number;
    int memory; /* which of all starts this one is: what it knows begins there */
    enum sim_stage stage;
    int64_t frozen_until_ms;
    struct metrics *metrics;
    struct fake_topics topics;
    struct hub hub;
    struct sim_source source;
    struct fake_store *publish_store, *merge_store;
    struct consumer *consumer;
    struct publisher *publisher;
    struct merger *merger;
    bool busy[ACTORS]; /* no actor enters itself */
    int64_t settled_noted[PARTITIONS_MAX];
    char life_noted[PARTITIONS_MAX][LIFE_LEN + 1]; /* of the memory that settled it */
};

/* -- the world -- */

enum sim_event {
    SAW_KILL,
    SAW_START,
    SAW_REBALANCE,
    SAW_FREEZE,
    SAW_FAILOVER,
    SAW_FLUSH,
    SAW_RESTORE,
    SAW_JOIN,
    SAW_RETIRE,
    SAW_RETURN,
    SAW_CONFIG,
    SAW_DUPLICATE, /* an event, of a memory that is gone */
    SAW_RESET,
    SAW_TRUNC,
    SAW_OPEN,
    SAW_ENDED,
    SAW_FINAL,
    SAW_LOST,
    SAW_SETTLED,
    SAW_EVENTS
};
extern const char *const sim_event_names[SAW_EVENTS];

struct sim {
    struct chance chance;
    struct clock clock;     /* hubs borrow it */
    int64_t now_ms, end_ms; /* since the history began; faults stop at end_ms */
    bool faults;
    int depth; /* of actors that act within a request of another */
    enum sim_theme theme;
    double fault_rate, drop_rate;
    double pace[ACTORS]; /* how often each acts: some histories have slow ones, and so long queues */

    struct sim_partition partitions[PARTITIONS_MAX];
    int partitions_n;
    struct sim_joining joining;
    struct sim_leaving leaving;
    uint64_t generation; /* of the group */

    struct fake_redis *redis;
    bool restores;               /* Redis may come back older than it may */
    char restored[LIFE_LEN + 1]; /* its life when it did: until it has another, who settles is excused */

    bool with_ids;        /* they mean something */
    uint32_t ids_max;     /* DEDUP_IDS_MAX */
    struct chance by_ids; /* of its own, so that histories without ids are what they always were */

    struct sim_worker workers[WORKERS_MAX];
    int workers_n, starts_n;
    int configuration; /* of workers that start now */
    struct config *configs[CONFIGURATIONS];
    uint64_t meanings[CONFIGURATIONS];

    int64_t unsure_until;      /* after a reset, a truncation, another configuration */
    bool exempt[MINUTES_MAX];  /* minutes that were settled when Redis lost data */
    char bad[BAD_TEXT];        /* the first violation */
    uint64_t seen[SAW_EVENTS]; /* how often each happened */
};

struct sim_options {
    double fault_rate; /* faults a step */
    double drop_rate;  /* broken connections a request */
    int64_t units;     /* length of the fault phase */
};
/* Run one history; true if it is right, else BAD says what was wrong. SEEN gets what happened added. */
bool sim_run(uint64_t seed, const struct sim_options *o, char bad[BAD_TEXT], uint64_t seen[SAW_EVENTS]);

/* sim_log.c */
void sim_log_fill(struct sim *s);
void sim_recount(struct sim *s, int p);
bool sim_weighs(int configuration, int64_t offset);
bool sim_is_last(const struct sim *s, int p);
bool sim_is_there(const struct sim *s, int p);   /* was it added yet, and is it not away? */
bool sim_is_away(const struct sim *s);           /* the last partition, as far as anybody is told */
int64_t sim_log_end(const struct sim *s, int p); /* visible now */
int64_t sim_log_time(const struct sim *s, int p, int64_t end);

/* sim_ids.c */
int64_t sim_id_draw(struct sim *s, int p, int64_t offset);
void sim_epoch_begin(struct sim *s, int p, int64_t from, int64_t log_time_ms);
void sim_recount_ids(struct sim *s, int p);

/* sim_group.c */
void sim_rebalance(struct sim *s);

/* sim_worker.c */
void sim_start(struct sim *s, struct sim_worker *w);
void sim_stop(struct sim_worker *w);
void sim_start_all(struct sim *s);
void sim_stop_all(struct sim *s);
void sim_turn(struct sim_worker *w, enum sim_actor actor);
void sim_act(struct sim *s);  /* one turn of somebody */
void sim_bury(struct sim *s); /* those that were killed within a request */

/* sim_fault.c */
void sim_fault(struct sim *s);
void sim_life(struct sim *s, char life[LIFE_LEN + 1]); /* of Redis, now */

/* sim_check.c */
void sim_fail(struct sim *s, const char *what);
void sim_check_write(void *sim, const struct fake_list *before, const struct fake_list *after);
void sim_note_settled(struct sim_worker *w);
void sim_exempt_settled(struct sim *s); /* Redis lost data */
void sim_look_retired(struct sim *s);   /* the row of the partition that goes */
void sim_look_left_out(struct sim *s);  /* Redis has another life, one that was there before */
void sim_unsure_up_to(struct sim *s, int64_t minute);
void sim_verdict(struct sim *s);
void sim_expiry_verdict(struct sim *s);

#endif
