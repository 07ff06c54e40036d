/* unit/consumer/consumer_given.c - the Kafka that says what it is told to, and the consumer that hears it. */
#include "unit/consumer/consumer_given.h"

#include <stdio.h>
#include <string.h>

#include <check.h>

#include "base/mem.h"
#include "protocol/commit.h"

struct given_kafka kafka;
struct consumer *consumer;

static const struct source_tp the_partition = {"t", 0};

/* -- the source -- */

static bool first_poll; /* of this step */

static void source_poll(void *self, int timeout_ms, struct source_event *ev) {
    struct given_kafka *k = self;
    if (first_poll) k->first_wait_ms = timeout_ms;
    first_poll = false;
    *ev = (struct source_event){.type = SOURCE_NOTHING};
    if (k->said_n == 0) return;
    *ev = k->said[0];
    memmove(k->said, k->said + 1, --k->said_n * sizeof *k->said);
}

static int source_assign(void *self, const struct source_assign *a, size_t n, struct err *e) {
    struct given_kafka *k = self;
    k->assigns.times++;
    if (k->refuses_assign) return err_set(e, ERR_IO, "no");
    ck_assert_uint_le(n, 1);
    k->read_from = n == 0 ? -1 : a[0].offset;
    if (n > 0) k->next_offset = a[0].offset;
    return 0;
}

static int source_pause(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    (void)tps, (void)n, (void)e;
    ((struct given_kafka *)self)->pauses.times++;
    return 0;
}

static int source_resume(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    (void)tps, (void)n, (void)e;
    ((struct given_kafka *)self)->resumes.times++;
    return 0;
}

static int source_commit(void *self, const struct source_commit *c, size_t n, int wait_ms, struct err *e) {
    struct given_kafka *k = self;
    (void)wait_ms, (void)e;
    ck_assert_uint_eq(n, 1);
    k->last_commit = c[0];
    k->commits.times++;
    return 0;
}

static int source_lookup(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    (void)tps, (void)n, (void)e;
    ((struct given_kafka *)self)->lookups.times++;
    return 0;
}

static int source_ask_ends(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    (void)self, (void)tps, (void)n, (void)e;
    return 0;
}

static int source_dead_letter(void *self, const struct source_dead_letter *d, struct err *e) {
    struct given_kafka *k = self;
    (void)d;
    k->dead_letters_tried.times++;
    if (k->dead_letter_queue_full) return err_set(e, ERR_REFUSED, "full");
    k->dead_letters.times++;
    return 0;
}

static uint64_t source_dead_letters_issued(void *self) { return ((struct given_kafka *)self)->dead_letters.times; }
static uint64_t source_dead_letters_settled(void *self) { return ((struct given_kafka *)self)->dead_letters_delivered; }

/* -- beginnings -- */

void given_consumer(const char *const *entries) {
    static const struct source_ops ops = {.poll = source_poll,
                                          .assign = source_assign,
                                          .pause = source_pause,
                                          .resume = source_resume,
                                          .commit = source_commit,
                                          .lookup = source_lookup,
                                          .ask_ends = source_ask_ends,
                                          .dead_letter = source_dead_letter,
                                          .dead_letters_issued = source_dead_letters_issued,
                                          .dead_letters_settled = source_dead_letters_settled};
    kafka = (struct given_kafka){.read_from = -1, .tp = the_partition};
    given_hub(entries);
    consumer = consumer_create(&worker.hub, 0, (struct source){&ops, &kafka}, 1 << 24);
}

void usual_consumer(void) {
    given_consumer((const char *const[]){"TOPICS=t", "THREADS=1", "PUBLISH_INTERVAL=1s", "CHECKPOINT_INTERVAL=5s",
                                         "DLQ_TOPIC=dead", "READY_AGE=30s", NULL});
}

void consumer_gone(void) {
    consumer_destroy(consumer);
    worker_gone();
}

void given_new_partition(void) {
    kafka_assigns();
    step();
    kafka_finds_no_commit();
    step();
}

void given_running_partition(void) {
    given_new_partition();
    tick();
    publisher_finds_row(row_question(), NO_ROW);
    tick();
    kafka_takes_commit();
    step();
    expect_commit_at(0);
    mail_free_all(outbox_pick(MAIL_COPY));
    (void)lookups_asked();
    (void)assigns_tried();
}

int64_t last_record_ms;

void given_applied_records(void) {
    usual_consumer();
    given_running_partition();
    last_record_ms = worker.wall_ms;
    kafka_brings_many(VIEW, APPLIED);
    step();
    checkpoint();
    kafka_takes_commit();
    step();
    expect_commit_at(APPLIED);
}

/* -- what Kafka says -- */

static struct source_event *kafka_says(enum source_event_type type) {
    ck_assert_uint_lt(kafka.said_n, SAID_MAX);
    struct source_event *ev = &kafka.said[kafka.said_n++];
    *ev = (struct source_event){.type = type, .tp = the_partition, .n = 1};
    return ev;
}

void kafka_assigns(void) { kafka_says(SOURCE_ASSIGN)->tps = &kafka.tp; }
void kafka_assigns_nothing(void) { kafka_says(SOURCE_ASSIGN)->n = 0; }
void kafka_revokes(void) { kafka_says(SOURCE_REVOKE); }
void kafka_takes_away(void) { kafka_says(SOURCE_REVOKE)->lost = true; }

void partition_goes(enum way_to_go how) {
    if (how == REVOKED)
        kafka_revokes();
    else
        kafka_takes_away();
}

static struct source_lookup *kafka_looks_up(enum source_commit_state state) {
    kafka.lookup = (struct source_lookup){.tp = the_partition, .state = state, .log_end = LOG_END};
    kafka_says(SOURCE_LOOKUP)->lookups = &kafka.lookup;
    return &kafka.lookup;
}

void kafka_finds_no_commit(void) { (void)kafka_looks_up(SOURCE_COMMIT_NONE); }
void kafka_fails_to_look_up(void) { (void)kafka_looks_up(SOURCE_COMMIT_FAILED); }

static void metadata_make(const struct commit_found *found, char out[COMMIT_META_BYTES_MAX]) {
    struct commit_meta m = {.incarnation = found->incarnation != 0 ? found->incarnation : ITS_ROW,
                            .meaning = worker.hub.rules.meaning + (found->other_meaning ? 1 : 0),
                            .older_until = NO_MINUTE,
                            .unsure_until = NO_MINUTE,
                            .rewind = found->rewind,
                            .rewind_log_time_ms = TIME_NEVER,
                            .frontier_log_time_ms = TIME_NEVER,
                            .settled = NO_MINUTE,
                            .anchor = {found->has_anchor, found->has_anchor ? found->rewind - 1 : -1, 1, 1}};
    commit_meta_format(&m, out);
}

void kafka_finds_commit(struct commit_found found) {
    char made[COMMIT_META_BYTES_MAX];
    struct source_lookup *l = kafka_looks_up(SOURCE_COMMIT_FOUND);
    metadata_make(&found, made);
    snprintf(l->metadata, sizeof l->metadata, "%s", found.metadata != NULL ? found.metadata : made);
    l->offset = found.offset;
    l->log_start = found.log_start;
    if (found.log_end != 0) l->log_end = found.log_end;
}

void kafka_finds_own_commit(int64_t log_end) {
    kafka_finds_commit((struct commit_found){
        .offset = kafka.last_commit.offset, .metadata = kafka.last_commit.metadata, .log_end = log_end});
}

static void records_come(const char *value, size_t n, int64_t time_ms) {
    struct source_event *ev = kafka_says(SOURCE_RECORDS);
    ck_assert_uint_le(n, SAID_MAX);
    if (kafka.records_n + n > SAID_MAX) kafka.records_n = 0; /* heard long ago */
    ev->records = &kafka.records[kafka.records_n];
    ev->n = n;
    for (size_t i = 0; i < n; i++)
        kafka.records[kafka.records_n++] = (struct source_record){
            .tp = the_partition, .offset = kafka.next_offset++, .time_ms = time_ms, .value = {value, strlen(value)}};
}

void kafka_brings_many(const char *value, size_t n) { records_come(value, n, worker.wall_ms); }
void kafka_brings_of(int64_t time_ms, const char *value) { records_come(value, 1, time_ms); }
void kafka_brings(const char *value) { records_come(value, 1, worker.wall_ms); }

static void kafka_fails(enum source_event_type type, int code, const char *why) {
    err_set(&kafka_says(type)->error, code, "%s", why);
}

void kafka_denies_position(void) { kafka_fails(SOURCE_RESET, ERR_IO, "offset out of range"); }
void kafka_cannot_read(const char *why) { kafka_fails(SOURCE_ERROR, ERR_IO, why); }
void kafka_finds_damage(void) { kafka_fails(SOURCE_ERROR, ERR_INVALID, "MessageSet failed CRC32C check"); }

void kafka_tells_end(struct log_end end) {
    kafka.end = (struct source_end){.tp = the_partition,
                                    .ok = true,
                                    .wall_ms = worker.wall_ms,
                                    .log_end = end.readable,
                                    .high_watermark = end.high_watermark};
    kafka_says(SOURCE_ENDS)->ends = &kafka.end;
}

static void commit_answered(bool ok) {
    ck_assert_uint_gt(kafka.commits.times, 0);
    kafka.answer = kafka.last_commit;
    kafka.answer.ok = ok;
    kafka_says(SOURCE_COMMITTED)->commits = &kafka.answer;
}

void kafka_takes_commit(void) { commit_answered(true); }
void kafka_refuses_commit(void) { commit_answered(false); }

/* -- time -- */

void step(void) {
    first_poll = true;
    do consumer_step(consumer, STEP_WAIT_MS);
    while (kafka.said_n > 0);
}

void step_after(int64_t ms) {
    worker.mono_ms += ms;
    worker.wall_ms += ms;
    step();
}

void tick(void) { step_after(TICK_MS); }
void checkpoint(void) { step_after(CHECKPOINT_MS); }

/* -- what Kafka was asked since -- */

static size_t since(struct count *c) {
    size_t times = c->times - c->times_told;
    c->times_told = c->times;
    return times;
}

size_t assigns_tried(void) { return since(&kafka.assigns); }
size_t lookups_asked(void) { return since(&kafka.lookups); }
size_t commits_sent(void) { return since(&kafka.commits); }
size_t pauses_asked(void) { return since(&kafka.pauses); }
size_t resumes_asked(void) { return since(&kafka.resumes); }
size_t dead_letters_sent(void) { return since(&kafka.dead_letters); }
size_t dead_letters_tried(void) { return since(&kafka.dead_letters_tried); }

void expect_read_from(int64_t offset) { ck_assert_int_eq(kafka.read_from, offset); }
void expect_nothing_is_read(void) { ck_assert_int_eq(kafka.read_from, -1); }

void expect_commit_at(int64_t offset) {
    ck_assert_uint_eq(commits_sent(), 1);
    ck_assert_int_eq(kafka.last_commit.offset, offset);
}

void expect_no_commit(void) { ck_assert_uint_eq(commits_sent(), 0); }

/* -- the publisher -- */

static struct mail *mail_empty(enum mail_type type) {
    return mail_create(type, (struct bytes){NULL, 0}, (struct bytes){NULL, 0});
}

static struct mail *mail_take_first(struct mail **list) {
    struct mail *m = *list;
    *list = m->next;
    m->next = NULL;
    return m;
}

struct mail *outbox_pick(enum mail_type type) {
    struct mail *list = mailbox_take(&worker.hub.outbox, 0, 0), *picked = NULL, **tail = &picked;
    while (list != NULL) {
        struct mail *m = mail_take_first(&list);
        if (m->type != type) {
            mail_free_all(m);
            continue;
        }
        *tail = m;
        tail = &m->next;
    }
    return picked;
}

size_t outbox_count(enum mail_type type) {
    struct mail *list = outbox_pick(type);
    size_t n = 0;
    for (const struct mail *m = list; m != NULL; m = m->next) n++;
    mail_free_all(list);
    return n;
}

void outbox_fill(void) {
    char *body = mem_zalloc(HUB_QUEUE_BYTES_MAX, 1);
    struct bytes nothing = {NULL, 0}, all = {body, HUB_QUEUE_BYTES_MAX};
    mail_free_all(outbox_pick(MAIL_COPY));
    ck_assert(mailbox_put(&worker.hub.outbox, mail_create(MAIL_BROKEN, nothing, all)));
    mem_free(body);
}

void publisher_answers(struct mail *list) {
    while (list != NULL) ck_assert(mailbox_put(&worker.hub.consumers[0].inbox, mail_take_first(&list)));
}

void publisher_loses_connection(void) { publisher_answers(mail_empty(MAIL_BROKEN)); }

struct mail *row_question(void) {
    struct mail *question = outbox_pick(MAIL_JOIN);
    ck_assert(question == NULL || question->next == NULL);
    return question;
}

void publisher_finds_row(struct mail *question, uint64_t incarnation) {
    ck_assert_ptr_nonnull(question);
    mail_join_answer(question, &(struct mail_join){
                                   .incarnation = incarnation, .closable_until = NO_MINUTE, .unsure_until = NO_MINUTE});
    publisher_answers(question);
}

/* -- the consumer -- */

struct assignment *partition_0(void) {
    return assignment_find(consumer, the_partition);
}

struct partition_view partition_0_view(void) {
    struct partition_view v;
    ck_assert_ptr_nonnull(partition_0()->memory);
    partition_look(partition_0()->memory, &v);
    return v;
}

double shown(enum metric_id id, const char *labels) { return metric_value(metrics_get(worker.metrics, id, labels)); }
