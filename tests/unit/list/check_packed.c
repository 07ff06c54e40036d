/* unit/list/check_packed.c - the packed list: what was written comes back, and whatever is not a list is refused
 * without harm. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/mem.h"
#include "list/heaviest.h"
#include "list/packed.h"

/* -- the order of lists -- */

/* In the order in which ZREVRANGE answers: by score, then by memcmp from the largest, where a prefix is smaller. */
static const struct {
    uint64_t count;
    struct bytes item;
} ordered[] = {
    {UINT64_MAX, {"a", 1}}, {7, {"a", 1}},    {6, {"\xff", 1}}, {6, {"\x80", 1}}, {6, {"b", 1}},
    {6, {"aa", 2}},         {6, {"a\0b", 3}}, {6, {"a\0", 2}},  {6, {"a", 1}},    {6, {"Z", 1}},
    {6, {"\0", 1}},         {6, {"", 0}},     {5, {"zzz", 3}},  {0, {"zzzz", 4}},
};

START_TEST(lists_are_ordered_as_redis_orders_them) {
    for (size_t i = 0; i < ARRAY_LEN(ordered); i++)
        for (size_t j = 0; j < ARRAY_LEN(ordered); j++) {
            int c = list_order(ordered[i].count, ordered[i].item, ordered[j].count, ordered[j].item);
            ck_assert_msg(i == j ? c == 0 : i < j ? c < 0 : c > 0, "rows %zu and %zu: %d", i, j, c);
        }
}
END_TEST

/* -- writing and reading -- */

static const struct packed_item few[] = {
    {{"cat", 3}, 40, 33, 52},   {{"dog", 3}, 9, 9, 9}, {{"ant", 3}, 9, 0, 9},
    {{"\0\xff", 2}, 1, 1, 300}, {{"", 0}, 0, 0, 0},
};
static const struct packed_item few_exact[] = {{{"cat", 3}, 40, 40, 40}, {{"dog", 3}, 9, 9, 9}};
static const struct packed_item huge[] = {
    {{"a", 1}, UINT64_MAX, 0, UINT64_MAX},
    {{"b", 1}, UINT64_C(1) << 63, 1, UINT64_MAX},
    {{"c", 1}, UINT32_MAX, UINT32_MAX, UINT32_MAX},
    {{"d", 1}, 0, 0, UINT64_MAX},
};

static const struct {
    struct packed_head head;
    const struct packed_item *items;
} round_trips[] = {
    {{true, 0, 0, 0}, NULL},
    {{false, 1000, 77, 0}, NULL},
    {{false, 1000, 77, ARRAY_LEN(few)}, few},
    {{true, 49, 0, ARRAY_LEN(few_exact)}, few_exact},
    {{false, UINT64_MAX, UINT64_MAX, ARRAY_LEN(huge)}, huge},
};

static struct bytes write_row(struct buf *b, int row) {
    packed_write(b, &round_trips[row].head, round_trips[row].items);
    return (struct bytes){b->data, b->len};
}

START_TEST(what_is_written_comes_back) {
    struct buf b = {0};
    struct packed_reader r;
    struct packed_head head;
    struct packed_item it;
    const struct packed_head *want = &round_trips[_i].head;
    ck_assert(packed_open(&r, write_row(&b, _i), &head));
    ck_assert_int_eq(head.exact, want->exact);
    ck_assert_uint_eq(head.total, want->total);
    ck_assert_uint_eq(head.absent_upper, want->absent_upper);
    ck_assert_uint_eq(head.items_n, want->items_n);
    for (uint64_t i = 0; i < want->items_n; i++) {
        const struct packed_item *w = &round_trips[_i].items[i];
        ck_assert_int_eq(packed_next(&r, &it), 1);
        ck_assert_uint_eq(it.item.n, w->item.n);
        ck_assert(memcmp(it.item.p, w->item.p, w->item.n) == 0);
        ck_assert_uint_eq(it.count, w->count);
        ck_assert_uint_eq(it.lower, w->lower);
        ck_assert_uint_eq(it.upper, w->upper);
    }
    ck_assert_int_eq(packed_next(&r, &it), 0);
    ck_assert_int_eq(packed_next(&r, &it), 0);
    buf_free(&b);
}
END_TEST

/* These bytes lie in Redis, written by other versions of the worker: they may not change without a new version. */
START_TEST(the_bytes_are_the_written_contract) {
    static const char exact[] = "\x01\x01\x31\x00\x02\x28\x00\x03"
                                "cat"
                                "\x1f\x03"
                                "dog";
    static const char bounded[] = "\x01\x00\xe8\x07\x4d\x01\xac\x02\x00\x2c\x05\x03"
                                  "cat";
    struct packed_item cat = {{"cat", 3}, 300, 256, 305};
    struct buf b = {0};
    packed_write(&b, &(struct packed_head){true, 49, 0, 2}, few_exact);
    ck_assert_uint_eq(b.len, sizeof exact - 1);
    ck_assert_mem_eq(b.data, exact, b.len);
    buf_clear(&b);
    packed_write(&b, &(struct packed_head){false, 1000, 77, 1}, &cat);
    ck_assert_uint_eq(b.len, sizeof bounded - 1);
    ck_assert_mem_eq(b.data, bounded, b.len);
    buf_free(&b);
}
END_TEST

/* -- broken bytes -- */

enum { NOT_A_LIST = -2 };

/* Reads as a stranger would, from memory of the exact size so that a step outside is seen. The number of items, -1 when
 * an item is broken, NOT_A_LIST. Every item must lie inside and be within its bounds. */
static int read_all(struct bytes list) {
    char *copy = mem_dup(list.n > 0 ? list.p : "", list.n > 0 ? list.n : 1);
    struct packed_reader r;
    struct packed_head head;
    struct packed_item it;
    int got = NOT_A_LIST, n = 0;
    if (packed_open(&r, (struct bytes){copy, list.n}, &head)) {
        while ((got = packed_next(&r, &it)) == 1) {
            ck_assert(it.item.p >= copy && it.item.n <= (size_t)(copy + list.n - it.item.p));
            ck_assert(it.lower <= it.count && it.count <= it.upper);
            n++;
        }
    }
    mem_free(copy);
    return got == 0 ? n : got;
}

START_TEST(a_list_that_is_cut_short_is_refused) {
    struct buf b = {0};
    struct bytes list = write_row(&b, _i);
    ck_assert_int_eq(read_all(list), (int)round_trips[_i].head.items_n);
    for (size_t n = 0; n < list.n; n++)
        ck_assert_msg(read_all((struct bytes){list.p, n}) < 0, "cut to %zu of %zu bytes", n, list.n);
    buf_free(&b);
}
END_TEST

START_TEST(bytes_behind_a_list_are_refused) {
    struct buf b = {0};
    write_row(&b, _i);
    buf_add_byte(&b, 0);
    ck_assert_int_eq(read_all((struct bytes){b.data, b.len}), -1);
    buf_free(&b);
}
END_TEST

START_TEST(no_changed_byte_does_harm) {
    struct buf b = {0};
    struct bytes list = write_row(&b, _i);
    for (size_t i = 0; i < list.n; i++) {
        char was = b.data[i];
        for (int c = 0; c < 256; c++) {
            b.data[i] = (char)c;
            int n = read_all(list);
            ck_assert(n >= NOT_A_LIST && n <= (int)list.n);
        }
        b.data[i] = was;
    }
    buf_free(&b);
}
END_TEST

#define BYTES(s)                                                                                                       \
    { s, sizeof(s) - 1 }

static const struct {
    const char *why;
    struct bytes list;
    int want;
} refused[] = {
    {"nothing", BYTES(""), NOT_A_LIST},
    {"no bytes at all", {NULL, 0}, NOT_A_LIST},
    {"a version alone", BYTES("\x01"), NOT_A_LIST},
    {"version 0", BYTES("\x00\x01\x00\x00\x00\x00"), NOT_A_LIST},
    {"version 2", BYTES("\x02\x01\x00\x00\x00\x00"), NOT_A_LIST},
    {"version 0xff", BYTES("\xff\x01\x00\x00\x00\x00"), NOT_A_LIST},
    {"text", BYTES("{\"items\":[]}"), NOT_A_LIST},
    {"no head", BYTES("\x01\x01"), NOT_A_LIST},
    {"a head without its last number", BYTES("\x01\x01\x00\x00\x00"), NOT_A_LIST},
    {"a total of more than 64 bits", BYTES("\x01\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00"), NOT_A_LIST},
    {"a total that never ends", BYTES("\x01\x01\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"), NOT_A_LIST},
    {"more items than bytes", BYTES("\x01\x01\x05\x00\x02\x05\x00\x01g"), -1},
    {"2^64 - 1 items", BYTES("\x01\x01\x05\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x05\x00\x01g"), -1},
    {"a count below zero", BYTES("\x01\x01\x05\x00\x01\x05\x06\x01g"), -1},
    {"a lower below zero", BYTES("\x01\x00\x05\x00\x01\x05\x00\x06\x00\x01g"), -1},
    {"an upper above 64 bits", BYTES("\x01\x00\x05\x00\x01\x05\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01g"),
     -1},
    {"an item longer than the bytes", BYTES("\x01\x01\x05\x00\x01\x05\x00\x02g"), -1},
    {"an item of 2^64 - 1 bytes", BYTES("\x01\x01\x05\x00\x01\x05\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01g"), -1},
};

START_TEST(what_is_no_list_is_refused) {
    int got = read_all(refused[_i].list);
    ck_assert_msg(got == refused[_i].want, "%s: %d", refused[_i].why, got);
}
END_TEST

Suite *packed_suite(void);
Suite *packed_suite(void) {
    Suite *s = suite_create("packed");
    TCase *c = tcase_create("packed");
    suite_add_tcase(s, c);
    tcase_add_test(c, lists_are_ordered_as_redis_orders_them);
    tcase_add_loop_test(c, what_is_written_comes_back, 0, (int)ARRAY_LEN(round_trips));
    tcase_add_test(c, the_bytes_are_the_written_contract);
    tcase_add_loop_test(c, a_list_that_is_cut_short_is_refused, 0, (int)ARRAY_LEN(round_trips));
    tcase_add_loop_test(c, bytes_behind_a_list_are_refused, 0, (int)ARRAY_LEN(round_trips));
    tcase_add_loop_test(c, no_changed_byte_does_harm, 0, (int)ARRAY_LEN(round_trips));
    tcase_add_loop_test(c, what_is_no_list_is_refused, 0, (int)ARRAY_LEN(refused));
    return s;
}
