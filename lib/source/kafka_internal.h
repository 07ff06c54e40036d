/* source/kafka_internal.h - what the files source/kafka_*.c share. Nobody else includes it.
 * kafka_shared.c metadata and its thread, kafka_why.c what is wrong, kafka_dead_letter.c the producer side,
 * kafka_resend.c what it has to send again, kafka_tickets.c how far letters got, kafka_member.c a member's life,
 * kafka_poll.c what it hands out, kafka_assign.c rebalances and pauses, kafka_commit.c commits, kafka_lookup.c the
 * questions that take a round trip, kafka_nudge.c a cure for old versions, kafka_conf.c settings and logs. */
#ifndef TOPKD_SOURCE_KAFKA_INTERNAL_H
#define TOPKD_SOURCE_KAFKA_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include <librdkafka/rdkafka.h>

#include "base/log.h"
#include "source/kafka.h"

enum { KAFKA_ERROR_LOG_MS = 60000 }; /* at most one line in so long for one error that librdkafka retries by itself */

/* -- settings and logs (kafka_conf.c) ------------------------------------------------------------ */

/* *OUT: the caller hands it to rd_kafka_new or destroys it. ERR_INVALID names the environment variable. */
int kafka_conf_consumer(const struct kafka_options *o, uint64_t queue_bytes, unsigned member, rd_kafka_conf_t **out,
                        struct err *e) MUST_CHECK;
/* For what all members share: metadata and the high watermarks. Not in the group. */
int kafka_conf_watcher(const struct kafka_options *o, rd_kafka_conf_t **out, struct err *e) MUST_CHECK;
/* SINGLES: each message is a batch of its own. */
int kafka_conf_producer(const struct kafka_options *o, bool singles, rd_kafka_conf_t **out, struct err *e) MUST_CHECK;

/* Warns, and answers true, if CONF wants a SCRAM that this version of the library is too old for. */
bool kafka_conf_warn_of_scram(const rd_kafka_conf_t *conf);
bool kafka_conf_scram_is_too_old(const rd_kafka_conf_t *conf); /* the same, without a word */
/* Brokers of Kafka 4 refuse SCRAM of librdkafka below 2.6.1. VERSION is rd_kafka_version's. */
bool kafka_scram_is_too_old(int version, const char *mechanism);

/* -- what is wrong (kafka_why.c) ------------------------------------------------------------------ */

enum kafka_scope {
    KAFKA_CONNECTION, /* no way to a broker, or it does not let us in; over when metadata are answered */
    KAFKA_GROUP,      /* the group does not take us; over when a member is in it */
    KAFKA_OTHER,
    KAFKA_SCOPES
};

enum { KAFKA_TEXT_MAX = 200, KAFKA_REMEDY_MAX = 160, KAFKA_NAME_MAX = 400 };

struct kafka_note { /* the last error of a scope that is not over */
    rd_kafka_resp_err_t code;
    char text[KAFKA_TEXT_MAX];
    int64_t mono_ms;
    bool fresh; /* written since the last look */
};

struct kafka_told { /* the last line about a scope */
    rd_kafka_resp_err_t code;
    int64_t next_ms; /* not again before */
};

enum kafka_scope kafka_scope_of(rd_kafka_resp_err_t code);
const char *kafka_remedy_of(rd_kafka_resp_err_t code); /* "": none is known */
/* Counts CODE in topkd_kafka_errors_total and notes TEXT (NULL: the code's own).   Threads: any. */
void kafka_note_error(struct kafka_shared *s, rd_kafka_resp_err_t code, const char *text);
void kafka_note_over(struct kafka_shared *s, enum kafka_scope scope); /* Threads: any */

/* -- dead letters (kafka_tickets.c, kafka_dead_letter.c, kafka_resend.c) -------------------------- */

struct kafka_letters; /* the tickets of one member; lives as long as the shared part: reports may come late */

struct kafka_letters *kafka_letters_create(unsigned index);
void kafka_letters_destroy(struct kafka_letters *l);
unsigned kafka_letters_member(const struct kafka_letters *l); /* its number in the process, from 0 */
uint64_t kafka_letters_issued(struct kafka_letters *l);
uint64_t kafka_letters_settled(struct kafka_letters *l);
uint64_t kafka_letters_take(struct kafka_letters *l); /* a ticket; 0: too many are out */
/* The last one taken. Only the member's own thread takes, so it is still the last. */
void kafka_letters_give_back(struct kafka_letters *l);
void kafka_letters_settle(struct kafka_letters *l, uint64_t ticket);
int kafka_letters_send(struct kafka_shared *s, struct kafka_letters *l, const struct source_dead_letter *d,
                       struct err *e) MUST_CHECK;
/* Delivery report; opaque: the struct kafka_shared.   Threads: the shared one. */
void kafka_letters_report(rd_kafka_t *rk, const rd_kafka_message_t *rkm, void *opaque);
uint64_t kafka_letters_waiting(struct kafka_shared *s);

/* What becomes of a letter that was refused. */
enum letter_fate {
    LETTER_HEALS,     /* something can be mended: it is sent again until it is taken */
    LETTER_TOO_LARGE, /* its batch is, or it is itself: sent alone, and given up if that is refused too */
    LETTER_NEVER      /* it could not even be put into a request */
};

struct letter_rule {
    rd_kafka_resp_err_t code;
    enum letter_fate fate;
    const char *remedy; /* the name of the topic follows */
};

const struct letter_rule *
kafka_letter_rule(rd_kafka_resp_err_t code); /* that of a code that is not in the table heals */

struct kafka_parcel { /* a letter as a producer takes it */
    void *opaque;     /* member and ticket */
    rd_kafka_headers_t *headers;
    struct bytes key, value; /* borrowed; copied by the producer */
};

/* A letter that waits to be sent again; owned. */
struct kafka_waiting;

struct kafka_post { /* the way to DLQ_TOPIC */
    struct kafka_shared *shared;
    const char *topic;
    rd_kafka_t *rk, *singles; /* singles: made when the first batch was too large */
    rd_kafka_topic_t *rkt, *singles_rkt;
    uint64_t max_n, max_bytes;
    pthread_mutex_t lock;      /* guards what follows */
    uint64_t out_n, out_bytes; /* letters that are not settled, on their way or waiting */
    uint64_t resent_n;         /* of these sent again and not answered */
    struct kafka_waiting *waiting, **waiting_tail;
    int64_t due_ms;                    /* when they are sent again; 0: none waits */
    int rest_ms;                       /* before the next time */
    rd_kafka_resp_err_t refused, told; /* why they wait; 0: none does */
    char refused_name[KAFKA_NAME_MAX]; /* of one of them */
    int64_t given_up_ms;               /* since when given_up_n counts lines */
    unsigned given_up_n;
    struct log_limit producer_log; /* the shared thread's */
};

int kafka_post_open(struct kafka_shared *s, const char *topic, struct kafka_post **out, struct err *e) MUST_CHECK;
void kafka_post_close(struct kafka_post *p);
/* Waits up to TIMEOUT_MS for reports, sends again what is due, tells what changed.   Threads: the shared one. */
void kafka_post_serve(struct kafka_post *p, int timeout_ms);
/* False: no letter was refused that still waits.   Threads: any. */
bool kafka_post_why(struct kafka_post *p, char why[WHY_MAX]);

/* Between kafka_dead_letter.c and kafka_resend.c: */
rd_kafka_t *kafka_post_producer(struct kafka_post *p, bool singles, struct err *e); /* NULL: see E */
rd_kafka_resp_err_t kafka_post_produce(rd_kafka_t *rk, rd_kafka_topic_t *rkt, const struct kafka_parcel *parcel);
/* Refused with CODE. Takes the headers, copies the rest. ALONE: it goes by itself from now on.   Threads: any. */
void kafka_post_hold(struct kafka_post *p, const struct kafka_parcel *parcel, rd_kafka_resp_err_t code, bool alone);
/* Lost, counted and named. Takes the headers.   Threads: any. */
void kafka_post_give_up(struct kafka_post *p, const struct kafka_parcel *parcel, rd_kafka_resp_err_t code);
/* A letter that was sent again is answered.   Threads: the shared one. */
void kafka_post_answered(struct kafka_post *p);
void kafka_post_drop_waiting(struct kafka_post *p);
void *kafka_letter_mark_resent(void *opaque);
/* Which letter it is, as logfmt: of its topic, partition, offset and index, never of its bytes. */
void kafka_letter_name(const rd_kafka_headers_t *h, char name[KAFKA_NAME_MAX]);
void kafka_post_tell_given_up(struct kafka_post *p, const char *name, rd_kafka_resp_err_t code);

/* -- shared (kafka_shared.c) --------------------------------------------------------------------- */

enum { KAFKA_MEMBERS_MAX = 1024 };

struct kafka_topic {
    const char *name;        /* borrowed from the options: this very pointer is in every source_tp */
    bool dead_letters;       /* it is DLQ_TOPIC, not one of TOPICS */
    rd_kafka_t *rk;          /* the handle that asks for it */
    rd_kafka_topic_t *rkt;   /* keeps the topic known to the handle */
    uint32_t partitions;     /* as last heard; 0: not yet */
    int32_t *leaders;        /* one per partition, -1: none */
    rd_kafka_resp_err_t err; /* why it is not there, as last heard */
    struct kafka_told told;
};

struct kafka_shared {
    const struct kafka_options *options; /* borrowed */
    const struct clock *clock;
    struct metrics *metrics;
    rd_kafka_t *rk; /* a consumer outside the group, which needs no right but Describe: metadata, high watermarks */
    struct kafka_post *post; /* NULL: no DLQ_TOPIC */
    bool scram_too_old;
    pthread_t thread;
    atomic_bool stop;
    /* The thread's own: */
    struct kafka_told told[KAFKA_SCOPES];
    int64_t unreachable_since_ms; /* 0: it is reachable */
    rd_kafka_resp_err_t unreachable_told;
    uint64_t letters_settled; /* at the last look, and when it last was another number, or nothing waited */
    int64_t letters_moved_ms;
    struct kafka_topic topics[KAFKA_TOPICS_MAX + 1]; /* the last may be the dead-letter topic */
    uint32_t topics_n;                               /* without the dead-letter topic */
    pthread_mutex_t lock; /* guards what follows, members_n, and of topics[] what was heard */
    bool reachable;       /* the last refresh was answered */
    bool letters_stalled; /* some wait, and none was settled for a while */
    struct kafka_note notes[KAFKA_SCOPES];
    struct kafka_letters *letters[KAFKA_MEMBERS_MAX];
    unsigned members_n;
};

uint32_t kafka_shared_all_topics(const struct kafka_shared *s); /* with the dead-letter topic */
/* What to do so that T is there. */
void kafka_topic_remedy(const struct kafka_topic *t, char remedy[KAFKA_REMEDY_MAX]);
void kafka_shared_on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque); /* opaque: S */
/* Lines of the log. For the shared thread. */
void kafka_tell_unreachable(struct kafka_shared *s, rd_kafka_resp_err_t err);
void kafka_tell_reachable(struct kafka_shared *s);
void kafka_tell_notes(struct kafka_shared *s, enum kafka_scope scope);
bool kafka_note_is_fresh(struct kafka_shared *s, enum kafka_scope scope); /* a look: asked again, it is not */
/* Has PARTITION of TOPIC (a pointer from topics[].name) a leader, as last heard? True when nothing is known. */
bool kafka_shared_has_leader(struct kafka_shared *s, const char *topic, int32_t partition);
uint32_t kafka_shared_topic_partitions(struct kafka_shared *s, const char *topic); /* 0: not known */
/* Our own pointer for NAME; NULL: not a topic of ours. */
const char *kafka_shared_intern(struct kafka_shared *s, const char *name);
/* Tickets for one more member. NULL: too many. */
struct kafka_letters *kafka_shared_add_member(struct kafka_shared *s);

/* -- questions that take a round trip (kafka_lookup.c) ------------------------------------------- */

struct kafka_member;

struct kafka_event { /* an event on its way to poll */
    struct kafka_event *next;
    struct source_event ev;
    void *owned; /* the array that ev points to */
};

struct kafka_event *kafka_event_create(enum source_event_type type, void *owned, size_t n);
void kafka_event_destroy(struct kafka_event *k);

typedef struct kafka_event *kafka_answer_fn(struct kafka_member *m, const struct source_tp *tps, size_t n);

/* A helper thread with room for one question. */
struct kafka_asker {
    struct kafka_member *member; /* NULL: never started */
    kafka_answer_fn *answer;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* guards what follows but OUT */
    pthread_cond_t wake;
    bool asked, stop;
    struct source_tp *tps; /* the question; owned */
    size_t n;
    struct kafka_event *answered;
    bool out; /* consumer thread only: asked and not yet taken */
};

int kafka_asker_start(struct kafka_asker *a, struct kafka_member *m, kafka_answer_fn *answer) MUST_CHECK;
void kafka_asker_ask_to_stop(struct kafka_asker *a);
void kafka_asker_stop(struct kafka_asker *a); /* waits for a question under way: at most its time limit */
int kafka_asker_ask(struct kafka_asker *a, const struct source_tp *tps, size_t n, struct err *e) MUST_CHECK;
struct kafka_event *kafka_asker_take(struct kafka_asker *a); /* NULL: not yet; the caller owns it */

kafka_answer_fn kafka_answer_lookup, kafka_answer_ends;

/* -- fetchers that sleep too long (kafka_nudge.c) ------------------------------------------------ */

struct kafka_nudge {
    rd_kafka_t *rk; /* NULL: not needed with this library */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* guards stop */
    pthread_cond_t wake;
    bool stop;
    atomic_bool resumed; /* a partition was */
};

int kafka_nudge_start(struct kafka_nudge *n, rd_kafka_t *rk) MUST_CHECK;
void kafka_nudge_stop(struct kafka_nudge *n);

/* -- member (kafka_member.c, kafka_poll.c, kafka_assign.c, kafka_commit.c) --------------------------------------- */

struct kafka_commit; /* a commit that is waiting or under way */

struct kafka_assigned {
    struct source_tp tp;
    bool paused;
};

struct kafka_member {
    struct kafka_shared *shared;
    rd_kafka_t *rk;
    struct kafka_letters *letters;            /* owned by shared */
    rd_kafka_topic_t *rkts[KAFKA_TOPICS_MAX]; /* same order as the options; held, so that a pointer means one topic */
    uint32_t last_topic;                      /* where the last message's topic was found */
    /* Handed out, destroyed by the next poll: records, or one event. */
    struct source_record records[SOURCE_RECORDS_MAX];
    rd_kafka_message_t *rkms[SOURCE_RECORDS_MAX]; /* what they borrow from */
    size_t records_n;
    struct kafka_event *current;
    struct kafka_event *events, **events_tail; /* not handed out yet, oldest first */
    bool assign_unanswered, revoke_unanswered; /* the library waits for rd_kafka_assign */
    bool granted;                              /* the group gave us partitions and did not take them back */
    bool fatal_told, closing;
    struct kafka_assigned *assigned; /* of the last assign */
    size_t assigned_n, paused_n;
    rd_kafka_queue_t *commit_queue; /* answers to commits arrive here, and nothing else */
    struct kafka_commit *commits, **commits_tail;
    struct kafka_asker lookup, ends;
    struct kafka_nudge nudge;
    atomic_bool joined;
    struct log_limit refused_log;
};

/* Behind the events that wait. Takes K. */
void kafka_member_push(struct kafka_member *m, struct kafka_event *k);
/* Forgets the events that wait and speak of positions: the assignment that they mean is over. */
void kafka_member_drop_positions(struct kafka_member *m);
void kafka_member_release(struct kafka_member *m); /* what was handed out */
void kafka_on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque);

/* Operations of source_ops; SELF is the member. */
void kafka_member_poll(void *self, int timeout_ms, struct source_event *ev);
int kafka_member_assign(void *self, const struct source_assign *a, size_t n, struct err *e);
int kafka_member_pause(void *self, const struct source_tp *tps, size_t n, struct err *e);
int kafka_member_resume(void *self, const struct source_tp *tps, size_t n, struct err *e);
void kafka_on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list, void *opaque);
/* Answers the rebalance that the poll before reported, if the caller did not. */
void kafka_member_acknowledge(struct kafka_member *m);
void kafka_member_forget_assigned(struct kafka_member *m);

int kafka_commit_start(struct kafka_member *m, const struct source_commit *c, size_t n, int wait_ms,
                       struct err *e) MUST_CHECK;
void kafka_commit_collect(struct kafka_member *m);         /* answers that are there become events */
void kafka_commit_give_up_waiting(struct kafka_member *m); /* those not sent yet: told as not committed */
void kafka_commit_drop_all(struct kafka_member *m);

#endif
