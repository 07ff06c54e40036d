/* unit/source/kafka_given.c - librdkafka's mock cluster, what is in it, and how to wait for a member. */
#include "kafka_given.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <check.h>

#include "base/log.h"
#include "base/mem.h"

static const char *mock_bootstraps(struct given *g) {
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    ck_assert(rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", text, sizeof text) == RD_KAFKA_CONF_OK);
    ck_assert(rd_kafka_conf_set(conf, "log_level", "3", text, sizeof text) == RD_KAFKA_CONF_OK);
    g->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    ck_assert_ptr_nonnull(g->producer);
    g->cluster = rd_kafka_handle_mock_cluster(g->producer);
    return rd_kafka_mock_cluster_bootstraps(g->cluster);
}

/* So that the first record does not wait for a timer of one second. */
static void know_topic(struct given *g, const char *name) {
    const struct rd_kafka_metadata *md;
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(g->producer, name, NULL);
    ck_assert_int_eq(rd_kafka_metadata(g->producer, 0, rkt, &md, KAFKA_GIVEN_MS), 0);
    rd_kafka_metadata_destroy(md);
    rd_kafka_topic_destroy(rkt);
}

void given_kafka(struct given *g) {
    memset(g, 0, sizeof *g);
    snprintf(g->brokers, sizeof g->brokers, "%s", mock_bootstraps(g));
    ck_assert_int_eq(rd_kafka_mock_topic_create(g->cluster, "events", 2, 1), 0);
    ck_assert_int_eq(rd_kafka_mock_topic_create(g->cluster, "rejected", 2, 1), 0);
    know_topic(g, "events");
    g->options.brokers = g->brokers;
    g->options.group = "board";
    g->options.topics[0] = "events";
    g->options.topics_n = 1;
    g->options.dead_letter_topic = "rejected";
    /* The mock throws out members whose session ends before its first join of 3 s does. */
    given_prop(g, "session.timeout.ms", "4000");
    given_prop(g, "reconnect.backoff.max.ms", "100");
    given_prop(g, "heartbeat.interval.ms", "200");
    g->metrics = metrics_create();
    log_set_level(LOG_ERROR);
}

void given_prop(struct given *g, const char *name, const char *value) {
    g->options.properties[g->options.properties_n++] = (struct kafka_property){name, value};
}

void given_shared(struct given *g) {
    struct err e;
    ck_assert_msg(kafka_shared_open(&g->options, &clock_system, g->metrics, &g->shared, &e) == 0, "%s", e.text);
}

void given_gone(struct given *g) {
    kafka_shared_close(g->shared);
    metrics_destroy(g->metrics);
    rd_kafka_destroy(g->producer);
}

struct source given_member(struct given *g) {
    struct source s;
    struct err e;
    ck_assert_msg(kafka_member_open(g->shared, KAFKA_GIVEN_QUEUE_BYTES, &s, &e) == 0, "%s", e.text);
    return s;
}

void given_records(struct given *g, int partition, int first, int n) {
    for (int i = first; i < first + n; i++) {
        char key[16], value[16];
        int key_n = snprintf(key, sizeof key, "k%d", i), value_n = snprintf(value, sizeof value, "%d", i);
        rd_kafka_vu_t v[] = {
            {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = "events"},
            {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition},
            {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
            {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {key, (size_t)key_n}},
            {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {value, (size_t)value_n}},
            {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = 1000 + i},
        };
        ck_assert_ptr_null(rd_kafka_produceva(g->producer, v, ARRAY_LEN(v)));
    }
    ck_assert_int_eq(rd_kafka_flush(g->producer, KAFKA_GIVEN_MS), 0);
}

void given_large_records(struct given *g, int partition, int n, size_t bytes) {
    void *zeros = mem_zalloc(1, bytes);
    for (int i = 0; i < n; i++) {
        rd_kafka_vu_t v[] = {
            {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = "events"},
            {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition},
            {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
            {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {zeros, bytes}},
        };
        ck_assert_ptr_null(rd_kafka_produceva(g->producer, v, ARRAY_LEN(v)));
    }
    mem_free(zeros);
    ck_assert_int_eq(rd_kafka_flush(g->producer, KAFKA_GIVEN_MS), 0);
}

/* Of the event that came last, what await_record has not given yet. */
static const struct source_record *unseen;
static size_t unseen_n;

void await_event(struct source *s, enum source_event_type type, struct source_event *ev) {
    unseen_n = 0;
    int64_t until = clock_mono_ms(&clock_system) + KAFKA_GIVEN_MS;
    do {
        s->ops->poll(s->self, 100, ev);
        if (ev->type == SOURCE_FATAL) ck_abort_msg("fatal: %s", ev->error.text);
        if (ev->type == type) return;
    } while (clock_mono_ms(&clock_system) < until);
    ck_abort_msg("no event of type %d", (int)type);
}

const struct source_record *await_record(struct source *s) {
    if (unseen_n == 0) {
        struct source_event ev;
        await_event(s, SOURCE_RECORDS, &ev);
        unseen = ev.records;
        unseen_n = ev.n;
    }
    unseen_n--;
    return unseen++;
}

int records_within(struct source *s, int ms) {
    int n = (int)unseen_n;
    int64_t until = clock_mono_ms(&clock_system) + ms;
    unseen_n = 0;
    for (int64_t left = ms; left > 0; left = until - clock_mono_ms(&clock_system)) {
        struct source_event ev;
        s->ops->poll(s->self, (int)left, &ev);
        if (ev.type == SOURCE_RECORDS) n += (int)ev.n;
    }
    return n;
}

static void rest_a_little(void) {
    struct timespec ten_ms = {0, 10000000};
    nanosleep(&ten_ms, NULL);
}

void await_why(struct given *g, const char *part) {
    char why[WHY_MAX] = "";
    int64_t until = clock_mono_ms(&clock_system) + KAFKA_GIVEN_MS;
    while (!kafka_shared_why(g->shared, why) || strstr(why, part) == NULL) {
        ck_assert_msg(clock_mono_ms(&clock_system) < until, "\"%s\" is not in \"%s\"", part, why);
        rest_a_little();
    }
}

void await_no_why(struct given *g) {
    char why[WHY_MAX];
    int64_t until = clock_mono_ms(&clock_system) + KAFKA_GIVEN_MS;
    while (kafka_shared_why(g->shared, why)) {
        ck_assert_msg(clock_mono_ms(&clock_system) < until, "%s", why);
        rest_a_little();
    }
}

struct looked_for {
    const char *name;
    struct kafka_topic_known found;
};

static void topic_look_at(void *self, const struct kafka_topic_known *topic) {
    struct looked_for *l = self;
    if (strcmp(topic->name, l->name) == 0) l->found = *topic;
}

struct kafka_topic_known known_topic(struct given *g, const char *name) {
    struct looked_for l = {.name = name};
    (void)kafka_shared_topics(g->shared, topic_look_at, &l);
    return l.found;
}

const char *events_topic(struct given *g) { return known_topic(g, "events").name; }

void assign_at(struct given *g, struct source *s, int partition, int64_t offset) {
    struct source_assign a = {{events_topic(g), partition}, offset};
    struct err e;
    unseen_n = 0;
    ck_assert_msg(s->ops->assign(s->self, &a, 1, &e) == 0, "%s", e.text);
}

void join_and_assign(struct source *s) {
    struct source_event ev;
    struct source_assign a[8];
    struct err e;
    await_event(s, SOURCE_ASSIGN, &ev);
    ck_assert_uint_le(ev.n, ARRAY_LEN(a));
    for (size_t i = 0; i < ev.n; i++) a[i] = (struct source_assign){ev.tps[i], 0};
    ck_assert_msg(s->ops->assign(s->self, a, ev.n, &e) == 0, "%s", e.text);
}
