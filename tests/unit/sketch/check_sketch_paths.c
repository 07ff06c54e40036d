/* unit/sketch/check_sketch_paths.c - same adds, same bytes: on every path that this processor has, and however the adds
 * are cut into batches. */
#include <stdio.h>

#include <check.h>

#include "colliding.h"
#include "sketch/path.h"
#include "sketch_given.h"
#include "stream.h"

enum { SKETCHES = 5, ADDS = 60000, LOOKS = 20 };

/* One counter of everything, as the list over all locations is, and others of a part of it. */
struct world {
    struct sketch_budget budget;
    struct sketch *sketch[SKETCHES];
};

struct stream_of_adds {
    char names[ADDS][12];
    struct sketch_add adds[ADDS];
    uint8_t to[ADDS];
};

static struct stream_of_adds stream;

static const struct {
    struct stream_kind kind;
    uint32_t sets_max;
    uint64_t limit_bytes;
    uint32_t colliding; /* of every ten items so many are of one set and tag */
} worlds[] = {
    {{"many misses", .7, 100000, false, 1}, 32, UINT64_MAX, 0},
    {{"many hits", 1.3, 100000, true, 3}, 32, UINT64_MAX, 0},
    {{"exact", 1.1, 3000, false, 1000}, 4096, UINT64_MAX, 0},
    {{"smallest", .9, 100000, false, 7}, 4, UINT64_MAX, 0},
    {{"all distinct", 0, 0, false, 1}, 64, UINT64_MAX, 0},
    {{"little memory", .8, 100000, false, 1}, 512, 30000, 0},
    {{"counts that stand still", 1.5, 1000, false, UINT32_MAX / 16}, 8, UINT64_MAX, 0},
    {{"chosen names", .9, 3000, false, 3}, 512, UINT64_MAX, 5},
    {{"chosen names, flooded", .7, 30000, true, 3}, 16, UINT64_MAX, 9},
    {{"chosen names, little memory", .8, 3000, false, 3}, 512, 60000, 7},
};

static uint64_t next_random(uint64_t *x) {
    *x ^= *x << 13;
    *x ^= *x >> 7;
    return *x ^= *x << 17;
}

/* Its number is the first four bytes of an item's name. */
static struct bytes choose_name(uint32_t colliding, char name[12]) {
    uint32_t number = (uint32_t)(unsigned char)name[2] << 8 | (unsigned char)name[3];
    return number % 10 < colliding ? colliding_item(99, number, name) : (struct bytes){name, 12};
}

static void given_adds(int w) {
    uint64_t x = 88172645463325252u + (uint64_t)w;
    struct stream s;
    stream_init(&s, &worlds[w].kind, 7, ADDS);
    for (uint32_t i = 0; i < ADDS; i++) {
        struct sketch_add *a = &stream.adds[i];
        (void)stream_next(&s, &a->item, &a->weight);
        memcpy(stream.names[i], a->item.p, a->item.n);
        a->item = choose_name(worlds[w].colliding, stream.names[i]);
        a->hash = sketch_hash(a->item);
        stream.to[i] = next_random(&x) % 2 ? 0 : (uint8_t)(next_random(&x) % SKETCHES);
    }
}

static void world_begin(struct world *at, int w) {
    *at = (struct world){.budget = {.limit_bytes = worlds[w].limit_bytes}};
    for (uint64_t k = 0; k < SKETCHES; k++)
        at->sketch[k] = sketch_create(&at->budget, 0x9e3779b97f4a7c15u * (k + 1), worlds[w].sets_max);
}

static void world_end(struct world *at) {
    for (int k = 0; k < SKETCHES; k++) sketch_destroy(at->sketch[k]);
    sketch_budget_deinit(&at->budget);
}

/* Adds FROM to TO, in batches of at most CUT (0: of random length). */
static void world_add(struct world *at, uint32_t from, uint32_t to, uint32_t cut, uint64_t *x) {
    for (uint32_t i = from; i < to; i++) stream.adds[i].sketch = at->sketch[stream.to[i]];
    while (from < to) {
        uint32_t n = cut > 0 ? cut : 1 + (uint32_t)(next_random(x) % 300);
        if (n > to - from) n = to - from;
        sketch_add_all(&stream.adds[from], n);
        from += n;
    }
}

static void expect_same(struct world *a, struct world *b, const char *context) {
    for (int k = 0; k < SKETCHES; k++) {
        struct buf x = {0}, y = {0};
        sketch_pack(a->sketch[k], LIST_WHOLE, &x);
        sketch_pack(b->sketch[k], LIST_WHOLE, &y);
        ck_assert_msg(x.len == y.len && memcmp(x.data, y.data, x.len) == 0, "%s: sketch %d differs", context, k);
        ck_assert_uint_eq(sketch_total(a->sketch[k]), sketch_total(b->sketch[k]));
        buf_free(&x);
        buf_free(&y);
    }
    ck_assert_uint_eq(a->budget.growth_refused, b->budget.growth_refused);
    ck_assert_uint_eq(a->budget.overflows, b->budget.overflows);
    ck_assert_uint_eq(a->budget.saturated, b->budget.saturated);
}

/* The last path, one add at a time, is what the others are held against; looked at again and again, since what went
 * wrong may be evicted later. */
START_TEST(every_path_and_every_cut_give_the_same_bytes) {
    static const uint32_t cuts[] = {0, 1, 7, 64, 65, ADDS};
    int w = _i / (int)ARRAY_LEN(cuts), looks = LOOKS;
    uint32_t cut = cuts[_i % (int)ARRAY_LEN(cuts)];
    uint64_t x = 1234567;
    given_adds(w);
    for (size_t p = 0; p < sketch_paths_n; p++) {
        if (!sketch_paths[p]->runs_here()) {
            printf("SKIP sketch path %s: not on this processor\n", sketch_paths[p]->name);
            continue;
        }
        struct world one, many;
        char context[100];
        snprintf(context, sizeof context, "%s, path %s, cut %u", worlds[w].kind.name, sketch_paths[p]->name,
                 (unsigned)cut);
        world_begin(&one, w);
        world_begin(&many, w);
        for (uint32_t i = 0; i < ADDS; i += ADDS / (uint32_t)looks) {
            sketch_path_choose(sketch_paths[sketch_paths_n - 1]);
            world_add(&one, i, i + ADDS / (uint32_t)looks, 1, &x);
            sketch_path_choose(sketch_paths[p]);
            world_add(&many, i, i + ADDS / (uint32_t)looks, cut, &x);
            expect_same(&one, &many, context);
        }
        sketch_path_choose(NULL);
        world_end(&one);
        world_end(&many);
    }
}
END_TEST

Suite *sketch_paths_suite(void);
Suite *sketch_paths_suite(void) {
    Suite *s = suite_create("sketch_paths");
    TCase *c = tcase_create("same");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, every_path_and_every_cut_give_the_same_bytes, 0, 6 * (int)ARRAY_LEN(worlds));
    suite_add_tcase(s, c);
    return s;
}
