/* unit/decode/check_json_same.c - nobody reads a message in two ways.
 * Goal: what is said of a message depends neither on the code that reads it nor on what was read before.
 * Method: every file of the corpus, messages from seeds by rules from seeds, and the ends of what UTF-8 allows, are
 * read by all that support/decoders.h names. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "decode_given.h"
#include "decode_random.h"
#include "decode_same.h"

#define CORPUS "tests/data/events" /* from the top of the repository, where make runs */

enum { SEEDS = 8, RULES_A_SEED = 100, MESSAGES = 60 };

/* -- the corpus -- */

/* Each finds something in the files. */
static const struct event_rules corpus_rules[] = {
    {.fields = {"video_id", "location", "ts", "type", "", "user_id"}, .has_global = true},
    {.fields = {"/data/video_id", "/data/location", "/time", "/type", "", "id"}},
    {.fields = {"/items/0/id", "location", "/items/1/ts", "/items/1", "", ""}, .has_global = true},
    {.fields = {"video_id", "^/context/country", "ts", "type", "", "id"}, .events_at = "/events"},
};

static void file_is_judged_alike(struct decoders *d, const char *name) {
    char path[512];
    snprintf(path, sizeof path, CORPUS "/%s", name);
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s cannot be read", path);
    struct buf b = {0};
    for (size_t got = 1; got > 0; b.len += got) got = fread(buf_reserve(&b, 4096), 1, 4096, f);
    fclose(f);
    expect_same(d, b.data, b.len);
    buf_free(&b);
}

START_TEST(every_file_of_the_corpus_is_judged_alike) {
    struct event_rules rules = corpus_rules[_i];
    rules.weights = given_weights("view=1,like=4,skip=0,*=2");
    rules.zone = given_zone("UTC");
    struct decoders *d = decoders_create(&rules);
    DIR *dir = opendir(CORPUS);
    ck_assert_msg(dir != NULL, "no folder " CORPUS ": run from the top of the repository");
    int files = 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (e->d_name[0] == '.') continue;
        file_is_judged_alike(d, e->d_name);
        files++;
    }
    closedir(dir);
    ck_assert_int_gt(files, 100);
    decoders_destroy(d);
}
END_TEST

/* -- random messages -- */

/* How often something of worth was seen. */
struct seen {
    int messages, applied, by_jansson;
};

static void see(struct seen *seen, const struct decoders *d) {
    const struct event_batch *b = decoders_said(d);
    bool applied = false;
    for (size_t i = 0; i < b->n; i++) applied = applied || b->events[i].outcome == EVENT_APPLIED;
    seen->messages++;
    seen->applied += applied;
    seen->by_jansson += decoders_jansson_spoke(d);
}

/* The test would say little if most messages were rubbish to all, or nothing to jansson. */
static void expect_seen_enough(const struct seen *seen) {
    ck_assert_msg(seen->applied > seen->messages / 8, "%d of %d applied", seen->applied, seen->messages);
    ck_assert_msg(seen->by_jansson > seen->messages / 50, "%d of %d jansson's", seen->by_jansson, seen->messages);
}

/* One message in three is spoilt. */
static void random_messages_by(const struct event_rules *rules, struct decode_random *r, struct seen *seen) {
    struct decoders *d = decoders_create(rules);
    struct producer producer;
    struct buf b = {0};
    producer_init(&producer, r, rules);
    for (int i = 0; i < MESSAGES; i++) {
        buf_clear(&b);
        producer_write(&producer, &b);
        if (i % 3 == 0) decode_random_spoil(r, &b);
        struct message m = decode_random_message(r, (struct bytes){b.data, b.len});
        expect_same_message(d, &m);
        see(seen, d);
    }
    buf_free(&b);
    decoders_destroy(d);
}

static struct decode_random seed_of(int number) {
    return (struct decode_random){UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(number + 1)};
}

START_TEST(random_messages_are_judged_alike_by_random_rules) {
    struct decode_random r = seed_of(_i);
    struct seen seen = {0};
    for (int i = 0; i < RULES_A_SEED; i++) {
        struct event_rules rules;
        decode_random_rules(&r, &rules);
        random_messages_by(&rules, &r, &seen);
    }
    expect_seen_enough(&seen);
}
END_TEST

START_TEST(random_messages_are_judged_alike_by_usual_rules) {
    struct decode_random r = seed_of(100 + _i);
    struct seen seen = {0};
    struct event_rules rules = same_rules();
    for (int i = 0; i < RULES_A_SEED; i++) random_messages_by(&rules, &r, &seen);
    expect_seen_enough(&seen);
}
END_TEST

/* What was learnt is what the message itself shows; then it is spoilt again and again. */
START_TEST(messages_almost_like_one_before_are_judged_alike) {
    struct decode_random r = seed_of(200 + _i);
    struct buf b = {0};
    for (int i = 0; i < RULES_A_SEED * 2; i++) {
        struct event_rules rules;
        struct producer producer;
        decode_random_rules(&r, &rules);
        producer_init(&producer, &r, &rules);
        struct decoders *d = decoders_create(&rules);
        for (int k = 0; k < 8; k++) {
            buf_clear(&b);
            producer_write(&producer, &b);
            decoders_forget(d);
            for (int spoilt = 0; spoilt < 6; spoilt++) {
                struct message m = decode_random_message(&r, (struct bytes){b.data, b.len});
                expect_same_message(d, &m);
                decode_random_spoil(&r, &b);
            }
        }
        decoders_destroy(d);
    }
    buf_free(&b);
}
END_TEST

/* -- texts -- */

/* Every first byte with the ends of every range that a following byte can have to be in. */
START_TEST(utf8_is_judged_alike) {
    static const unsigned char next[] = {0x22, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    struct event_rules rules = same_rules();
    struct decoders *d = decoders_create(&rules);
    char text[64];
    enum { N = ARRAY_LEN(next) };
    for (int first = 0x80; first <= 0xff; first++)
        for (size_t i = 0; i < (first < 0xe0 ? N : first < 0xf0 ? N * N : N * N * N); i++) {
            int n = sprintf(text, "{\"video_id\":\"%c%c%c%c\",\"x\":7,\"ts\":1}", first, next[i % N], next[i / N % N],
                            next[i / N / N % N]);
            expect_same(d, text, (size_t)n);
        }
    decoders_destroy(d);
}
END_TEST

Suite *json_same_suite(void);
Suite *json_same_suite(void) {
    Suite *s = suite_create("json_same");
    TCase *c = tcase_create("same");
    tcase_set_timeout(c, 300); /* under a sanitizer, on a busy machine */
    tcase_add_loop_test(c, every_file_of_the_corpus_is_judged_alike, 0, ARRAY_LEN(corpus_rules));
    tcase_add_loop_test(c, random_messages_are_judged_alike_by_random_rules, 0, SEEDS);
    tcase_add_loop_test(c, random_messages_are_judged_alike_by_usual_rules, 0, SEEDS);
    tcase_add_loop_test(c, messages_almost_like_one_before_are_judged_alike, 0, SEEDS);
    tcase_add_test(c, utf8_is_judged_alike);
    suite_add_tcase(s, c);
    return s;
}
