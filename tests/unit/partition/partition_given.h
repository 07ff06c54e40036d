/* unit/partition/partition_given.h - the words of the partition tests: one evening, one log, one partition.
 * The log is written and read at once: views("US", "cat", 3) appends a record and hands it over. What was written
 * stays, so that a successor reads it again. A clock is "19:08", "19:08:30" or "19:08:30.250" of 2026-11-21, UTC. */
#ifndef TOPKD_TESTS_PARTITION_GIVEN_H
#define TOPKD_TESTS_PARTITION_GIVEN_H

#include "partition/partition.h"

enum { EVENING_RECORDS_MAX = 512, EVENING_EVENTS_MAX = 8, EVENING_COPIES_MAX = 64 };
#define LIFE_A "aaaaaaaaaaaaaaaa"
#define LIFE_B "bbbbbbbbbbbbbbbb"

struct logged {
    int64_t time_ms;
    struct event events[EVENING_EVENTS_MAX]; /* as decoded: time decisions are not made yet */
    size_t n;
    char value[16];
    bool hole; /* no record at this offset: a transaction marker, or compacted */
};

struct said { /* a copy that the queue took, not yet answered */
    char text[256];
    char location[16];
    int64_t minute, at;
};

struct evening {
    struct delivery_rules rules; /* change them before the partition begins */
    struct sketch_budget budget;
    struct partition *partition;
    uint64_t instance;

    struct logged log[EVENING_RECORDS_MAX];
    int64_t log_start, log_end;
    int64_t time_ms; /* of the records to come; negative: they have none */

    int64_t wall_ms, mono_ms;
    size_t room; /* copies that the queue takes in one tick */
    struct said said[EVENING_COPIES_MAX];
    size_t said_n;
    struct progress_row row; /* the last one handed over, with its fence and life */
    uint64_t row_incarnation;
    int64_t row_frontier, row_handed_ms, row_kept;
    int64_t rows_n;                 /* that Redis stored, ever */
    int64_t redis_ms;               /* its clock */
    struct partition_joined joined; /* what it says to one that joins */
    char row_life[LIFE_LEN + 1];

    bool left_out;  /* lists went on without the next memory */
    bool group_has; /* what the group keeps */
    struct partition_commit group;
};
extern struct evening evening;

void evening_begin(void); /* fixtures */
void evening_end(void);
void evening_with_partition(void); /* begins it, and gives a partition that may speak */

int64_t ms_of(const char *clock);
int64_t minute_at(const char *clock);

/* -- beginnings -- */

/* At offset 0 of a new log: incarnation 100 is committed, Redis is LIFE_A; it may speak. Usual rules: LATENESS, FUTURE
 * 1m, SLACK, SETTLE_DELAY 5s, GLOBAL "global". */
void given_partition(void);
/* The rules of a partition cannot change: another evening begins under RULES, with another partition. */
void given_partition_under(struct delivery_rules rules);
/* Another memory begins as the group's commit and the log's bounds say; the old one is gone. */
void given_successor(void);
/* What evening.joined says besides, and this incarnation of its row (0: none). */
void row_is_known(uint64_t incarnation, int64_t wall_ms);
/* The row is known (its incarnation, 0: none), and the commit that this allows is acknowledged. */
void given_ready(uint64_t row_incarnation);

/* -- the log -- */

void it_is(const char *clock); /* record time from now on; NULL: records have none */
/* One record now with one event now. */
enum event_outcome views(const char *location, const char *item, uint32_t n);
/* One record now with one event of CLOCK each, of cat in US; their outcomes as text: "applied late". An event whose id
 * has the hash 7 is "19:08#7". */
const char *events_of(const char *clocks);
void expect_outcomes(const char *clocks, const char *outcomes); /* of events_of */
/* A record of CLOCK with an event of CLOCK. */
void log_time_reaches(const char *clock);
/* One record now with these events. */
void record_of(const struct event *events, size_t n);
void hole(void); /* an offset without a record */
struct event event_of(const char *clock, const char *location, const char *item, uint32_t weight);
/* Hand over what is in the log from partition_next up to TO (or its end, if TO is larger); what became of the last. */
enum record_outcome read_up_to(int64_t to);

/* -- ticks -- */

/* Copies that went out, as text: "US 19:08 @3: cat 3, dog 1" or "US 19:08 final: cat 3"; how many. */
size_t publish(void);
void expect_copy(const char *text); /* among those of the last publish */
void answer_all(void);              /* those of the last publish */
void answer_copy(const struct said *said);
void row_behind(void);         /* handed over and answered now, if there is one to say */
void publish_and_answer(void); /* and a row behind them, as in every tick */
void wait_ms(int64_t ms);
bool hand_row(void); /* false: the partition has none to say */
void answer_row(void);
/* Everything that settling asks for but time: a row handed over now and answered, then the attempt. */
void confirm_and_settle(void);

bool try_freeze(struct partition_commit *c);
void commit(void); /* freezes; the group keeps it and says so */
struct commit_meta commit_meta_of(const struct partition_commit *c);
struct commit_meta frozen_meta(void); /* what a commit would say now */
struct partition_view view(void);

#endif
