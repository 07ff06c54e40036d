/* unit/protocol/check_commit_meta.c - the metadata of a commit come back as they were.
 * Nothing else is taken for them: an operator's tool commits texts of its own, and a wrong reading would rewind a
 * partition to nowhere. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "protocol/commit.h"

static const struct commit_meta usual = {.incarnation = 7,
                                         .meaning = 0x00c0ffee,
                                         .older_until = 29920267,
                                         .unsure_until = 29920268,
                                         .life = "0123456789abcdef",
                                         .rewind = 431,
                                         .rewind_log_time_ms = 1795219680123,
                                         .frontier_log_time_ms = 1795219740456,
                                         .settled = 29920266,
                                         .rows_kept = 512,
                                         .vouch = {29920200, 1795219700123},
                                         .stored_ms = 1795219741000,
                                         .anchor = {true, 431, 1795219680200, 0x0badcafe}};

static const struct commit_meta blank = {.older_until = NO_MINUTE,
                                         .unsure_until = NO_MINUTE,
                                         .rewind_log_time_ms = TIME_NEVER,
                                         .frontier_log_time_ms = TIME_NEVER,
                                         .settled = NO_MINUTE,
                                         .vouch = VOUCH_INIT,
                                         .stored_ms = TIME_NEVER};

static const struct commit_meta longest = {.incarnation = INT64_MAX,
                                           .meaning = UINT64_MAX,
                                           .older_until = INT64_MIN + 1,
                                           .unsure_until = INT64_MIN + 1,
                                           .life = "ffffffffffffffff",
                                           .rewind = INT64_MAX,
                                           .rewind_log_time_ms = INT64_MIN + 1,
                                           .frontier_log_time_ms = INT64_MIN + 1,
                                           .settled = INT64_MIN + 1,
                                           .rows_kept = INT64_MAX,
                                           .vouch = {INT64_MIN + 1, INT64_MIN + 1},
                                           .stored_ms = INT64_MIN + 1,
                                           .anchor = {true, INT64_MAX, INT64_MIN + 1, UINT64_MAX}};

/* A record without a timestamp, before 1970, hashed to nothing. */
static const struct commit_meta odd = {.incarnation = 1, .rewind_log_time_ms = -1, .anchor = {true, 0, -1, 0}};

static const struct commit_meta *const metas[] = {&usual, &blank, &longest, &odd};

static void expect_same(const struct commit_meta *a, const struct commit_meta *b) {
    ck_assert_uint_eq(a->incarnation, b->incarnation);
    ck_assert_uint_eq(a->meaning, b->meaning);
    ck_assert_int_eq(a->older_until, b->older_until);
    ck_assert_int_eq(a->unsure_until, b->unsure_until);
    ck_assert_str_eq(a->life, b->life);
    ck_assert_int_eq(a->rewind, b->rewind);
    ck_assert_int_eq(a->rewind_log_time_ms, b->rewind_log_time_ms);
    ck_assert_int_eq(a->frontier_log_time_ms, b->frontier_log_time_ms);
    ck_assert_int_eq(a->settled, b->settled);
    ck_assert_int_eq(a->rows_kept, b->rows_kept);
    ck_assert_int_eq(a->vouch.above, b->vouch.above);
    ck_assert_int_eq(a->vouch.until_ms, b->vouch.until_ms);
    ck_assert_int_eq(a->stored_ms, b->stored_ms);
    ck_assert_int_eq(a->anchor.set, b->anchor.set);
    ck_assert_int_eq(a->anchor.offset, b->anchor.offset);
    ck_assert_int_eq(a->anchor.time_ms, b->anchor.time_ms);
    ck_assert_uint_eq(a->anchor.hash, b->anchor.hash);
}

START_TEST(metadata_come_back_as_they_were) {
    char text[COMMIT_META_BYTES_MAX];
    struct commit_meta back;
    memset(&back, 0x55, sizeof back);
    commit_meta_format(metas[_i], text);
    ck_assert_msg(commit_meta_parse(text, &back), "refused: %s", text);
    expect_same(&back, metas[_i]);
}
END_TEST

/* Kafka keeps what it is given, but a tool that copies offsets may not. */
START_TEST(metadata_cut_anywhere_are_refused) {
    char text[COMMIT_META_BYTES_MAX], cut[COMMIT_META_BYTES_MAX];
    struct commit_meta m;
    commit_meta_format(metas[_i], text);
    for (size_t n = 0; n < strlen(text); n++) {
        snprintf(cut, sizeof cut, "%.*s", (int)n, text);
        ck_assert_msg(!commit_meta_parse(cut, &m), "taken: %s", cut);
    }
}
END_TEST

START_TEST(the_longest_metadata_fit_with_room_to_spare) {
    char text[COMMIT_META_BYTES_MAX];
    memset(text, 'x', sizeof text);
    commit_meta_format(&longest, text);
    ck_assert_uint_lt(strlen(text), COMMIT_META_BYTES_MAX * 3 / 4);
}
END_TEST

/* Workers of this version must read these for as long as the text begins with v2. */
START_TEST(metadata_are_spelled_as_they_always_were) {
    char text[COMMIT_META_BYTES_MAX];
    commit_meta_format(&usual, text);
    ck_assert_str_eq(text, "v2;7;c0ffee;29920267;29920268;0123456789abcdef;431;1795219680123;1795219740456;29920266;"
                           "512;29920200;1795219700123;1795219741000;431,1795219680200,000000000badcafe");
    commit_meta_format(&blank, text);
    ck_assert_str_eq(text, "v2;0;0;-;-;-;0;-;-;-;0;-;0;-;-");
}
END_TEST

/* What it does not say counts as none. */
START_TEST(metadata_of_the_version_before_are_taken) {
    struct commit_meta m, want = usual;
    want.rows_kept = 0;
    want.vouch = VOUCH_NONE;
    want.stored_ms = TIME_NEVER;
    ck_assert(
        commit_meta_parse("v1;7;c0ffee;29920267;29920268;0123456789abcdef;431;1795219680123;1795219740456;29920266;"
                          "431,1795219680200,000000000badcafe",
                          &m));
    expect_same(&m, &want);
}
END_TEST

static const char *const foreign[] = {
    "",
    " ",
    "v1",
    "v1;",
    "v2;7;c0ffee;-;-;-;0;-;-;-;-",
    "V1;7;c0ffee;-;-;-;0;-;-;-;-",
    "some-host/consumer-3",
    "{\"offset\":431}",
    "NULL",
    "v1;-;c0ffee;-;-;-;0;-;-;-;-",   /* an incarnation is a number */
    "v1;-7;c0ffee;-;-;-;0;-;-;-;-",  /* ... and not negative */
    "v1;7;coffee;-;-;-;0;-;-;-;-",   /* hex */
    "v1;7;c0ffee;-;-;-;-;-;-;-;-",   /* a rewind is an offset */
    "v1;7;c0ffee;-;-;-;-1;-;-;-;-",  /* ... and not negative */
    "v1;7;c0ffee;-;-;abc;0;-;-;-;-", /* a life has sixteen characters */
    "v1;7;c0ffee;-;-;0123456789abcdef0;0;-;-;-;-",
    "v1;7;c0ffee;-;-;;0;-;-;-;-",
    "v1;7;c0ffee;--;-;-;0;-;-;-;-",
    "v1;7;c0ffee;-;-;-;0;-;-;-;-;", /* something behind */
    "v1;7;c0ffee;-;-;-;0;-;-;-;-;-",
    "v1;7;c0ffee;-;-;-;0;-;-;-;1,2",
    "v1;7;c0ffee;-;-;-;0;-;-;-;1,2,000000000badcafe;",
    "v1;7;c0ffee;-;-;-;0;-;-;-;1,2,000000000badcafe,4",
    "v1;7;c0ffee;-;-;-;0;-;-;-;1,2,badcafe",
    "v1;7;c0ffee;-;-;-;0;-;-;-;1;2;000000000badcafe",
    "v1;7;c0ffee;-;-;-;99999999999999999999;-;-;-;-", /* beyond 64 bits */
    "v1;7;10000000000000000;-;-;-;0;-;-;-;-",
};

START_TEST(a_text_of_somebody_else_is_refused) {
    struct commit_meta m;
    ck_assert_msg(!commit_meta_parse(foreign[_i], &m), "taken: %s", foreign[_i]);
}
END_TEST

Suite *commit_meta_suite(void);
Suite *commit_meta_suite(void) {
    Suite *s = suite_create("commit_meta");
    TCase *c = tcase_create("texts");
    tcase_add_loop_test(c, metadata_come_back_as_they_were, 0, ARRAY_LEN(metas));
    tcase_add_loop_test(c, metadata_cut_anywhere_are_refused, 0, ARRAY_LEN(metas));
    tcase_add_test(c, the_longest_metadata_fit_with_room_to_spare);
    tcase_add_test(c, metadata_are_spelled_as_they_always_were);
    tcase_add_test(c, metadata_of_the_version_before_are_taken);
    tcase_add_loop_test(c, a_text_of_somebody_else_is_refused, 0, ARRAY_LEN(foreign));
    suite_add_tcase(s, c);
    return s;
}
