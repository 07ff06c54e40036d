/* unit/loadgen/check_traffic.c - made-up events have the shares, times and flaws that were asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "decode/decoder.h"
#include "loadgen/badevent.h"
#include "loadgen/jsonfield.h"
#include "loadgen/places.h"
#include "loadgen/traffic.h"

/* A whole minute and a multiple of the spike's period below. */
static const int64_t NOW_MS = 1767225600000;

static struct traffic_config plain(uint64_t seed) {
    return (struct traffic_config){.seed = seed,
                                   .items = 1000,
                                   .locations = 10,
                                   .users = 100,
                                   .zipf_items = 1,
                                   .zipf_locations = 1,
                                   .late_ms = 300000,
                                   .future_ms = 240000,
                                   .bad_classes = BADEVENT_ALL};
}

static struct bytes field(const struct traffic_event *ev, const char *name) {
    struct bytes value;
    ck_assert(jsonfield_find(ev->text, name, &value));
    return jsonfield_text(value);
}

static bool equals(struct bytes a, const char *b) { return a.n == strlen(b) && memcmp(a.p, b, a.n) == 0; }

static uint32_t item_number(const struct traffic_event *ev) {
    struct bytes item = field(ev, "video_id");
    ck_assert_uint_ge(item.n, 2);
    ck_assert_int_eq(item.p[0], 'v');
    return (uint32_t)strtoul(item.p + 1, NULL, 10);
}

static int64_t time_of(const struct traffic_event *ev) {
    int64_t ms;
    ck_assert(jsonfield_time(field(ev, "ts"), &ms));
    return ms;
}

/* N events, one a millisecond, one a line. */
static struct buf stream_of(const struct traffic_config *c, int n) {
    struct traffic *t = traffic_create(c);
    struct buf out = {0};
    traffic_begin_late(t);
    for (int i = 0; i < n; i++) {
        struct traffic_event ev;
        traffic_next(t, NOW_MS + i, &ev);
        if (ev.text.p != NULL) buf_add(&out, ev.text.p, ev.text.n);
        buf_add_byte(&out, '\n');
    }
    traffic_destroy(t);
    return out;
}

static struct traffic_config everything(uint64_t seed) {
    struct traffic_config c = plain(seed);
    c.bad = c.late = c.future = .1;
    c.duplicates = .1;
    c.likes = .2;
    c.spike = .5;
    c.spike_every_ms = 1000;
    c.spike_ms = 250;
    return c;
}

START_TEST(the_same_seed_gives_the_same_events) {
    struct traffic_config c = everything(42);
    struct buf a = stream_of(&c, 5000), b = stream_of(&c, 5000);
    ck_assert_uint_eq(a.len, b.len);
    ck_assert_mem_eq(a.data, b.data, a.len);
    buf_free(&a);
    buf_free(&b);
}
END_TEST

START_TEST(another_seed_gives_other_events) {
    struct traffic_config one = plain(1), two = plain(2);
    struct buf a = stream_of(&one, 100), b = stream_of(&two, 100);
    ck_assert(a.len != b.len || memcmp(a.data, b.data, a.len) != 0);
    buf_free(&a);
    buf_free(&b);
}
END_TEST

START_TEST(an_event_looks_as_producers_send_it) {
    struct traffic_config c = plain(3);
    struct traffic *t = traffic_create(&c);
    struct traffic_event ev;
    traffic_next(t, NOW_MS, &ev);
    char expected[200];
    snprintf(expected, sizeof expected,
             "{\"video_id\":\"v%u\",\"location\":\"%.*s\",\"type\":\"view\",\"ts\":%lld,\"user_id\":\"%.*s\"}",
             item_number(&ev), (int)ev.location_name.n, ev.location_name.p, (long long)NOW_MS, (int)ev.user.n,
             ev.user.p);
    ck_assert_msg(equals(ev.text, expected), "%.*s", (int)ev.text.n, ev.text.p);
    traffic_destroy(t);
}
END_TEST

/* Goal: "permuted": in every location each item has exactly one rank. Method: exponent 0 draws all ranks alike, so
 * after 20 times the number of items hardly any (e^-20 each) is missing; a map that is not one to one would miss a
 * tenth of them and more. */
START_TEST(every_location_has_all_items) {
    static const uint32_t sizes[] = {1, 2, 97, 100, 360};
    struct traffic_config c = plain(4);
    c.items = sizes[_i];
    c.zipf_items = 0;
    c.locations = 1;
    bool seen[400] = {false};
    uint32_t distinct = 0;
    struct traffic *t = traffic_create(&c);
    for (uint32_t i = 0; i < 20 * c.items; i++) {
        struct traffic_event ev;
        traffic_next(t, NOW_MS, &ev);
        uint32_t item = item_number(&ev);
        ck_assert_uint_lt(item, c.items);
        distinct += !seen[item];
        seen[item] = true;
    }
    ck_assert_uint_eq(distinct, c.items);
    traffic_destroy(t);
}
END_TEST

START_TEST(locations_have_different_favourites) {
    struct traffic_config c = plain(5);
    enum { LOCATIONS = 4, ITEMS = 1000 };
    static int counts[LOCATIONS][ITEMS];
    c.locations = LOCATIONS;
    c.zipf_locations = 0;
    c.zipf_items = 1.5;
    memset(counts, 0, sizeof counts);
    struct traffic *t = traffic_create(&c);
    for (int i = 0; i < 20000; i++) {
        struct traffic_event ev;
        traffic_next(t, NOW_MS, &ev);
        counts[ev.location][item_number(&ev)]++;
    }
    int favourite[LOCATIONS] = {0};
    for (int l = 0; l < LOCATIONS; l++)
        for (int i = 0; i < ITEMS; i++)
            if (counts[l][i] > counts[l][favourite[l]]) favourite[l] = i;
    for (int l = 1; l < LOCATIONS; l++) ck_assert_int_ne(favourite[l], favourite[0]);
    traffic_destroy(t);
}
END_TEST

/* What the worker's own decoder makes of the event (future and late are the partition's to say: applied here). */
static enum event_outcome judged(const struct traffic_event *ev) {
    struct weights weights;
    ck_assert_int_eq(weights_parse("*=1,weightless=0", &weights, NULL), 0);
    static const struct time_zone utc = {.kind = TIME_ZONE_OFFSET};
    struct event_rules rules = {
        .fields = {"video_id", "location", "ts", "type"}, .weights = &weights, .zone = &utc, .has_global = false};
    struct event_batch batch;
    struct decoder *decoder = decoder_create(&rules);
    event_batch_init(&batch);
    decoder_decode(decoder, &(struct message){.value = ev->text, .time_ms = NOW_MS}, &batch);
    ck_assert_uint_eq(batch.n, 1);
    enum event_outcome o = batch.events[0].outcome;
    event_batch_deinit(&batch);
    decoder_destroy(decoder);
    return o;
}

START_TEST(bad_events_are_bad_as_announced) {
    struct traffic_config c = plain(6);
    c.bad = .8;
    struct traffic *t = traffic_create(&c);
    int seen[EVENT_OUTCOMES] = {0};
    for (int i = 0; i < 200; i++) {
        struct traffic_event ev;
        traffic_next(t, NOW_MS, &ev);
        enum event_outcome o = judged(&ev);
        ck_assert_msg(o == ev.outcome, "%.*s: announced %s, is %s", (int)ev.text.n, ev.text.p ? ev.text.p : "",
                      event_outcome_name(ev.outcome), event_outcome_name(o));
        seen[o]++;
    }
    for (int o = 0; o < EVENT_OUTCOMES; o++)
        if (BADEVENT_ALL & 1u << o) ck_assert_msg(seen[o] >= 4, "%s", event_outcome_name((enum event_outcome)o));
    traffic_destroy(t);
}
END_TEST

START_TEST(only_the_chosen_classes_come) {
    struct traffic_config c = plain(7);
    c.bad = 1;
    ck_assert(badevent_parse("bad_time,no_item", &c.bad_classes));
    struct traffic *t = traffic_create(&c);
    for (int i = 0; i < 20; i++) {
        struct traffic_event ev;
        traffic_next(t, NOW_MS, &ev);
        ck_assert_int_eq(ev.outcome, i % 2 == 0 ? EVENT_NO_ITEM : EVENT_BAD_TIME);
    }
    traffic_destroy(t);
}
END_TEST

START_TEST(class_lists_are_read_strictly) {
    uint32_t set;
    ck_assert(badevent_parse("all", &set) && set == BADEVENT_ALL);
    ck_assert(badevent_parse("malformed", &set) && set == 1u << EVENT_MALFORMED);
    static const char *const must_refuse[] = {"", "applied", "late", "bad", "malformed,", ",malformed", "Malformed"};
    for (size_t i = 0; i < ARRAY_LEN(must_refuse); i++)
        ck_assert_msg(!badevent_parse(must_refuse[i], &set), "%s", must_refuse[i]);
}
END_TEST

START_TEST(late_and_future_events_are_off_by_what_was_asked) {
    struct traffic_config c = plain(8);
    c.late = .3;
    c.future = .3;
    struct traffic *t = traffic_create(&c);
    traffic_begin_late(t);
    int seen[EVENT_OUTCOMES] = {0};
    for (int i = 0; i < 1000; i++) {
        struct traffic_event ev;
        traffic_next(t, NOW_MS, &ev);
        int64_t expected = ev.outcome == EVENT_LATE ? -c.late_ms : ev.outcome == EVENT_FUTURE ? c.future_ms : 0;
        ck_assert_int_eq(time_of(&ev) - NOW_MS, expected);
        seen[ev.outcome]++;
    }
    ck_assert_int_gt(seen[EVENT_LATE], 200);
    ck_assert_int_gt(seen[EVENT_FUTURE], 200);
    ck_assert_int_gt(seen[EVENT_APPLIED], 300);
    traffic_destroy(t);
}
END_TEST

START_TEST(no_event_is_late_before_late_ones_begin) {
    struct traffic_config c = plain(8);
    c.late = .5;
    struct traffic *t = traffic_create(&c);
    int late = 0;
    for (int i = 0; i < 2000; i++) {
        struct traffic_event ev;
        if (i == 1000) traffic_begin_late(t);
        traffic_next(t, NOW_MS, &ev);
        if (i < 1000) ck_assert_int_eq(ev.outcome, EVENT_APPLIED);
        if (i < 1000) ck_assert_int_eq(time_of(&ev), NOW_MS);
        late += ev.outcome == EVENT_LATE;
    }
    ck_assert_int_gt(late, 400);
    traffic_destroy(t);
}
END_TEST

START_TEST(a_duplicate_repeats_the_event_before_it) {
    struct traffic_config c = plain(9);
    c.duplicates = .5;
    struct traffic *t = traffic_create(&c);
    struct buf before = {0};
    int copies = 0;
    for (int i = 0; i < 1000; i++) {
        struct traffic_event ev;
        traffic_next(t, NOW_MS + i, &ev);
        if (ev.copy) {
            ck_assert(equals(ev.text, buf_text(&before)));
            copies++;
        }
        buf_clear(&before);
        buf_add(&before, ev.text.p, ev.text.n);
    }
    ck_assert_int_gt(copies, 250); /* half of two thirds */
    ck_assert_int_lt(copies, 400);
    buf_free(&before);
    traffic_destroy(t);
}
END_TEST

/* How many of 2000 events at CLOCK_MS are the one that is seen most. */
static int most_seen(struct traffic *t, int64_t clock_ms, uint32_t *item) {
    static int counts[1000];
    memset(counts, 0, sizeof counts);
    for (int i = 0; i < 2000; i++) {
        struct traffic_event ev;
        traffic_next(t, clock_ms, &ev);
        counts[item_number(&ev)]++;
    }
    *item = 0;
    for (uint32_t i = 0; i < 1000; i++)
        if (counts[i] > counts[*item]) *item = i;
    return counts[*item];
}

START_TEST(a_spike_lifts_one_item_for_a_while_and_then_another) {
    struct traffic_config c = plain(10);
    c.zipf_items = 0;
    c.spike = .5;
    c.spike_every_ms = 60000;
    c.spike_ms = 15000;
    struct traffic *t = traffic_create(&c);
    uint32_t first, second, none;
    ck_assert_int_gt(most_seen(t, NOW_MS, &first), 800);
    ck_assert_int_lt(most_seen(t, NOW_MS + 15000, &none), 100);
    ck_assert_int_gt(most_seen(t, NOW_MS + 60000 + 14999, &second), 800);
    ck_assert_uint_ne(first, second);
    traffic_destroy(t);
}
END_TEST

Suite *traffic_suite(void);

Suite *traffic_suite(void) {
    Suite *s = suite_create("traffic");
    TCase *c = tcase_create("events");
    tcase_add_test(c, the_same_seed_gives_the_same_events);
    tcase_add_test(c, another_seed_gives_other_events);
    tcase_add_test(c, an_event_looks_as_producers_send_it);
    tcase_add_loop_test(c, every_location_has_all_items, 0, 5);
    tcase_add_test(c, locations_have_different_favourites);
    tcase_add_test(c, bad_events_are_bad_as_announced);
    tcase_add_test(c, only_the_chosen_classes_come);
    tcase_add_test(c, class_lists_are_read_strictly);
    tcase_add_test(c, late_and_future_events_are_off_by_what_was_asked);
    tcase_add_test(c, no_event_is_late_before_late_ones_begin);
    tcase_add_test(c, a_duplicate_repeats_the_event_before_it);
    tcase_add_test(c, a_spike_lifts_one_item_for_a_while_and_then_another);
    suite_add_tcase(s, c);
    return s;
}
