/* unit/audit/check_audit_compare.c - a list that is not what it should be: which item is told, and with which
 * counts. */
#include <string.h>

#include <check.h>

#include "base/buf.h"
#include "topkd-audit/compare.h"

enum { K = 3, MINUTE = 29395860 };

static struct tally tally;
static struct comparer comparer;
static struct entry entry;
static struct buf merged;

static struct bytes word(const char *s) { return (struct bytes){s, strlen(s)}; }

/* The recount: a 9, b 7, c 5, d 5, e 1 - so that d, whose bytes are larger, is the third of a list of 3. */
static void setup(void) {
    static const struct {
        const char *item;
        uint32_t n;
    } counts[] = {{"a", 9}, {"b", 7}, {"c", 5}, {"d", 5}, {"e", 1}};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        tally_add(&tally, word("US"), MINUTE, word(counts[i].item), counts[i].n);
    tally_add(&tally, word("DE"), MINUTE, word("elsewhere"), 1);
    comparer_init(&comparer, &tally, K);
    entry = (struct entry){
        .minute = MINUTE, .bucket = tally_find(&tally, word("US"), MINUTE), .state = STATE_FINAL, .indexed = true};
}

static void teardown(void) {
    difference_deinit(&entry.found.difference);
    comparer_deinit(&comparer);
    tally_deinit(&tally);
    buf_free(&merged);
}

struct row {
    const char *item;
    uint64_t count;
};

/* A merged list in format 1 whose bounds lie SLACK from each count. */
static void given_merged(const struct row *rows, size_t n, uint64_t total, uint64_t absent_upper, uint64_t slack) {
    uint64_t previous = n ? rows[0].count : 0;
    buf_clear(&merged);
    buf_add(&merged, "\1\0", 2);
    buf_add_varint(&merged, total);
    buf_add_varint(&merged, absent_upper);
    buf_add_varint(&merged, n);
    buf_add_varint(&merged, previous);
    for (size_t i = 0; i < n; i++) {
        buf_add_varint(&merged, previous - rows[i].count);
        buf_add_varint(&merged, slack < rows[i].count ? slack : rows[i].count);
        buf_add_varint(&merged, slack);
        buf_add_varint(&merged, strlen(rows[i].item));
        buf_add_str(&merged, rows[i].item);
        previous = rows[i].count;
    }
}

static const struct row TRUTH[] = {{"a", 9}, {"b", 7}, {"d", 5}, {"c", 5}, {"e", 1}};

static void given_true_merged(void) { given_merged(TRUTH, ARRAY_LEN(TRUTH), 27, 0, 0); }

static const struct finding *when_compared(const struct served_item *items, size_t n) {
    struct served_item copy[8];
    if (n > 0) memcpy(copy, items, n * sizeof *items);
    const struct served_list list = {copy, n, {merged.data, merged.len}};
    compare_list(&comparer, &entry, &list);
    return &entry.found;
}

#define SERVED(...)                                                                                                    \
    ((const struct served_item[]){__VA_ARGS__}),                                                                       \
        sizeof((struct served_item[]){__VA_ARGS__}) / sizeof(struct served_item)
#define IT(name, n)                                                                                                    \
    { {(name), sizeof(name) - 1}, (n) }

/* SERVED below 0: it is not on the list. */
static void expect_item(const struct finding *f, const char *item, double served, uint64_t counted, const char *what) {
    const struct difference *d = &f->difference;
    ck_assert_ptr_nonnull(d->what);
    ck_assert_int_eq(d->subject, SUBJECT_ITEM);
    ck_assert_uint_eq(d->item_n, strlen(item));
    ck_assert_mem_eq(d->item, item, d->item_n);
    ck_assert_int_eq(d->is_served, served >= 0);
    if (served >= 0) ck_assert_double_eq(d->served, served);
    ck_assert_uint_eq(d->counted, counted);
    ck_assert_msg(strstr(d->what, what), "expected \"%s\" in \"%s\"", what, d->what);
}

START_TEST(a_right_list_has_no_difference) {
    given_true_merged();
    const struct finding *f = when_compared(SERVED(IT("a", 9), IT("b", 7), IT("d", 5)));
    ck_assert(f->equal && !f->broken && !f->out_of_bounds);
    ck_assert_ptr_null(f->difference.what);
    ck_assert_uint_eq(f->items_off, 0);
    ck_assert_double_eq(f->off, 0);
}
END_TEST

START_TEST(of_two_changed_scores_the_one_farther_off_is_told) {
    given_true_merged();
    const struct finding *f = when_compared(SERVED(IT("a", 10), IT("d", 8), IT("b", 7)));
    ck_assert(!f->equal && f->broken);
    expect_item(f, "d", 8, 5, "the merged list beside it has 5");
    ck_assert_str_eq(f->difference.what, "the merged list beside it has 5"); /* one item, one remark */
    ck_assert_uint_eq(f->items_off, 2);
    ck_assert_double_eq(f->off, 4);
}
END_TEST

START_TEST(a_missing_item_is_told_with_what_was_counted) {
    given_true_merged();
    const struct finding *f = when_compared(SERVED(IT("a", 9), IT("d", 5)));
    expect_item(f, "b", -1, 7, "the merged list beside it has 7");
    ck_assert_uint_eq(f->missing, 1);
    ck_assert_double_eq(f->off, 7);
}
END_TEST

START_TEST(an_item_that_no_event_has_is_told_with_its_score) {
    given_true_merged();
    const struct finding *f = when_compared(SERVED(IT("a", 9), IT("x", 8), IT("b", 7), IT("d", 5)));
    expect_item(f, "x", 8, 0, "the merged list beside it does not have it");
    ck_assert_uint_eq(f->foreign, 1);
}
END_TEST

START_TEST(an_item_of_another_location_only_was_counted_nowhere_here) {
    given_true_merged();
    const struct finding *f = when_compared(SERVED(IT("a", 9), IT("elsewhere", 8), IT("b", 7)));
    expect_item(f, "elsewhere", 8, 0, "does not have it");
}
END_TEST

/* Both lists agree and are wrong: only the recount tells. */
START_TEST(a_wrong_count_that_the_merged_list_has_too_is_told) {
    const struct row rows[] = {{"a", 10}, {"d", 5}, {"b", 4}};
    given_merged(rows, 3, 27, 5, 3);
    const struct finding *f = when_compared(SERVED(IT("a", 10), IT("d", 5), IT("b", 4)));
    ck_assert(!f->equal && !f->broken && !f->out_of_bounds);
    expect_item(f, "b", 4, 7, "wrong count");
}
END_TEST

/* c and d have the same count; d belongs there. */
START_TEST(an_item_that_stands_in_for_one_of_the_same_count_is_seen) {
    const struct row rows[] = {{"a", 9}, {"b", 7}, {"c", 5}};
    given_merged(rows, 3, 27, 5, 0);
    const struct finding *f = when_compared(SERVED(IT("a", 9), IT("b", 7), IT("c", 5)));
    ck_assert(!f->equal);
    expect_item(f, "d", -1, 5, "missing");
    ck_assert_uint_eq(f->items_off, 1);
}
END_TEST

START_TEST(an_item_beyond_the_end_of_the_list_is_told_with_its_rank) {
    comparer.k = 4;
    const struct finding *f = when_compared(SERVED(IT("a", 9), IT("b", 7), IT("d", 5), IT("c", 5), IT("e", 1)));
    ck_assert(!f->equal && f->broken);
    expect_item(f, "e", 1, 1, "there is no merged list beside it; does not belong at rank 5");
}
END_TEST

START_TEST(a_count_beyond_what_was_promised_is_told_with_the_promise) {
    const struct row rows[] = {{"a", 12}, {"b", 11}, {"d", 5}};
    given_merged(rows, 3, 27, 5, 2);
    const struct finding *f = when_compared(SERVED(IT("a", 12), IT("b", 11), IT("d", 5)));
    ck_assert(f->out_of_bounds && !f->broken);
    expect_item(f, "b", 11, 7, "promised 9 to 13"); /* by 2; a by 1 */
}
END_TEST

START_TEST(an_unlisted_item_above_what_was_promised_of_such_is_told) {
    const struct row rows[] = {{"a", 9}, {"b", 7}, {"d", 5}};
    given_merged(rows, 3, 27, 4, 0);
    const struct finding *f = when_compared(SERVED(IT("a", 9), IT("b", 7), IT("d", 5)));
    ck_assert(f->out_of_bounds && f->equal);
    expect_item(f, "c", -1, 5, "promised 0 to 4");
}
END_TEST

START_TEST(a_wrong_total_is_told_with_both_totals) {
    given_merged(TRUTH, ARRAY_LEN(TRUTH), 30, 0, 0);
    const struct difference *d = &when_compared(SERVED(IT("a", 9), IT("b", 7), IT("d", 5)))->difference;
    ck_assert_int_eq(d->subject, SUBJECT_TOTAL);
    ck_assert_double_eq(d->served, 30);
    ck_assert_uint_eq(d->counted, 27);
}
END_TEST

START_TEST(what_is_wrong_with_the_list_as_such_stands_beside_its_item) {
    given_true_merged();
    entry.state = STATE_NONE;
    entry.indexed = false;
    const struct finding *f = when_compared(SERVED(IT("a", 9), IT("b", 8), IT("d", 5)));
    expect_item(f, "b", 8, 7, "its state is missing or unknown; `minutes` does not have it");
}
END_TEST

START_TEST(a_list_without_a_merged_list_is_broken_and_its_items_are_told_all_the_same) {
    const struct finding *f = when_compared(SERVED(IT("a", 9), IT("b", 8), IT("d", 5)));
    ck_assert(f->broken);
    expect_item(f, "b", 8, 7, "there is no merged list beside it; wrong count");
}
END_TEST

START_TEST(a_list_that_is_not_there_is_off_by_all_that_belongs_on_it) {
    const struct finding *f = when_compared(NULL, 0);
    ck_assert(!f->served && !f->equal);
    expect_item(f, "a", -1, 9, "missing");
    ck_assert_double_eq(f->off, 9 + 7 + 5);
}
END_TEST

START_TEST(a_list_that_no_event_has_is_off_by_all_that_is_on_it) {
    entry.bucket = NULL;
    const struct finding *f = when_compared(SERVED(IT("x", 3), IT("a", 2)));
    expect_item(f, "x", 3, 0, "");
    ck_assert_double_eq(f->off, 5);
}
END_TEST

/* A score is any double: by hand somebody may have written one that no count can be. */
START_TEST(a_score_that_is_no_count_is_compared) {
    given_true_merged();
    const struct finding *f = when_compared(SERVED(IT("b", 1e300), IT("a", 9), IT("d", -5)));
    expect_item(f, "b", 1e300, 7, "the merged list beside it has 7");
    ck_assert_uint_eq(f->error_abs, UINT64_C(9000000000000000000));
    ck_assert_uint_eq(f->items_off, 2);
}
END_TEST

Suite *audit_compare_suite(void);
Suite *audit_compare_suite(void) {
    Suite *s = suite_create("audit_compare");
    TCase *c = tcase_create("compare");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_right_list_has_no_difference);
    tcase_add_test(c, of_two_changed_scores_the_one_farther_off_is_told);
    tcase_add_test(c, a_missing_item_is_told_with_what_was_counted);
    tcase_add_test(c, an_item_that_no_event_has_is_told_with_its_score);
    tcase_add_test(c, an_item_of_another_location_only_was_counted_nowhere_here);
    tcase_add_test(c, a_wrong_count_that_the_merged_list_has_too_is_told);
    tcase_add_test(c, an_item_that_stands_in_for_one_of_the_same_count_is_seen);
    tcase_add_test(c, an_item_beyond_the_end_of_the_list_is_told_with_its_rank);
    tcase_add_test(c, a_count_beyond_what_was_promised_is_told_with_the_promise);
    tcase_add_test(c, an_unlisted_item_above_what_was_promised_of_such_is_told);
    tcase_add_test(c, a_wrong_total_is_told_with_both_totals);
    tcase_add_test(c, what_is_wrong_with_the_list_as_such_stands_beside_its_item);
    tcase_add_test(c, a_list_without_a_merged_list_is_broken_and_its_items_are_told_all_the_same);
    tcase_add_test(c, a_list_that_is_not_there_is_off_by_all_that_belongs_on_it);
    tcase_add_test(c, a_list_that_no_event_has_is_off_by_all_that_is_on_it);
    tcase_add_test(c, a_score_that_is_no_count_is_compared);
    suite_add_tcase(s, c);
    return s;
}
