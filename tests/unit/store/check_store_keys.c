/* unit/store/check_store_keys.c - how keys are spelled, which is a public contract.
 * These texts may not change without a new STORE_CONTRACT_VERSION. */
#include <string.h>

#include <check.h>

#include "store/keys.h"

static const int64_t minute = 29921468; /* 2026-11-21T19:08 */

static struct bytes text(const char *s) { return (struct bytes){s, strlen(s)}; }

static void expect(struct buf *b, const char *want) {
    ck_assert_str_eq(buf_text(b), want);
    buf_free(b);
}

START_TEST(keys_are_spelled_as_the_contract_says) {
    struct buf b = {0};
    keys_minute(&b, "topk", text("US"), minute);
    expect(&b, "topk:{US}:2026-11-21T19:08");
}
END_TEST

START_TEST(every_kind_of_key_carries_board_and_hash_tag) {
    struct buf b = {0};
    keys_part(&b, "b", text("US"), 0);
    expect(&b, "b:{US}:part:1970-01-01T00:00");
    keys_of_location(&b, "b", text("US"), "meta");
    expect(&b, "b:{US}:meta");
    keys_notes(&b, "b", 17, "changed");
    expect(&b, "b:{s17}:changed");
    keys_progress(&b, "b");
    expect(&b, "b:progress");
    keys_locations(&b, "b");
    expect(&b, "b:locations");
}
END_TEST

static const struct {
    const char *location, *encoded;
} encodings[] = {
    {"US", "US"},
    {"", ""},
    {"{", "%7B"},
    {"}", "%7D"},
    {"%", "%25"},
    {"a}b{c", "a%7Db%7Bc"},
    {"%7B", "%257B"},
    {"a|b:c /", "a|b:c /"},
    {"\xc3\xa9", "\xc3\xa9"},
    {"100%", "100%25"},
};

START_TEST(a_location_comes_back_from_its_key_and_cannot_forge_a_hash_tag) {
    struct buf key = {0}, back = {0};
    keys_encode_location(&key, text(encodings[_i].location));
    ck_assert_str_eq(buf_text(&key), encodings[_i].encoded);
    ck_assert(strpbrk(buf_text(&key), "{}") == NULL);
    ck_assert(keys_decode_location(&back, text(buf_text(&key))));
    ck_assert_str_eq(buf_text(&back), encodings[_i].location);
    buf_free(&key);
    buf_free(&back);
}
END_TEST

/* Only what encode makes: one location has one spelling. */
static const char *const never_encoded[] = {"{", "a}", "%", "%2", "%41", "%7b", "%7d", "a%", "%00", "%%25"};

START_TEST(a_text_that_encode_never_makes_is_refused_and_adds_nothing) {
    struct buf b = {0};
    buf_add_str(&b, "kept");
    ck_assert(!keys_decode_location(&b, text(never_encoded[_i])));
    expect(&b, "kept");
}
END_TEST

START_TEST(a_note_is_taken_apart_even_if_the_location_holds_a_bar) {
    static const char *const hard[] = {"US", "a|2026-11-21T19:08", "|", "", "{%}"};
    for (size_t i = 0; i < ARRAY_LEN(hard); i++) {
        struct buf field = {0}, location = {0};
        int64_t back;
        keys_note_field(&field, text(hard[i]), minute);
        ck_assert(keys_note_parse((struct bytes){field.data, field.len}, &location, &back));
        ck_assert_str_eq(buf_text(&location), hard[i]);
        ck_assert_int_eq(back, minute);
        buf_free(&field);
        buf_free(&location);
    }
}
END_TEST

static const char *const no_notes[] = {"",
                                       "US",
                                       "2026-11-21T19:08",
                                       "US 2026-11-21T19:08",
                                       "US|2026-11-21T19:8",
                                       "US|2026-13-21T19:08",
                                       "{|2026-11-21T19:08"};

START_TEST(what_is_no_note_is_refused) {
    struct buf location = {0};
    int64_t back = 7;
    ck_assert(!keys_note_parse(text(no_notes[_i]), &location, &back));
    ck_assert_int_eq(back, 7);
    ck_assert_uint_eq(location.len, 0);
    buf_free(&location);
}
END_TEST

START_TEST(shards_are_stable_and_within_range) {
    ck_assert_uint_eq(keys_shard(text("US")), keys_shard(text("US")));
    bool used[STORE_SHARDS] = {false};
    size_t n = 0;
    for (int i = 0; i < 4000; i++) {
        char name[8] = {(char)('a' + i % 26), (char)('a' + i / 26 % 26), (char)('a' + i / 676)};
        uint32_t shard = keys_shard(text(name));
        ck_assert_uint_lt(shard, STORE_SHARDS);
        n += !used[shard];
        used[shard] = true;
    }
    ck_assert_uint_eq(n, STORE_SHARDS);
}
END_TEST

Suite *store_keys_suite(void);
Suite *store_keys_suite(void) {
    Suite *s = suite_create("store_keys");
    TCase *c = tcase_create("spelling");
    tcase_add_test(c, keys_are_spelled_as_the_contract_says);
    tcase_add_test(c, every_kind_of_key_carries_board_and_hash_tag);
    tcase_add_loop_test(c, a_location_comes_back_from_its_key_and_cannot_forge_a_hash_tag, 0, ARRAY_LEN(encodings));
    tcase_add_loop_test(c, a_text_that_encode_never_makes_is_refused_and_adds_nothing, 0, ARRAY_LEN(never_encoded));
    tcase_add_test(c, a_note_is_taken_apart_even_if_the_location_holds_a_bar);
    tcase_add_loop_test(c, what_is_no_note_is_refused, 0, ARRAY_LEN(no_notes));
    tcase_add_test(c, shards_are_stable_and_within_range);
    suite_add_tcase(s, c);
    return s;
}
