/* unit/decode/check_json_tree.c - places as a tree of names. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "decode/json_tree.h"

static struct json_tree tree;
static struct place places[JSON_SLOTS];

/* The tree of these places, the slots in their order; NULL ends them. Returns the slot that the last one has. */
static unsigned tree_given(const char *const *texts) {
    unsigned slot = JSON_SLOT_NONE;
    json_tree_init(&tree);
    for (unsigned i = 0; texts[i] != NULL; i++) {
        ck_assert_int_eq(place_parse(texts[i], &places[i], NULL), 0);
        slot = json_tree_add(&tree, &places[i], i);
    }
    return slot;
}

#define GIVEN(...) tree_given((const char *const[]){__VA_ARGS__, NULL})

/* The key lies in memory of its exact size behind and before eight other bytes, as it does in a text. */
static struct json_node *named(const struct json_node *parent, const char *name) {
    size_t n = strlen(name);
    char *text = malloc(8 + n + 1);
    memcpy(text, "{\"xxxxx\"", 8);
    memcpy(text + 8, name, n);
    text[8 + n] = '}';
    struct json_node *node = json_node_named(parent, (struct bytes){text + 8, n}, text + 8 + n);
    struct json_node *before_more = json_node_named(parent, (struct bytes){text + 8, n}, text + 8 + n + 1);
    ck_assert_ptr_eq(node, before_more);
    free(text);
    return node;
}

START_TEST(places_that_begin_alike_share_their_nodes) {
    GIVEN("/data/id", "/data/at", "country", "/data/geo/country");
    ck_assert_uint_eq(tree.used, 1 + 1 + 2 + 1 + 2);
    struct json_node *data = named(tree.nodes, "data"), *geo = named(data, "geo");
    ck_assert_uint_eq(data->slot, JSON_SLOT_NONE);
    ck_assert_uint_eq(named(data, "id")->slot, 0);
    ck_assert_uint_eq(named(data, "at")->slot, 1);
    ck_assert_uint_eq(named(tree.nodes, "country")->slot, 2);
    ck_assert_uint_eq(named(geo, "country")->slot, 3);
    ck_assert_uint_eq(tree.nodes->depth, 0);
    ck_assert_uint_eq(geo->depth, 2);
    ck_assert_ptr_eq(geo->parent, data);
    ck_assert_ptr_null(tree.nodes->parent);
}
END_TEST

START_TEST(a_node_knows_what_stands_below_it) {
    GIVEN("/a/b/c", "/a", "/a/d", "e", "/e/f");
    struct json_node *a = named(tree.nodes, "a"), *b = named(a, "b"), *e = named(tree.nodes, "e");
    ck_assert_uint_eq(a->below, 1u << 0 | 1u << 2);
    ck_assert_uint_eq(a->slot, 1);
    ck_assert_uint_eq(b->below, 1u << 0);
    ck_assert_uint_eq(named(b, "c")->below, 0);
    ck_assert_uint_eq(e->below, 1u << 4);
    ck_assert_uint_eq(e->slot, 3);
}
END_TEST

START_TEST(of_two_places_that_are_one_the_first_has_the_slot) {
    ck_assert_uint_eq(GIVEN("video_id", "/video_id"), 0);
    ck_assert_uint_eq(GIVEN("/a/0", "x", "/a/0"), 0);
    ck_assert_uint_eq(GIVEN("/a/0", "x", "/a/00"), 2);
    ck_assert_uint_eq(GIVEN("/a/b", "/a"), 1);
    ck_assert_uint_eq(GIVEN("/a", "/a/b"), 1);
}
END_TEST

/* Names of all lengths that end alike, begin alike, or differ in one byte. */
START_TEST(names_are_told_apart_to_their_last_byte) {
    char path[64] = "/", other[64];
    const char *name = path + 1;
    for (size_t n = 0; n < 40; n++) {
        GIVEN(path);
        ck_assert_ptr_eq(named(tree.nodes, name), &tree.nodes[1]);
        for (size_t i = 0; i < n; i++) {
            strcpy(other, name);
            other[i] ^= 1;
            ck_assert_msg(named(tree.nodes, other) == NULL, "%s is no %s", other, name);
            strcpy(other, name);
            other[i] = '\0';
            ck_assert_msg(named(tree.nodes, other) == NULL, "%s is no %s", other, name);
        }
        strcpy(other, name);
        strcat(other, "a");
        ck_assert_msg(named(tree.nodes, other) == NULL, "%s is no %s", other, name);
        path[1 + n] = (char)('a' + n % 26);
    }
}
END_TEST

/* What is read of the text behind a name is not the name's; nor is a NUL. */
START_TEST(a_name_ends_where_its_quote_stands) {
    GIVEN("a", "/");
    static const char text[] = "{\"a\":\"abcdef\",\"\":1,\"a\0\":1}";
    ck_assert_ptr_eq(json_node_named(tree.nodes, (struct bytes){text + 2, 1}, text + sizeof text - 2), &tree.nodes[1]);
    ck_assert_ptr_null(json_node_named(tree.nodes, (struct bytes){text + 2, 2}, text + sizeof text - 2));
    ck_assert_ptr_eq(json_node_named(tree.nodes, (struct bytes){text + 15, 0}, text + sizeof text - 2), &tree.nodes[2]);
    ck_assert_ptr_null(json_node_named(tree.nodes, (struct bytes){text + 21, 2}, text + sizeof text - 2));
}
END_TEST

START_TEST(elements_are_found_by_their_number) {
    GIVEN("/a/0", "/a/2/b", "/a/name", "/a/-", "/a/10", "/a/00");
    struct json_node *a = named(tree.nodes, "a");
    ck_assert_uint_eq(json_node_element(a, 0)->slot, 0);
    ck_assert_ptr_null(json_node_element(a, 1));
    ck_assert_uint_eq(json_node_element(a, 2)->below, 1u << 1);
    ck_assert_uint_eq(json_node_element(a, 10)->slot, 4);
    ck_assert_ptr_null(json_node_element(a, UINT32_MAX)); /* what a node without a number has is no number */
    ck_assert_uint_eq(named(a, "10")->slot, 4);           /* the member of that name, where an object stands */
    ck_assert_uint_eq(named(a, "-")->slot, 3);
}
END_TEST

/* As many and as deep as rules can have. */
START_TEST(the_largest_tree_has_room) {
    char texts[JSON_SLOTS][PLACE_TOKENS_MAX * 2 + 1];
    json_tree_init(&tree);
    for (unsigned i = 0; i < JSON_SLOTS; i++) {
        for (size_t k = 0; k < PLACE_TOKENS_MAX; k++) {
            texts[i][2 * k] = '/';
            texts[i][2 * k + 1] = (char)('a' + i);
        }
        texts[i][2 * PLACE_TOKENS_MAX] = '\0';
        ck_assert_int_eq(place_parse(texts[i], &places[i], NULL), 0);
        ck_assert_uint_eq(json_tree_add(&tree, &places[i], i), i);
    }
    ck_assert_uint_eq(tree.used, JSON_NODES_MAX);
}
END_TEST

Suite *json_tree_suite(void);
Suite *json_tree_suite(void) {
    Suite *s = suite_create("json_tree");
    TCase *c = tcase_create("tree");
    tcase_add_test(c, places_that_begin_alike_share_their_nodes);
    tcase_add_test(c, a_node_knows_what_stands_below_it);
    tcase_add_test(c, of_two_places_that_are_one_the_first_has_the_slot);
    tcase_add_test(c, names_are_told_apart_to_their_last_byte);
    tcase_add_test(c, a_name_ends_where_its_quote_stands);
    tcase_add_test(c, elements_are_found_by_their_number);
    tcase_add_test(c, the_largest_tree_has_room);
    suite_add_tcase(s, c);
    return s;
}
