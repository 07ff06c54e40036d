/* unit/loadgen/check_batcher.c - which events go out together, when, and under which key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/buf.h"
#include "loadgen/batcher.h"

/* What was sent, one message a line: "key|value|time|applied/malformed/tombstone/copies". */
static struct buf sent;

static void note(void *self, const struct message *m) {
    (void)self;
    buf_addf(&sent, "%.*s|", m->key.p ? (int)m->key.n : 1, m->key.p ? m->key.p : "-");
    for (size_t i = 0; i < m->value.n; i++)
        buf_add_byte(&sent, m->value.p[i] == '\n' ? ';' : (unsigned char)m->value.p[i]);
    const uint32_t *o = m->tally.outcomes;
    buf_addf(&sent, "%s|%lld|%u/%u/%u/%u\n", m->value.p ? "" : "null", (long long)m->time_ms, o[EVENT_APPLIED],
             o[EVENT_MALFORMED], o[EVENT_TOMBSTONE], m->tally.copies);
}

static struct batcher *batcher_of(uint32_t events, enum batch_shape shape) {
    buf_clear(&sent);
    return batcher_create(&(struct batcher_config){.events = events, .slots = 2, .wait_ms = 1000, .shape = shape},
                          (struct outlet){note, NULL});
}

static struct bytes text(const char *s) { return (struct bytes){s, s ? strlen(s) : 0}; }

static void add(struct batcher *b, uint32_t slot, const char *key, const char *value, int64_t clock_ms,
                enum event_outcome outcome) {
    batcher_add(b, &(struct batch_event){text(value), text(key), slot, clock_ms, outcome, false});
}

static void expect_and_destroy(struct batcher *b, const char *expected) {
    batcher_flush(b);
    ck_assert_str_eq(buf_text(&sent), expected);
    batcher_destroy(b);
    buf_free(&sent);
}

START_TEST(lines_fill_a_message_with_the_largest_time) {
    struct batcher *b = batcher_of(2, BATCH_LINES);
    add(b, 0, NULL, "a", 10, EVENT_APPLIED);
    add(b, 0, NULL, "b", 7, EVENT_MALFORMED);
    add(b, 0, NULL, "c", 11, EVENT_APPLIED);
    expect_and_destroy(b, "-|a;b|10|1/1/0/0\n-|c|11|1/0/0/0\n");
}
END_TEST

START_TEST(arrays_have_brackets_and_commas) {
    struct batcher *b = batcher_of(3, BATCH_ARRAY);
    for (int i = 0; i < 4; i++) add(b, 0, NULL, "{}", i, EVENT_APPLIED);
    expect_and_destroy(b, "-|[{},{},{}]|2|3/0/0/0\n-|[{}]|3|1/0/0/0\n");
}
END_TEST

START_TEST(tombstones_and_spoilt_elements_go_alone) {
    struct batcher *b = batcher_of(3, BATCH_ARRAY);
    add(b, 0, "k", "{}", 1, EVENT_APPLIED);
    add(b, 0, "k", NULL, 2, EVENT_TOMBSTONE);
    add(b, 0, "k", "{", 3, EVENT_MALFORMED);
    expect_and_destroy(b, "k|null|2|0/0/1/0\nk|{|3|0/1/0/0\nk|[{}]|1|1/0/0/0\n");
}
END_TEST

START_TEST(a_message_waits_no_longer_than_it_may) {
    struct batcher *b = batcher_of(100, BATCH_LINES);
    add(b, 1, NULL, "rare", 5, EVENT_APPLIED);
    add(b, 0, NULL, "a", 500, EVENT_APPLIED);
    add(b, 0, NULL, "b", 1400, EVENT_APPLIED);
    add(b, 0, NULL, "c", 1700, EVENT_APPLIED);
    expect_and_destroy(b, "-|rare|5|1/0/0/0\n-|a;b|1400|2/0/0/0\n-|c|1700|1/0/0/0\n");
}
END_TEST

START_TEST(a_message_has_one_key) {
    struct batcher *b = batcher_of(100, BATCH_LINES);
    add(b, 0, "x", "a", 1, EVENT_APPLIED);
    add(b, 0, "x", "b", 1, EVENT_APPLIED);
    add(b, 0, "y", "c", 1, EVENT_APPLIED);
    add(b, 0, NULL, "d", 1, EVENT_APPLIED);
    add(b, 0, "", "e", 1, EVENT_APPLIED);
    expect_and_destroy(b, "x|a;b|1|2/0/0/0\ny|c|1|1/0/0/0\n-|d|1|1/0/0/0\n|e|1|1/0/0/0\n");
}
END_TEST

START_TEST(slots_fill_side_by_side) {
    struct batcher *b = batcher_of(2, BATCH_LINES);
    add(b, 0, "x", "a", 1, EVENT_APPLIED);
    add(b, 1, "y", "b", 1, EVENT_APPLIED);
    add(b, 0, "x", "c", 1, EVENT_APPLIED);
    add(b, 1, "y", "d", 1, EVENT_APPLIED);
    expect_and_destroy(b, "x|a;c|1|2/0/0/0\ny|b;d|1|2/0/0/0\n");
}
END_TEST

START_TEST(copies_are_tallied) {
    struct batcher *b = batcher_of(5, BATCH_LINES);
    add(b, 0, NULL, "a", 1, EVENT_APPLIED);
    batcher_add(b, &(struct batch_event){text("a"), {NULL, 0}, 0, 1, EVENT_APPLIED, true});
    expect_and_destroy(b, "-|a;a|1|2/0/0/1\n");
}
END_TEST

static size_t longest, messages;
static void measure(void *self, const struct message *m) {
    (void)self;
    messages++;
    if (m->value.n > longest) longest = m->value.n;
}

START_TEST(a_message_stays_below_what_kafka_takes) {
    struct batcher *b = batcher_create(
        &(struct batcher_config){.events = BATCHER_EVENTS_MAX, .slots = 1, .wait_ms = 1000, .shape = BATCH_ARRAY},
        (struct outlet){measure, NULL});
    char event[1000];
    memset(event, 'x', sizeof event);
    longest = messages = 0;
    for (int i = 0; i < 2000; i++)
        batcher_add(b, &(struct batch_event){{event, sizeof event}, {NULL, 0}, 0, 1, EVENT_APPLIED, false});
    batcher_flush(b);
    ck_assert_uint_eq(messages, 3);
    ck_assert_uint_le(longest, BATCHER_MESSAGE_BYTES);
    batcher_destroy(b);
}
END_TEST

static char first_key[64];
static void collect_key(void *self, const struct message *m) {
    size_t *keys = self;
    ck_assert_uint_eq(m->key.n, 16);
    if ((*keys)++ == 0)
        memcpy(first_key, m->key.p, 16);
    else
        ck_assert(memcmp(first_key, m->key.p, 16) != 0);
}

START_TEST(random_keys_differ_and_repeat_with_the_seed) {
    char keys_of_run[2][16];
    for (int run = 0; run < 2; run++) {
        size_t keys = 0;
        struct batcher *b = batcher_create(
            &(struct batcher_config){.events = 1, .slots = 1, .wait_ms = 1, .random_keys = true, .seed = 9},
            (struct outlet){collect_key, &keys});
        for (int i = 0; i < 10; i++) add(b, 0, NULL, "a", i, EVENT_APPLIED);
        ck_assert_uint_eq(keys, 10);
        memcpy(keys_of_run[run], first_key, 16);
        batcher_destroy(b);
    }
    ck_assert_mem_eq(keys_of_run[0], keys_of_run[1], 16);
}
END_TEST

Suite *batcher_suite(void);

Suite *batcher_suite(void) {
    Suite *s = suite_create("batcher");
    TCase *c = tcase_create("messages");
    tcase_add_test(c, lines_fill_a_message_with_the_largest_time);
    tcase_add_test(c, arrays_have_brackets_and_commas);
    tcase_add_test(c, tombstones_and_spoilt_elements_go_alone);
    tcase_add_test(c, a_message_waits_no_longer_than_it_may);
    tcase_add_test(c, a_message_has_one_key);
    tcase_add_test(c, slots_fill_side_by_side);
    tcase_add_test(c, copies_are_tallied);
    tcase_add_test(c, a_message_stays_below_what_kafka_takes);
    tcase_add_test(c, random_keys_differ_and_repeat_with_the_seed);
    suite_add_tcase(s, c);
    return s;
}
