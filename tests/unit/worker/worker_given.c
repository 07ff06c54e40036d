/* unit/worker/worker_given.c - a hub, a clock that stands until it is moved, and a source that does as it is told. */
#include "worker_given.h"

#include <stdio.h>
#include <string.h>

#include <check.h>

#include "unit/config/given_env.h"

struct given_worker worker;

static const char topic[] = "t";

static int64_t read_mono(void *self) {
    struct given_worker *w = self;
    return w->mono_ms += w->look_ms;
}
static int64_t read_wall(void *self) { return ((struct given_worker *)self)->wall_ms; }

static uint64_t read_resident(void) { return worker.resident_bytes; }

static uint32_t read_partitions(void *self, uint32_t number) {
    return number == 0 ? ((struct given_worker *)self)->partitions : 0;
}

void given_hub(const char *const *entries) {
    memset(&worker, 0, sizeof worker);
    worker.config = must_load(entries);
    worker.metrics = metrics_create();
    worker.clock = (struct clock){read_wall, read_mono, &worker};
    worker.mono_ms = 1000000;
    worker.wall_ms = INT64_C(1795219680000);
    worker.partitions = SCRIPT_PARTITIONS;
    hub_init(&worker.hub, worker.config, &worker.clock, worker.metrics, read_partitions, &worker);
    worker.hub.resident_bytes = read_resident;
}

void worker_gone(void) {
    consumer_destroy(worker.consumer);
    worker.consumer = NULL;
    hub_deinit(&worker.hub);
    metrics_destroy(worker.metrics);
    config_destroy(worker.config);
}

/* -- the scripted source -- */

static void source_poll(void *self, int timeout_ms, struct source_event *ev) {
    struct scripted_source *s = self;
    if (s->polls_n++ == 0) s->polled_for_ms = timeout_ms;
    *ev = (struct source_event){.type = SOURCE_NOTHING};
    if (s->said_n == 0) return;
    *ev = s->said[0];
    memmove(s->said, s->said + 1, --s->said_n * sizeof *s->said);
}

static int source_assign(void *self, const struct source_assign *a, size_t n, struct err *e) {
    struct scripted_source *s = self;
    s->assigns_n++;
    if (s->assign_fails) return err_set(e, ERR_IO, "no");
    ck_assert_uint_le(n, SCRIPT_PARTITIONS);
    memcpy(s->assigned, a, n * sizeof *a);
    s->assigned_n = n;
    return 0;
}

static int source_pause(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    (void)tps, (void)n, (void)e;
    ((struct scripted_source *)self)->pauses_n++;
    return 0;
}

static int source_resume(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    (void)tps, (void)n, (void)e;
    ((struct scripted_source *)self)->resumes_n++;
    return 0;
}

static int source_nothing(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    (void)self, (void)tps, (void)n, (void)e;
    return 0;
}

static int source_commit(void *self, const struct source_commit *c, size_t n, int wait_ms, struct err *e) {
    struct scripted_source *s = self;
    (void)wait_ms, (void)e;
    ck_assert_uint_le(s->commits_n + n, SCRIPT_MAX);
    memcpy(s->commits + s->commits_n, c, n * sizeof *c);
    s->commits_n += n;
    return 0;
}

static int source_lookup(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    struct scripted_source *s = self;
    (void)tps, (void)n, (void)e;
    s->lookups_n++;
    return 0;
}

static int source_dead_letter(void *self, const struct source_dead_letter *d, struct err *e) {
    struct scripted_source *s = self;
    (void)d;
    s->letters_asked++;
    if (s->letters_full) return err_set(e, ERR_REFUSED, "full");
    s->letters_issued++;
    return 0;
}

static uint64_t source_letters_issued(void *self) { return ((struct scripted_source *)self)->letters_issued; }
static uint64_t source_letters_settled(void *self) { return ((struct scripted_source *)self)->letters_settled; }

void given_consumer(void) {
    static const struct source_ops ops = {.poll = source_poll,
                                          .assign = source_assign,
                                          .pause = source_pause,
                                          .resume = source_resume,
                                          .commit = source_commit,
                                          .lookup = source_lookup,
                                          .ask_ends = source_nothing,
                                          .dead_letter = source_dead_letter,
                                          .dead_letters_issued = source_letters_issued,
                                          .dead_letters_settled = source_letters_settled};
    worker.consumer = consumer_create(&worker.hub, 0, (struct source){&ops, &worker.source}, 1 << 24);
}

/* -- what is said -- */

static struct source_event *say(enum source_event_type type) {
    ck_assert_uint_lt(worker.source.said_n, SCRIPT_MAX);
    struct source_event *ev = &worker.source.said[worker.source.said_n++];
    *ev = (struct source_event){.type = type};
    return ev;
}

struct source_tp tp(int32_t partition) {
    return (struct source_tp){topic, partition};
}

void say_assigned(int32_t partitions) {
    struct source_event *ev = say(SOURCE_ASSIGN);
    for (int32_t i = 0; i < partitions; i++) worker.source.tps[i] = tp(i);
    ev->tps = worker.source.tps;
    ev->n = (size_t)partitions;
}

void say_revoked(bool lost) { say(SOURCE_REVOKE)->lost = lost; }

static struct source_lookup *say_lookup(int32_t partition, int64_t log_end) {
    struct source_event *ev = say(SOURCE_LOOKUP);
    struct source_lookup *l = &worker.source.lookup;
    *l = (struct source_lookup){.tp = tp(partition), .state = SOURCE_COMMIT_NONE, .log_end = log_end};
    ev->lookups = l;
    ev->n = 1;
    return l;
}

void say_commit_found(int32_t partition, int64_t offset, const char *metadata, int64_t log_end) {
    struct source_lookup *l = say_lookup(partition, log_end);
    l->state = SOURCE_COMMIT_FOUND;
    l->offset = offset;
    snprintf(l->metadata, sizeof l->metadata, "%s", metadata);
}

void say_no_commit(int32_t partition, int64_t log_end) { (void)say_lookup(partition, log_end); }

void say_records(int32_t partition, int64_t offset, const char *value, size_t n) {
    struct source_event *ev = say(SOURCE_RECORDS);
    struct scripted_source *source = &worker.source;
    ck_assert_uint_le(n, SCRIPT_MAX);
    if (source->records_n + n > SCRIPT_MAX) source->records_n = 0; /* said long ago */
    ev->records = &source->records[source->records_n];
    ev->n = n;
    for (size_t i = 0; i < n; i++)
        source->records[source->records_n++] = (struct source_record){.tp = tp(partition),
                                                                      .offset = offset + (int64_t)i,
                                                                      .time_ms = worker.wall_ms,
                                                                      .value = {value, strlen(value)}};
}

void say_record(int32_t partition, int64_t offset, const char *value) { say_records(partition, offset, value, 1); }

static void say_failure(enum source_event_type type, int32_t partition, int code, const char *why) {
    struct source_event *ev = say(type);
    ev->tp = tp(partition);
    err_set(&ev->error, code, "%s", why);
}

void say_position_lost(int32_t partition, const char *why) { say_failure(SOURCE_RESET, partition, ERR_IO, why); }
void say_error(int32_t partition, const char *why) { say_failure(SOURCE_ERROR, partition, ERR_IO, why); }
void say_damage(int32_t partition, const char *why) { say_failure(SOURCE_ERROR, partition, ERR_INVALID, why); }

void say_end(int32_t partition, int64_t log_end, int64_t high) {
    struct source_event *ev = say(SOURCE_ENDS);
    worker.source.end = (struct source_end){
        .tp = tp(partition), .ok = true, .wall_ms = worker.wall_ms, .log_end = log_end, .high_watermark = high};
    ev->ends = &worker.source.end;
    ev->n = 1;
}

static void say_commit_answered(bool ok) {
    struct source_event *ev = say(SOURCE_COMMITTED);
    ck_assert_uint_gt(worker.source.commits_n, 0);
    worker.source.answer = worker.source.commits[worker.source.commits_n - 1];
    worker.source.answer.ok = ok;
    ev->commits = &worker.source.answer;
    ev->n = 1;
}

void say_committed(void) { say_commit_answered(true); }
void say_commit_refused(void) { say_commit_answered(false); }

void step(void) {
    worker.source.polls_n = 0;
    do consumer_step(worker.consumer, STEP_WAIT_MS);
    while (worker.source.said_n > 0);
}

void step_after(int64_t ms) {
    worker.mono_ms += ms;
    worker.wall_ms += ms;
    step();
}

/* -- what the publisher would see -- */

struct mail *outbox_take(void) {
    return mailbox_take(&worker.hub.outbox, 0, 0);
}

struct mail *row_question(void) {
    struct mail *list = outbox_take(), *question = NULL;
    while (list != NULL) {
        struct mail *m = list;
        list = m->next;
        m->next = NULL;
        bool wanted = m->type == MAIL_JOIN;
        ck_assert(!wanted || question == NULL);
        if (wanted)
            question = m;
        else
            mail_free_all(m);
    }
    return question;
}

void answer_row_question(struct mail *question, uint64_t incarnation) {
    ck_assert_ptr_nonnull(question);
    mail_join_answer(question,
                     &(struct mail_join){.incarnation = incarnation, .closed = NO_MINUTE, .unsure_until = NO_MINUTE});
    ck_assert(mailbox_put(&worker.hub.consumers[0].inbox, question));
}

void given_running(void) {
    say_assigned(1);
    step();
    say_no_commit(0, 10);
    step_after(1000);
    answer_row_question(row_question(), 0);
    step_after(1000);
    say_committed();
    step();
    ck_assert_uint_eq(worker.source.commits_n, 1);
    mail_free_all(outbox_take());
}
