/* unit/store/check_store_differential.c - two implementations of store_ops, written apart, must do the same.
 * One is Lua in a real Redis, the other is C in memory. Long random sequences of calls must get the same answers from
 * both and leave both with the same fields in the same keys. What the property test of
 * the delivery rules finds out about the fake then holds for the scripts. TOPKD_TEST_SEEDS=n runs n sequences instead
 * of SEEDS; a failure names its seed and step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store_pair.h"

enum { SEEDS = 12, STEPS = 600, DUMP_EVERY = 40, LOCATIONS = 4, MINUTES = 20, PARTITIONS = 3, MANY_ITEMS = 1234 };

static const char *const locations[LOCATIONS] = {"US", "a|b:c", "%{x}", "global"};
static const char *const partitions[PARTITIONS] = {"events/0", "events/11", "more.events-2/0"};
static const char *const states[] = {"open", "ended", "final", "lost"};
static const char *const lives[] = {"", "00000000000000aa", "00000000000000bb", "00000000000000cc"};
static const char *const tokens[] = {"0000000000000001", "0000000000000002", "0000000000000003"};
static const int64_t first_minute = 29396348, wall_start_ms = 1763752080000;

/* What a merger would remember of a list's hash. */
struct known_hash {
    char token_real[STORE_TOKEN_LEN + 1], token_fake[STORE_TOKEN_LEN + 1];
    int64_t writes;
};

struct run {
    struct store_pair pair;
    uint64_t random;
    int64_t wall_ms;
    struct known_hash known[LOCATIONS][MINUTES];
    char where[64];                  /* seed, step and call, for messages */
    struct buf said_real, said_fake; /* the answers of a call as text */
    char arena[1 << 16];             /* random bytes that calls borrow */
    size_t arena_n;
};

/* splitmix64: the same sequence everywhere. */
static uint64_t draw(struct run *t, uint64_t below) {
    uint64_t z = (t->random += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (z ^ (z >> 31)) % below;
}

static struct bytes some_bytes(struct run *t, size_t below) {
    size_t n = draw(t, below);
    struct bytes b = {t->arena + t->arena_n, n};
    ck_assert_uint_lt(t->arena_n + n, sizeof t->arena);
    for (size_t i = 0; i < n; i++) t->arena[t->arena_n++] = (char)draw(t, 256);
    return b;
}

static struct bytes some_location(struct run *t) { return fake_text(locations[draw(t, LOCATIONS)]); }

static int64_t some_minute(struct run *t) { return first_minute + (int64_t)draw(t, MINUTES); }

static void some_fence(struct run *t, char out[FENCE_LEN + 1]) {
    fence_format(out, 1 + draw(t, 3), (int64_t)draw(t, 4) - 1);
}

static struct known_hash *known_of(struct run *t, struct bytes location, int64_t minute) {
    for (size_t i = 0; i < LOCATIONS; i++)
        if (fake_eq(location, fake_text(locations[i]))) return &t->known[i][minute - first_minute];
    return NULL;
}

static void expect_same(struct run *t, int real, int fake) {
    ck_assert_msg(real == fake, "%s: Redis says %d, the fake %d", t->where, real, fake);
    pair_sort_lines(&t->said_real);
    pair_sort_lines(&t->said_fake);
    ck_assert_msg(strcmp(buf_text(&t->said_real), buf_text(&t->said_fake)) == 0, "%s\nRedis:\n%s\nfake:\n%s", t->where,
                  buf_text(&t->said_real), buf_text(&t->said_fake));
}

/* -- calls that write -- */

static void call_contribute(struct run *t, struct err *e) {
    struct store_part parts[2][3][4] = {0};
    struct store_parts lists[2][3];
    size_t n = 1 + draw(t, 3);
    for (size_t i = 0; i < n; i++) {
        lists[0][i] = (struct store_parts){.location = some_location(t), .minute = some_minute(t), .n = 1 + draw(t, 4)};
        for (size_t j = 0; j < lists[0][i].n; j++) {
            struct store_part *p = &parts[0][i][j];
            *p = (struct store_part){.partition_name = partitions[draw(t, PARTITIONS)],
                                     .final = draw(t, 2) == 0,
                                     .only_if_there = draw(t, 3) == 0,
                                     .items = some_bytes(t, 200)};
            some_fence(t, p->fence);
            parts[1][i][j] = *p;
        }
        lists[1][i] = lists[0][i];
        lists[0][i].parts = parts[0][i];
        lists[1][i].parts = parts[1][i];
    }
    int real = t->pair.real.ops->contribute(t->pair.real.self, lists[0], n, e);
    int fake = t->pair.fake.ops->contribute(t->pair.fake.self, lists[1], n, e);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < lists[0][i].n; j++) {
            buf_addf(&t->said_real, "%zu %zu %d\n", i, j, parts[0][i][j].answer);
            buf_addf(&t->said_fake, "%zu %zu %d\n", i, j, parts[1][i][j].answer);
        }
    expect_same(t, real, fake);
}

static void call_note(struct run *t, struct err *e) {
    struct store_note notes[5];
    size_t n = 1 + draw(t, ARRAY_LEN(notes));
    for (size_t i = 0; i < n; i++) {
        notes[i] = (struct store_note){.location = some_location(t), .minute = some_minute(t)};
        strcpy(notes[i].token, tokens[draw(t, ARRAY_LEN(tokens))]);
    }
    expect_same(t, t->pair.real.ops->note(t->pair.real.self, notes, n, e),
                t->pair.fake.ops->note(t->pair.fake.self, notes, n, e));
}

static void call_notes_end(struct run *t, struct err *e) {
    struct store_note_end ends[5];
    size_t n = 1 + draw(t, ARRAY_LEN(ends));
    for (size_t i = 0; i < n; i++)
        ends[i] = (struct store_note_end){.location = some_location(t),
                                          .minute = some_minute(t),
                                          .token = tokens[draw(t, ARRAY_LEN(tokens))],
                                          .wait = draw(t, 2) == 0};
    expect_same(t, t->pair.real.ops->notes_end(t->pair.real.self, ends, n, e),
                t->pair.fake.ops->notes_end(t->pair.fake.self, ends, n, e));
}

static struct bytes some_row(struct run *t) {
    char *text = t->arena + t->arena_n;
    ck_assert_uint_lt(t->arena_n + 64, sizeof t->arena);
    int n = snprintf(text, 64, "%llu;%s;-;-;%llu;-;0", (unsigned long long)draw(t, 1000), draw(t, 6) == 0 ? "+" : "7",
                     (unsigned long long)draw(t, 1000));
    t->arena_n += (size_t)n + 1;
    return (struct bytes){text, (size_t)n};
}

static void say_row(struct buf *out, size_t i, const struct store_row *row) {
    buf_addf(out, "%zu %d %s %lld\n", i, row->answer, row->new_life, (long long)row->rows_stored);
}

static void call_rows_write(struct run *t, struct err *e) {
    struct store_row rows[2][4] = {0};
    size_t n = draw(t, 5);
    const char *new_life = lives[1 + draw(t, ARRAY_LEN(lives) - 1)];
    for (size_t i = 0; i < n; i++) {
        rows[0][i] = (struct store_row){.partition_name = partitions[draw(t, PARTITIONS)], .value = some_row(t)};
        rows[0][i].rows_kept = draw(t, 4) == 0 ? (int64_t)draw(t, 12) : 0;
        some_fence(t, rows[0][i].fence);
        strcpy(rows[0][i].life, lives[draw(t, ARRAY_LEN(lives))]);
        rows[1][i] = rows[0][i];
    }
    int real = t->pair.real.ops->rows_write(t->pair.real.self, rows[0], n, new_life, e);
    int fake = t->pair.fake.ops->rows_write(t->pair.fake.self, rows[1], n, new_life, e);
    for (size_t i = 0; i < n; i++) {
        say_row(&t->said_real, i, &rows[0][i]);
        say_row(&t->said_fake, i, &rows[1][i]);
    }
    expect_same(t, real, fake);
}

static void say_join(struct buf *out, size_t i, const struct store_join *j) {
    buf_addf(out, "%zu %s %s %s %s %d %lld\n", i, j->life, j->partition_name, j->fence, j->value, j->is_new,
             (long long)j->closable_until);
}

static void call_join(struct run *t, struct err *e) {
    struct store_join joins[2][4] = {0};
    size_t n = 1 + draw(t, 4);
    const char *new_life = lives[1 + draw(t, ARRAY_LEN(lives) - 1)];
    for (size_t i = 0; i < n; i++)
        joins[0][i].partition_name = joins[1][i].partition_name = partitions[draw(t, PARTITIONS)];
    int real = t->pair.real.ops->join(t->pair.real.self, joins[0], n, new_life, e);
    int fake = t->pair.fake.ops->join(t->pair.fake.self, joins[1], n, new_life, e);
    for (size_t i = 0; i < n; i++) {
        say_join(&t->said_real, i, &joins[0][i]);
        say_join(&t->said_fake, i, &joins[1][i]);
    }
    expect_same(t, real, fake);
}

/* As a merger that read the progress, now and then an older one. */
static void call_close(struct run *t, struct err *e) {
    struct store_progress p;
    bool done[2];
    ck_assert_int_eq(t->pair.real.ops->progress_read(t->pair.real.self, &p, e), STORE_OK);
    p.members -= draw(t, 4) == 0;
    if (draw(t, 8) == 0) strcpy(p.life, lives[1]);
    int64_t minute = some_minute(t);
    int real = t->pair.real.ops->close_up_to(t->pair.real.self, &p, minute, &done[0], e);
    int fake = t->pair.fake.ops->close_up_to(t->pair.fake.self, &p, minute, &done[1], e);
    store_progress_deinit(&p);
    ck_assert_msg(done[0] == done[1], "%s: Redis %d, the fake %d", t->where, done[0], done[1]);
    expect_same(t, real, fake);
}

/* One row that is there, now and then as it was before. */
static void call_retire(struct run *t, struct err *e) {
    struct store_progress p;
    ck_assert_int_eq(t->pair.real.ops->progress_read(t->pair.real.self, &p, e), STORE_OK);
    if (p.n > 0) {
        struct store_progress_row *was = &p.rows[draw(t, p.n)];
        was->rows_stored -= draw(t, 4) == 0;
        struct store_retire real = {.was = was, .value = fake_text("1;+;2;3;-;-;0")}, fake = real;
        int said = t->pair.real.ops->retire(t->pair.real.self, &real, 1, e);
        expect_same(t, said, t->pair.fake.ops->retire(t->pair.fake.self, &fake, 1, e));
        ck_assert_msg(real.done == fake.done, "%s: Redis %d, the fake %d", t->where, real.done, fake.done);
    }
    store_progress_deinit(&p);
}

/* Items of a list are all different. */
static struct store_list_item *some_items(struct run *t, size_t n) {
    struct store_list_item *top = mem_zalloc(n + 1, sizeof *top);
    for (size_t i = 0; i < n; i++) {
        char *text = t->arena + t->arena_n;
        ck_assert_uint_lt(t->arena_n + 16, sizeof t->arena);
        int len = snprintf(text, 16, "%c%zu", (int)(1 + draw(t, 255)), i);
        t->arena_n += (size_t)len;
        top[i] = (struct store_list_item){.item = {text, (size_t)len}, .count = draw(t, 1000000000)};
    }
    return top;
}

static struct store_list some_list(struct run *t, struct store_list_item **top) {
    struct store_list l = {.location = some_location(t), .minute = some_minute(t)};
    l.writes = known_of(t, l.location, l.minute)->writes - (draw(t, 8) == 0);
    l.rows_version = (int64_t)draw(t, 4);
    l.state = states[draw(t, ARRAY_LEN(states))];
    l.final = strcmp(l.state, "final") == 0 && draw(t, 3) > 0;
    l.merged = some_bytes(t, 300);
    l.top_n = draw(t, 50) == 0 ? MANY_ITEMS : draw(t, 6);
    l.top = *top = some_items(t, l.top_n);
    l.log_time_ms = draw(t, 4) == 0 ? INT64_MIN : wall_start_ms + (int64_t)draw(t, 1000000);
    return l;
}

static void call_lists_write(struct run *t, struct err *e) {
    struct store_list lists[2][3];
    struct store_list_item *tops[3];
    size_t n = 1 + draw(t, 3);
    for (size_t i = 0; i < n; i++) {
        lists[0][i] = lists[1][i] = some_list(t, &tops[i]);
        strcpy(lists[0][i].hash_token, known_of(t, lists[0][i].location, lists[0][i].minute)->token_real);
        strcpy(lists[1][i].hash_token, known_of(t, lists[0][i].location, lists[0][i].minute)->token_fake);
    }
    int real = t->pair.real.ops->lists_write(t->pair.real.self, lists[0], n, t->wall_ms, e);
    int fake = t->pair.fake.ops->lists_write(t->pair.fake.self, lists[1], n, t->wall_ms, e);
    for (size_t i = 0; i < n; i++) {
        buf_addf(&t->said_real, "%zu %d %d\n", i, lists[0][i].answer, lists[0][i].lost);
        buf_addf(&t->said_fake, "%zu %d %d\n", i, lists[1][i].answer, lists[1][i].lost);
        mem_free(tops[i]);
    }
    expect_same(t, real, fake);
}

static void call_lists_lose(struct run *t, struct err *e) {
    struct store_loss losses[2][2];
    size_t n = 1 + draw(t, 2);
    for (size_t i = 0; i < n; i++)
        losses[0][i] = losses[1][i] = (struct store_loss){.location = some_location(t), .minute = some_minute(t)};
    int real = t->pair.real.ops->lists_lose(t->pair.real.self, losses[0], n, e);
    int fake = t->pair.fake.ops->lists_lose(t->pair.fake.self, losses[1], n, e);
    for (size_t i = 0; i < n; i++) {
        buf_addf(&t->said_real, "%zu %d\n", i, losses[0][i].answer);
        buf_addf(&t->said_fake, "%zu %d\n", i, losses[1][i].answer);
    }
    expect_same(t, real, fake);
}

static void call_locations_touch(struct run *t, struct err *e) {
    struct bytes all[3];
    size_t n = 1 + draw(t, ARRAY_LEN(all));
    for (size_t i = 0; i < n; i++) all[i] = some_location(t);
    expect_same(t, t->pair.real.ops->locations_touch(t->pair.real.self, all, n, e),
                t->pair.fake.ops->locations_touch(t->pair.fake.self, all, n, e));
}

/* -- calls that read -- */

static void say_progress(struct buf *out, const struct store_progress *p) {
    buf_addf(out, "life %s version %lld members %lld closed %lld\n", p->life, (long long)p->rows_version,
             (long long)p->members, (long long)p->closable_until);
    for (size_t i = 0; i < p->n; i++)
        buf_addf(out, "%s %s %s %lld\n", p->rows[i].partition_name, p->rows[i].fence, p->rows[i].value,
                 (long long)p->rows[i].rows_stored);
}

static int read_progress(struct store *s, struct buf *out, struct err *e) {
    struct store_progress p;
    int status = s->ops->progress_read(s->self, &p, e);
    say_progress(out, &p);
    store_progress_deinit(&p);
    return status;
}

static void call_progress_read(struct run *t, struct err *e) {
    int real = read_progress(&t->pair.real, &t->said_real, e);
    expect_same(t, real, read_progress(&t->pair.fake, &t->said_fake, e));
}

static int read_notes(struct store *s, const uint32_t *shards, size_t waiting, struct buf *out, struct err *e) {
    struct store_notes notes = {0};
    int status = s->ops->notes_read(s->self, shards, LOCATIONS, waiting, &notes, e);
    for (size_t i = 0; i < notes.n; i++) {
        struct store_note_read *note = &notes.notes[i];
        buf_addf(out, "%u %d %s %zu %lld %s\n", note->shard, note->waiting, note->location, note->location_len,
                 (long long)note->minute, note->token);
    }
    buf_addf(out, "life %s version %lld\n", notes.life, (long long)notes.rows_version);
    store_notes_deinit(&notes);
    return status;
}

static void call_notes_read(struct run *t, struct err *e) {
    uint32_t shards[LOCATIONS];
    size_t waiting = draw(t, LOCATIONS + 1);
    for (size_t i = 0; i < LOCATIONS; i++) shards[i] = keys_shard(fake_text(locations[i]));
    int real = read_notes(&t->pair.real, shards, waiting, &t->said_real, e);
    expect_same(t, real, read_notes(&t->pair.fake, shards, waiting, &t->said_fake, e));
}

static void say_hash(struct buf *out, size_t i, const struct store_hash *h) {
    buf_addf(out, "hash %zu exists %d closed %d lost %d n %lld e %d\n", i, h->exists, h->closed, h->lost,
             (long long)h->writes, h->hash_token[0] != '\0');
    for (size_t j = 0; j < h->parts_n; j++) {
        buf_addf(out, "part %zu %d ", i, h->parts[j].final);
        fake_dump_line(out, fake_text(h->parts[j].partition_name), fake_text(h->parts[j].fence),
                       (struct bytes){h->parts[j].items, h->parts[j].items_len});
    }
}

static int read_round(struct run *t, struct store *s, struct store_hash *hashes, bool real, struct err *e) {
    struct buf *out = real ? &t->said_real : &t->said_fake;
    struct store_lists_read r = {.hashes = hashes, .hashes_n = MINUTES};
    int status = s->ops->lists_read(s->self, &r, e);
    say_progress(out, &r.progress);
    buf_addf(out, "changed %d\n", r.life_changed);
    for (size_t i = 0; i < MINUTES; i++) {
        struct known_hash *known = known_of(t, hashes[i].location, hashes[i].minute);
        say_hash(out, i, &hashes[i]);
        strcpy(real ? known->token_real : known->token_fake, hashes[i].hash_token);
        known->writes = hashes[i].writes;
    }
    store_lists_read_deinit(&r);
    return status;
}

static void call_round_read(struct run *t, struct err *e) {
    struct store_hash hashes[2][MINUTES] = {0};
    struct bytes location = some_location(t);
    for (size_t i = 0; i < MINUTES; i++) {
        hashes[0][i].location = hashes[1][i].location = location;
        hashes[0][i].minute = hashes[1][i].minute = first_minute + (int64_t)i;
    }
    int real = read_round(t, &t->pair.real, hashes[0], true, e);
    expect_same(t, real, read_round(t, &t->pair.fake, hashes[1], false, e));
}

static void call_hello(struct run *t, struct err *e) {
    expect_same(t, t->pair.real.ops->hello(t->pair.real.self, e), t->pair.fake.ops->hello(t->pair.fake.self, e));
}

/* -- things that happen to a server -- */

static void call_expire(struct run *t, struct err *e) {
    (void)e;
    pair_expire_list(&t->pair, some_location(t), some_minute(t));
}

/* By somebody else's hand. */
static void call_delete_part(struct run *t, struct err *e) {
    (void)e;
    pair_delete_part(&t->pair, some_location(t), some_minute(t));
}

static void call_flush(struct run *t, struct err *e) {
    (void)e;
    pair_flush(&t->pair);
}

static void call_forget_scripts(struct run *t, struct err *e) {
    (void)e;
    redis_server_do(t->pair.server, "SCRIPT FLUSH");
}

static const struct {
    const char *name;
    void (*run)(struct run *t, struct err *e);
    unsigned weight;
} calls[] = {
    {"contribute", call_contribute, 20},
    {"note", call_note, 8},
    {"notes_end", call_notes_end, 10},
    {"rows_write", call_rows_write, 10},
    {"join", call_join, 5},
    {"close", call_close, 4},
    {"retire", call_retire, 2},
    {"lists_write", call_lists_write, 24},
    {"lists_lose", call_lists_lose, 2},
    {"locations_touch", call_locations_touch, 3},
    {"progress_read", call_progress_read, 3},
    {"notes_read", call_notes_read, 5},
    {"lists_read", call_round_read, 16},
    {"hello", call_hello, 1},
    {"expire", call_expire, 8},
    {"delete_part", call_delete_part, 3},
    {"flush", call_flush, 1},
    {"forget_scripts", call_forget_scripts, 2},
};

static size_t some_call(struct run *t) {
    unsigned sum = 0;
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) sum += calls[i].weight;
    uint64_t at = draw(t, sum);
    for (size_t i = 0;; i++) {
        if (at < calls[i].weight) return i;
        at -= calls[i].weight;
    }
}

static void expect_same_data(struct run *t) {
    pair_dump_real(&t->pair, &t->said_real);
    pair_dump_fake(&t->pair, &t->said_fake);
    ck_assert_msg(strcmp(buf_text(&t->said_real), buf_text(&t->said_fake)) == 0,
                  "%s\nRedis holds:\n%.1500s\nthe fake:\n%.1500s", t->where, buf_text(&t->said_real),
                  buf_text(&t->said_fake));
}

static void run_seed(struct redis_server *server, uint64_t seed) {
    struct run *t = mem_zalloc(1, sizeof *t);
    t->random = seed;
    t->wall_ms = wall_start_ms;
    pair_init(&t->pair, server);
    for (int step = 1; step <= STEPS; step++) {
        struct err e = {0};
        size_t call = some_call(t);
        snprintf(t->where, sizeof t->where, "seed %llu step %d %s", (unsigned long long)seed, step, calls[call].name);
        buf_clear(&t->said_real);
        buf_clear(&t->said_fake);
        t->arena_n = 0;
        t->wall_ms += (int64_t)draw(t, 60000);
        calls[call].run(t, &e);
        if (step % DUMP_EVERY == 0) expect_same_data(t);
    }
    pair_deinit(&t->pair);
    buf_free(&t->said_real);
    buf_free(&t->said_fake);
    mem_free(t);
}

static struct redis_server *server;
static void start(void) { server = redis_server_start(NULL); }
static void stop(void) { redis_server_stop(server); }

START_TEST(redis_and_the_fake_answer_alike_and_hold_the_same) {
    const char *env = getenv("TOPKD_TEST_SEEDS");
    uint64_t seeds = env != NULL ? strtoull(env, NULL, 10) : SEEDS;
    for (uint64_t seed = 1; seed <= seeds; seed++) run_seed(server, seed);
}
END_TEST

Suite *store_differential_suite(void);
Suite *store_differential_suite(void) {
    Suite *s = suite_create("store_differential");
    TCase *c = tcase_create("pair");
    tcase_add_unchecked_fixture(c, start, stop);
    tcase_set_timeout(c, 600);
    tcase_add_test(c, redis_and_the_fake_answer_alike_and_hold_the_same);
    suite_add_tcase(s, c);
    return s;
}
