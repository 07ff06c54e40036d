/* unit/sketch/sketch_given.c - a sketch with the exact counter beside it. */
#include "sketch_given.h"

#include <inttypes.h>

#include <check.h>

#include "loadgen/rng.h"

void checked_init_limited(struct checked *p, uint64_t seed, uint32_t sets_max, uint64_t limit_bytes) {
    *p = (struct checked){.budget = {.limit_bytes = limit_bytes}};
    p->sketch = sketch_create(&p->budget, rng_mix(seed), sets_max);
}

void checked_init(struct checked *p, uint64_t seed, uint32_t sets_max) {
    checked_init_limited(p, seed, sets_max, UINT64_MAX / 2);
}

void checked_deinit(struct checked *p) {
    sketch_destroy(p->sketch);
    sketch_budget_deinit(&p->budget);
    truth_deinit(&p->truth);
    buf_free(&p->packed);
}

void checked_add(struct checked *p, struct bytes item, uint32_t weight) {
    sketch_add(p->sketch, sketch_hash(item), item, weight);
    truth_add(&p->truth, item, weight);
}

struct bytes checked_pack(struct checked *p, size_t limit) {
    buf_clear(&p->packed);
    sketch_pack(p->sketch, limit, &p->packed);
    return (struct bytes){p->packed.data, p->packed.len};
}

void expect_true(struct checked *p, const char *context) {
    static const size_t limits[] = {LIST_WHOLE, LIST_SIZE, 10, 1, 0};
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        const char *wrong = list_contradiction(&p->truth, checked_pack(p, limits[i]));
        ck_assert_msg(wrong == NULL, "%s, list of %zu: %s", context, limits[i], wrong);
    }
}

void expect_exact(struct checked *p, const char *context) {
    struct packed_reader r;
    struct packed_head head;
    expect_true(p, context);
    ck_assert_msg(sketch_exact(p->sketch), "%s: not exact any more", context);
    ck_assert(packed_open(&r, checked_pack(p, LIST_WHOLE), &head));
    ck_assert(head.exact);
    ck_assert_uint_eq(head.items_n, p->truth.n);
    ck_assert_uint_eq(head.absent_upper, 0);
    ck_assert_uint_eq(sketch_total(p->sketch), p->truth.total);
}

void expect_list(struct bytes list, const char *want) {
    struct packed_reader r;
    struct packed_head head;
    struct packed_item it;
    struct buf got = {0};
    int more;
    ck_assert(packed_open(&r, list, &head));
    while ((more = packed_next(&r, &it)) == 1) {
        if (got.len > 0) buf_add_str(&got, ", ");
        buf_add(&got, it.item.p, it.item.n);
        buf_addf(&got, " %" PRIu64, it.count);
    }
    ck_assert_int_eq(more, 0);
    ck_assert_str_eq(buf_text(&got), want);
    buf_free(&got);
}
