/* model/sim.h - a whole small world in one thread: a log, a group, a Redis, and workers made of the real lib/worker,
 * lib/partition and lib/board. One seed is one history: faults, then quiescence, then an independent recount of the
 * log.
 *
 * An item is named after its record ("p.offset"), so a list is a set of offsets and every comparison is exact. */
#ifndef TOPKD_TESTS_MODEL_SIM_H
#define TOPKD_TESTS_MODEL_SIM_H

#include <setjmp.h>

#include "config/config.h"
#include "consumer/consumer.h"
#include "merger/merger.h"
#include "protocol/rules.h"
#include "publisher/publisher.h"
#include "support/fake_store.h"

enum {
    UNIT_MS = 6000, /* a tenth of a minute */
    PARTITIONS_MAX = 3,
    WORKERS_MAX = 3,
    RECORDS_MAX = 4096,
    HISTORY_MAX = 256,
    MINUTES_MAX = 256, /* minutes are counted from BASE_MINUTE - 20 */
    LOSS_MS = 4 * UNIT_MS,
    SHORT_RETENTION_MS = 3 * 60000
};

/* What a history is aimed at, besides faults. */
enum sim_theme {
    THEME_PLAIN,
    THEME_EXPIRY, /* lists live three minutes, and one partition sleeps for longer */
    THEME_JOIN,   /* the last partition is added while the others run */
    THEME_RETIRE, /* the last partition goes for minutes or for ever, as far as anybody is told */
    THEMES
};
#define BASE_MINUTE ((int64_t)26666666) /* minutes of the histories begin here: 2020-09-13T12:26 */
#define BASE_MS     (BASE_MINUTE * MINUTE_MS)

#define SIM_NEVER INT64_MAX

/* -- chance -- */
struct rng {
    uint64_t s;
};
uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n);
double rng_real(struct rng *r); /* [0, 1) */
bool rng_chance(struct rng *r, double p);
double rng_exp(struct rng *r, double mean);
int rng_pick(struct rng *r, const double *weights, int n);

/* -- the log -- */
struct sim_record {
    bool exists;
    int64_t time_ms, minute;
    int64_t appended_ms; /* not there before */
    char location;       /* 'a'..'c', 'z' */
    char value[128];
};
struct sim_partition {
    struct sim_record records[RECORDS_MAX];
    int64_t n, start;
    bool accepted[2][RECORDS_MAX]; /* by the independent recount, per configuration */
    int64_t above;                 /* minutes up to this one were closed before it joined */
};

struct sim;
struct sim_worker;

/* -- one member of the group -- */
struct sim_source {
    struct sim *sim;
    struct sim_worker *worker;
    uint64_t generation; /* that it knows */
    bool member;
    int64_t position[PARTITIONS_MAX]; /* -1: not assigned */
    bool eof_said[PARTITIONS_MAX];
    int budget;   /* events left in this step */
    bool revoked; /* between revoke and assign */
    /* answers waiting */
    bool commit_ready, lookup_ready, ends_ready;
    struct source_commit commits[PARTITIONS_MAX];
    struct source_lookup lookups[PARTITIONS_MAX];
    struct source_end ends[PARTITIONS_MAX];
    struct source_record record; /* handed out last */
    size_t commits_n, lookups_n, ends_n;
    struct source_tp tps[PARTITIONS_MAX];
};
struct source sim_source_ops(struct sim_source *s);

struct sim_worker {
    struct sim *sim;
    int number;
    bool alive, dying;
    int64_t frozen_until_ms;
    int configuration;
    struct metrics *metrics;
    struct hub hub;
    struct sim_source source;
    struct fake_store *publish_store, *merge_store;
    struct consumer *consumer;
    struct publisher *publisher;
    struct merger *merger;
    bool busy[3]; /* consumer, publisher, merger: no actor enters itself */
    int64_t settled_seen[PARTITIONS_MAX];
};

struct sim_commit {
    bool set;
    int64_t offset;
    char metadata[SOURCE_METADATA_BYTES_MAX];
    const struct consumer *writer; /* knows its own commit byte for byte; only to be compared */
};

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
    SAW_RESET,
    SAW_TRUNC,
    SAW_OPEN,
    SAW_ENDED,
    SAW_FINAL,
    SAW_LOST,
    SAW_SETTLED,
    SAW_EVENTS
};

struct sim {
    struct rng rng;
    int64_t now_ms, end_ms; /* since the history began; faults stop at end_ms */
    bool faults;
    int depth;
    enum sim_theme theme;
    int partitions, workers_n;
    int64_t added_ms,
        known_ms; /* when the last partition is added, and when the metadata say so; 0: from the beginning */
    bool added;   /* the group has heard of it */
    int64_t away_ms, back_ms;    /* when the last partition goes, and comes back; SIM_NEVER */
    bool away;                   /* the group has heard of it */
    bool retired, was_retired;   /* its row, as last seen, and ever */
    int64_t retired_x;           /* minutes that the row did not vouch for */
    int64_t retired_to;          /* minutes that were closed without it, or not vouched for: nobody knows its share */
    bool restores;               /* Redis may come back older than it may */
    char restored[LIFE_LEN + 1]; /* its life when it did: until it has another, who settles is excused */
    double fault_rate, drop_rate;
    double pace[3]; /* how often consumers, publishers and mergers act: some histories have slow ones, and so long
                       queues */
    struct sim_partition log[PARTITIONS_MAX];
    struct fake_redis *redis;
    struct sim_worker workers[WORKERS_MAX];
    uint64_t generation;
    int owner[PARTITIONS_MAX];
    struct sim_commit commits[PARTITIONS_MAX];
    struct { /* rule 4: configurations a partition had, with the minute above which each counts */
        int64_t older_until;
        int configuration;
    } history[PARTITIONS_MAX][HISTORY_MAX];
    int history_n[PARTITIONS_MAX];
    int configuration; /* of workers that start now */
    int64_t max_settled[PARTITIONS_MAX];
    bool trust_x[PARTITIONS_MAX]; /* the next incarnation's x is taken for unsure, within reason */
    int64_t unsure;               /* minutes <= unsure: reset, truncation, configuration */
    bool exempt[MINUTES_MAX];     /* minutes that were settled when Redis lost data */
    char bad[160];                /* the first violation */
    uint64_t meanings[2];
    struct config *configs[2];
    uint64_t events[SAW_EVENTS]; /* coverage: what happened, by enum sim_event */
};

extern const char *const sim_event_names[SAW_EVENTS];

/* Run one history; true if it is right, else s->bad says what was wrong. EVENTS gets what happened added. */
struct sim_options {
    double fault_rate; /* faults a step */
    double drop_rate;  /* broken connections a request */
    int64_t units;     /* length of the fault phase */
};
bool sim_run(uint64_t seed, const struct sim_options *o, char bad[160], uint64_t events[SAW_EVENTS]);

/* sim.c */
void sim_life(struct sim *s, char life[LIFE_LEN + 1]); /* of Redis, now */

/* sim_log.c */
void sim_log_fill(struct sim *s);
void sim_recount(struct sim *s, int p);
bool sim_is_there(const struct sim *s, int p);   /* was it added yet, and is it not away? */
bool sim_is_away(const struct sim *s);           /* the last partition, as far as anybody is told */
int64_t sim_log_end(const struct sim *s, int p); /* visible now */
int64_t sim_log_time_near(const struct sim *s, int p, int64_t offset);
int64_t sim_log_time_max(const struct sim *s, int p, int64_t end);

/* sim_check.c */
void sim_fail(struct sim *s, const char *what);
void sim_check_write(void *sim, const struct fake_list *before, const struct fake_list *after);
void sim_note_settled(struct sim *s, struct sim_worker *w);
void sim_exempt_settled(struct sim *s); /* Redis lost data */
void sim_look_retired(struct sim *s);   /* the row of the partition that goes */
void sim_verdict(struct sim *s);
void sim_expiry_verdict(struct sim *s);

/* sim_group.c */
void sim_rebalance(struct sim *s);

#endif
