/* unit/consumer/consumer_given.h - the words of the consumer tests: a consumer, a Kafka that says what it is told to
 * say and remembers what it was asked, and a publisher that the test plays itself.
 *
 * There is one partition, 0 of topic "t". What Kafka says is heard at the next step. Words that count, as commits_sent,
 * tell what came since they were asked last. Times are milliseconds of the hub's clocks, which only the test moves. */
#ifndef TOPKD_TESTS_UNIT_CONSUMER_CONSUMER_GIVEN_H
#define TOPKD_TESTS_UNIT_CONSUMER_CONSUMER_GIVEN_H

#include "consumer/state.h"
#include "unit/worker/worker_given.h"

enum {
    TICK_MS = 1000,       /* the publish interval of the usual consumer; Kafka is asked again after as long */
    CHECKPOINT_MS = 5000, /* its checkpoint interval */
    STEP_WAIT_MS = 100,   /* how long a step may wait */
    SAID_MAX = 32,
    LOG_END = 10, /* of the log of which nothing else is said */
    ITS_ROW = 7,  /* the incarnation of a row, and of the commits that are found */
    NO_ROW = 0    /* the partition has none */
};

#define VIEW       "{\"video_id\":\"cat\",\"location\":\"US\"}"
#define OTHER_VIEW "{\"video_id\":\"dog\",\"location\":\"US\"}"
#define BROKEN     "{\"video_id\":"

/* How often it happened, and how often it had when somebody asked. */
struct count {
    size_t times, times_told;
};

struct given_kafka {
    struct source_event said[SAID_MAX]; /* not heard yet */
    size_t said_n;
    int64_t next_offset; /* of the record to come: behind the last one, or where the partition was assigned last */

    int64_t read_from; /* as assigned last; -1: nothing is read */
    struct count assigns, lookups, pauses, resumes, commits, dead_letters, dead_letters_tried;
    struct source_commit last_commit;
    uint64_t dead_letters_delivered;
    int first_wait_ms; /* of the last step */

    bool refuses_assign, dead_letter_queue_full;

    /* what the events point to */
    struct source_record records[SAID_MAX];
    size_t records_n;
    struct source_tp tp;
    struct source_lookup lookup;
    struct source_commit answer;
    struct source_end end;
};
extern struct given_kafka kafka;
extern struct consumer *consumer;

/* -- beginnings -- */

void given_consumer(const char *const *entries); /* with these settings (names without TOPKD_, NULL-terminated) */
void usual_consumer(void);                       /* fixtures */
void consumer_gone(void);
void given_new_partition(void); /* ours, and begins a new log; its row was not asked for yet */
/* It has said what it is, its first commit (of offset 0) is acknowledged, nothing is under way. */
void given_running_partition(void);
/* A fixture: it runs, and APPLIED records of it are applied and committed. */
enum { APPLIED = 3 };
void given_applied_records(void);
extern int64_t last_record_ms; /* the time of the last of these */

/* -- what Kafka says -- */

void kafka_assigns(void);
void kafka_assigns_nothing(void);
void kafka_revokes(void);
void kafka_takes_away(void); /* it is gone already */
enum way_to_go { REVOKED, TAKEN_AWAY, WAYS_TO_GO };
void partition_goes(enum way_to_go how);

void kafka_finds_no_commit(void);
struct commit_found {
    int64_t offset, rewind;
    bool has_anchor;            /* the record before REWIND is known, which makes it the first to be read */
    bool other_meaning;         /* it was made under another configuration */
    uint64_t incarnation;       /* 0: ITS_ROW */
    const char *metadata;       /* instead of all that: what somebody else wrote */
    int64_t log_start, log_end; /* log_end 0: LOG_END */
};
void kafka_finds_commit(struct commit_found found);
void kafka_finds_own_commit(int64_t log_end); /* the last one that we sent */
void kafka_fails_to_look_up(void);

void kafka_brings(const char *value);                /* one record, of now */
void kafka_brings_many(const char *value, size_t n); /* in one event */
void kafka_brings_of(int64_t time_ms, const char *value);
void kafka_denies_position(void); /* Kafka says that it is outside the log */
void kafka_cannot_read(const char *why);
void kafka_finds_damage(void);
struct log_end {
    int64_t readable, high_watermark; /* offsets; what lies between is of open transactions */
};
void kafka_tells_end(struct log_end end);
void kafka_takes_commit(void); /* the last one */
void kafka_refuses_commit(void);

/* -- time -- */

void step(void);             /* everything that was said is heard, and what is due is done */
void step_after(int64_t ms); /* the clocks move first */
void tick(void);
void checkpoint(void);

/* -- what Kafka was asked since -- */

size_t assigns_tried(void);
size_t lookups_asked(void);
size_t commits_sent(void);
size_t pauses_asked(void);
size_t resumes_asked(void);
size_t dead_letters_sent(void);  /* taken by the queue */
size_t dead_letters_tried(void); /* taken, or refused by it */
void expect_read_from(int64_t offset);
void expect_nothing_is_read(void);
void expect_commit_at(int64_t offset); /* one, of this offset */
void expect_no_commit(void);

/* -- the publisher -- */

/* All mails of TYPE in the outbox, in order; the others are gone. The caller frees or answers them. */
struct mail *outbox_pick(enum mail_type type);
size_t outbox_count(enum mail_type type); /* how many; all mails are gone then */
void outbox_fill(void);                   /* one mail that leaves no room for another */
void publisher_answers(struct mail *list);
void publisher_loses_connection(void);
/* The question for a row that went out; NULL: none did. The caller frees or answers it. */
struct mail *row_question(void);
void publisher_finds_row(struct mail *question, uint64_t incarnation);

/* -- the consumer -- */

struct assignment *partition_0(void);
struct partition_view partition_0_view(void);
double shown(enum metric_id id, const char *labels); /* in the metrics, at the last tick */

#endif
