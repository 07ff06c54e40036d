/* unit/decode/check_json_block.c - where strings and containers may end.
 * Goal: both ways to look at a block say what a loop over its bytes says, and look at no byte that is not the text's.
 * Method: texts in memory of their exact size, of every length and from every place, of all bytes and of those that
 * matter. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "decode/json_token.h"
#include "decode_random.h"
#include "event/arena.h"

enum { TEXTS = 20000, BYTES_MAX = 3 * JSON_BLOCK_BYTES + 7 };

/* Bytes that end something, and their neighbours by a bit. */
static const char marks[] = "\"\\{}[]\"\\{}[]{}[]zy,:!\x1f\x20\x7e\x7f\x80\xff\xdb\xfb\xa2\xdc\0";

/* N bytes: seldom marks among plain ones, or nothing but marks. */
static char *text_draw(struct decode_random *r, size_t n) {
    char *text = malloc(n);
    uint32_t one_in = 1 + decode_random_below(r, 20);
    for (size_t i = 0; i < n; i++)
        text[i] = decode_random_below(r, one_in) == 0 ? marks[decode_random_below(r, sizeof marks - 1)] : 'x';
    return text;
}

static void blocks_choose(int portable) { json_block_portable = portable == 1; }

/* -- single looks -- */

static bool is_stop(unsigned char c) { return c == '"' || c == '\\' || c < 0x20 || c >= 0x7f; }
static bool is_quote(unsigned char c) { return c == '"' || c == '\\'; }
static bool is_bracket(unsigned char c) { return c == '"' || c == '{' || c == '}' || c == '[' || c == ']'; }

static const struct {
    const char *(*find)(const char *p, const char *end);
    bool (*is)(unsigned char c);
} finds[] = {{json_stop, is_stop}, {json_quote, is_quote}, {json_bracket, is_bracket}};

static const char *naive(const char *p, const char *end, bool is(unsigned char c)) {
    while (p < end && !is((unsigned char)*p)) p++;
    return p;
}

START_TEST(the_first_of_a_kind_is_found_wherever_it_stands) {
    struct decode_random r = {5};
    for (int i = 0; i < TEXTS; i++) {
        size_t n = JSON_PIECE_BYTES + decode_random_below(&r, 3 * JSON_PIECE_BYTES),
               from = decode_random_below(&r, (uint32_t)n + 1);
        char *text = text_draw(&r, n);
        text[decode_random_below(&r, (uint32_t)n)] = (char)i; /* every byte there is */
        for (int portable = 0; portable < 2; portable++) {
            blocks_choose(portable);
            ck_assert_ptr_eq(finds[_i].find(text + from, text + n), naive(text + from, text + n, finds[_i].is));
        }
        blocks_choose(0);
        free(text);
    }
}
END_TEST

/* The stops of a block that the end of the text cuts: behind the end all are stops. */
START_TEST(the_stops_of_a_block_are_those_of_its_bytes) {
    struct decode_random r = {6};
    for (int i = 0; i < TEXTS; i++) {
        size_t n = JSON_PIECE_BYTES + decode_random_below(&r, BYTES_MAX),
               before = n < JSON_BLOCK_BYTES ? n : JSON_BLOCK_BYTES - 1;
        char *text = text_draw(&r, n), *end = text + n, *p = end - decode_random_below(&r, (uint32_t)before + 1);
        uint64_t wanted = 0;
        for (size_t k = 0; k < JSON_BLOCK_BYTES; k++)
            if (p + k >= end || is_stop((unsigned char)p[k])) wanted |= UINT64_C(1) << k;
        for (int portable = 0; portable < 2; portable++) {
            blocks_choose(portable);
            ck_assert_uint_eq(json_stops_before(p, end, n), wanted);
            if (n >= JSON_BLOCK_BYTES) {
                uint64_t whole = 0;
                for (size_t k = 0; k < JSON_BLOCK_BYTES; k++) whole |= (uint64_t)is_stop((unsigned char)text[k]) << k;
                ck_assert_uint_eq(json_stops64(text), whole);
            }
        }
        blocks_choose(0);
        free(text);
    }
}
END_TEST

/* -- strings and containers -- */

/* By the grammar, byte by byte; NULL: it does not end before END. */
static const char *naive_string(const char *p, const char *end) {
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\') p++;
    return p < end ? p + 1 : NULL;
}

static const char *naive_container(const char *p, const char *end) {
    size_t depth = 0;
    while (p != NULL && p < end) {
        if (*p == '"') {
            p = naive_string(p, end);
            continue;
        }
        if (*p == '{' || *p == '[') depth++;
        if ((*p == '}' || *p == ']') && --depth == 0) return p + 1;
        p++;
    }
    return NULL;
}

/* Where its text ends; NULL: it has no bracket, or one too near. */
static bool text_of(char *text, size_t n, struct event_arena *arena, struct json_text *t) {
    const char *last = json_last_bracket((struct bytes){text, n});
    if (last == NULL || last - text < JSON_PIECE_BYTES) return false;
    *t = (struct json_text){.start = text, .last = last, .end = text + n, .arena = arena};
    json_text_check(t);
    return true;
}

static void expect_containers(const struct json_text *t) {
    for (const char *p = t->start; p < t->last; p++) {
        if (*p != '{' && *p != '[') continue;
        const char *wanted = naive_container(p, t->last + 1);
        for (int portable = 0; portable < 2; portable++) {
            blocks_choose(portable);
            ck_assert_msg(json_token_container(t, p) == wanted, "from %td of %.*s", p - t->start,
                          (int)(t->end - t->start), t->start);
        }
    }
    blocks_choose(0);
}

/* A string ends before the last bracket, or it ends nothing. */
static void expect_strings(const struct json_text *t) {
    for (const char *p = t->start; p < t->last; p++) {
        if (*p != '"') continue;
        const char *wanted = naive_string(p, t->last);
        for (int portable = 0; portable < 2; portable++) {
            struct event_value v = {0};
            blocks_choose(portable);
            ck_assert_ptr_eq(json_token_value(t, p, NULL), wanted);
            ck_assert_ptr_eq(json_token_value(t, p, &v), wanted);
            if (wanted != NULL && v.kind == EVENT_STRING && v.text.p == p + 1)
                ck_assert_ptr_eq(v.text.p + v.text.n + 1, wanted);
        }
    }
    blocks_choose(0);
}

START_TEST(strings_and_containers_end_where_the_grammar_says) {
    struct decode_random r = {11};
    struct event_arena *arena = event_arena_create();
    int texts = 0;
    for (int i = 0; i < TEXTS / 2; i++) {
        size_t n = JSON_PIECE_BYTES + 1 + decode_random_below(&r, BYTES_MAX);
        char *text = text_draw(&r, n);
        struct json_text t;
        if (text_of(text, n, arena, &t)) {
            expect_containers(&t);
            expect_strings(&t);
            texts++;
        }
        event_arena_clear(arena);
        free(text);
    }
    ck_assert_int_gt(texts, TEXTS / 4);
    event_arena_destroy(arena);
}
END_TEST

/* One container with every kind of content, moved over all places of a piece, and cut everywhere. */
START_TEST(a_container_may_stand_and_be_cut_anywhere) {
    static const char inner[] =
        "[{\"a\\\"]\":[1,\"}\\\\\"]},\"a string that is longer than a piece, by far\",[[[]]],{}]";
    struct event_arena *arena = event_arena_create();
    for (size_t before = 0; before < 2 * JSON_PIECE_BYTES; before++)
        for (size_t behind = 0; behind < 20; behind++)
            for (size_t cut = 0; cut < sizeof inner; cut++) {
                size_t n = JSON_PIECE_BYTES + before + (sizeof inner - 1 - cut) + behind;
                char *text = malloc(n);
                struct json_text t;
                memset(text, 'x', n);
                memcpy(text + JSON_PIECE_BYTES + before, inner, sizeof inner - 1 - cut);
                if (text_of(text, n, arena, &t)) expect_containers(&t);
                free(text);
            }
    event_arena_destroy(arena);
}
END_TEST

/* -- words -- */

START_TEST(a_word_ends_at_white_space_and_structure) {
    struct event_arena *arena = event_arena_create();
    for (int c = 0; c < 256; c++) {
        char text[] = "[                1x?5}";
        char *p = strchr(text, '1');
        p[2] = (char)c;
        bool ends = c <= 0x20 || strchr("\",:[]{}", c) != NULL;
        struct json_text t = {
            .start = text, .last = text + sizeof text - 2, .end = text + sizeof text - 1, .arena = arena};
        if (c == 0) ends = true;
        ck_assert_ptr_eq(json_token_value(&t, p, NULL), ends ? p + 2 : p + 4);
        ck_assert_int_eq(json_token_value(&t, p + 2, NULL) == NULL,
                         (c <= 0x20 || strchr(",:]}", c) != NULL || c == '"' || c == '[' || c == '{'));
    }
    event_arena_destroy(arena);
}
END_TEST

Suite *json_block_suite(void);
Suite *json_block_suite(void) {
    Suite *s = suite_create("json_block");
    TCase *c = tcase_create("blocks");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, the_first_of_a_kind_is_found_wherever_it_stands, 0, ARRAY_LEN(finds));
    tcase_add_test(c, the_stops_of_a_block_are_those_of_its_bytes);
    tcase_add_test(c, strings_and_containers_end_where_the_grammar_says);
    tcase_add_test(c, a_container_may_stand_and_be_cut_anywhere);
    tcase_add_test(c, a_word_ends_at_white_space_and_structure);
    suite_add_tcase(s, c);
    return s;
}
