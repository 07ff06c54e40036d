/* unit/worker/worker_given.h - the words of the worker tests: a hub of one consumer, a clock that the test moves, and a
 * source that says what it is told to say and remembers what it was asked. */
#ifndef TOPKD_TESTS_UNIT_WORKER_WORKER_GIVEN_H
#define TOPKD_TESTS_UNIT_WORKER_WORKER_GIVEN_H

#include "consumer/consumer.h"
#include "source/source.h"

enum { SCRIPT_MAX = 32, SCRIPT_PARTITIONS = 4, STEP_WAIT_MS = 100 };

struct scripted_source {
    struct source_event said[SCRIPT_MAX]; /* not yet polled */
    size_t said_n;
    struct source_record records[SCRIPT_MAX]; /* that they point to */
    size_t records_n;
    struct source_assign assigned[SCRIPT_PARTITIONS]; /* the last assignment */
    size_t assigned_n;
    size_t assigns_n; /* how often it was told */
    bool assign_fails;
    size_t polls_n; /* in this step; what the first was allowed to wait: */
    int polled_for_ms;
    size_t pauses_n, resumes_n;
    size_t lookups_n; /* how often it was asked */
    struct source_commit commits[SCRIPT_MAX];
    size_t commits_n; /* all that were sent */
    uint64_t letters_issued, letters_settled, letters_asked;
    bool letters_full;
    /* what the events point to */
    struct source_tp tps[SCRIPT_PARTITIONS];
    struct source_lookup lookup;
    struct source_commit answer;
    struct source_end end;
};

struct given_worker {
    struct config *config;
    struct metrics *metrics;
    struct clock clock;
    int64_t mono_ms, wall_ms;
    int64_t look_ms;         /* what each look at the clock costs */
    uint32_t partitions;     /* of the topic, as last heard; 0: unknown */
    uint64_t resident_bytes; /* of the process, as the hub hears */
    struct hub hub;
    struct scripted_source source;
    struct consumer *consumer;
};
extern struct given_worker worker;

/* A hub with these settings (names without TOPKD_, NULL-terminated); topic "t", lists of "global". */
void given_hub(const char *const *entries);
void given_consumer(void); /* of the hub, on the scripted source */
void worker_gone(void);

/* -- the consumer's side -- */

struct source_tp tp(int32_t partition);
/* Each is said at the next step. */
void say_assigned(int32_t partitions);
void say_revoked(bool lost);
void say_commit_found(int32_t partition, int64_t offset, const char *metadata, int64_t log_end);
void say_no_commit(int32_t partition, int64_t log_end);
void say_record(int32_t partition, int64_t offset, const char *value);
/* N records of the same value, in one event. */
void say_records(int32_t partition, int64_t offset, const char *value, size_t n);
void say_position_lost(int32_t partition, const char *why);
void say_error(int32_t partition, const char *why);
void say_damage(int32_t partition, const char *why);
/* May be read up to LOG_END; the high watermark is HIGH. */
void say_end(int32_t partition, int64_t log_end, int64_t high);
void say_committed(void); /* the last commit arrived */
void say_commit_refused(void);
void step(void);                /* everything said, then what is due */
void step_after(int64_t ms);    /* the clock moves first */
struct mail *outbox_take(void); /* everything that went to the publisher; the caller frees */
/* The question for a row that went out, NULL for none; the rest of the outbox is gone. The caller frees or answers. */
struct mail *row_question(void);
void answer_row_question(struct mail *question, uint64_t incarnation); /* takes it */
/* Partition 0 is ours, its first commit (at offset 0) acknowledged, and it may speak. */
void given_running(void);

#endif
