/* Who acts when, and what goes wrong. */
#include "model/sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/testhook.h"
#include "protocol/commit.h"

const char *const sim_event_names[SAW_EVENTS] = {"kill",    "start", "rebalance", "freeze", "failover", "flush",
                                                 "restore", "join",  "retire",    "return", "config",   "reset",
                                                 "trunc",   "open",  "ended",     "final",  "lost",     "settled"};

enum { ACTOR_CONSUMER, ACTOR_PUBLISHER, ACTOR_MERGER };

/* -- workers -- */

static int64_t clock_wall(void *self) { return BASE_MS + ((struct sim *)self)->now_ms; }
static int64_t clock_mono(void *self) { return ((struct sim *)self)->now_ms; }
static struct clock sim_clock(struct sim *s) { return (struct clock){clock_wall, clock_mono, s}; }
static int64_t redis_now(void *self) { return ((struct sim *)self)->now_ms; }

static uint32_t sim_partitions(void *self, uint32_t topic) {
    const struct sim *s = self;
    (void)topic;
    return (uint32_t)(s->partitions - (s->now_ms < s->known_ms || sim_is_away(s)));
}

static void sim_act(struct sim *s);

/* What becomes of one request; and others may act before it. */
static int before_call(void *ctx, int kind) {
    struct sim_worker *w = ctx;
    struct sim *s = w->sim;
    (void)kind;
    if (w->dying) return FAKE_DROP_BEFORE;
    if (s->depth < 3 && rng_chance(&s->rng, .2)) {
        s->depth++;
        sim_act(s);
        s->depth--;
    }
    if (!s->faults) return FAKE_DO;
    if (rng_chance(&s->rng, s->drop_rate * .2)) {
        w->dying = true; /* kill -9 between two requests, or with one in the socket */
        s->events[SAW_KILL]++;
        return rng_chance(&s->rng, .5) ? FAKE_LATE : FAKE_DROP_BEFORE;
    }
    if (rng_chance(&s->rng, s->drop_rate)) return FAKE_ODD;
    if (!rng_chance(&s->rng, s->drop_rate)) return FAKE_DO;
    static const double fates[] = {.5, .2, .3};
    static const int fate[] = {FAKE_DROP_AFTER, FAKE_LATE, FAKE_DROP_BEFORE};
    return fate[rng_pick(&s->rng, fates, 3)];
}

static struct fake_store *store_make(struct sim_worker *w) {
    struct fake_store *f = fake_store_create(w->sim->redis, "g");
    f->before_call = before_call;
    f->hook_ctx = w;
    return f;
}

static struct clock the_clock; /* of the history that runs: hubs borrow it */

static void worker_start(struct sim *s, struct sim_worker *w) {
    const struct config *c = s->configs[s->configuration];
    w->alive = true;
    w->dying = false;
    w->configuration = s->configuration;
    w->frozen_until_ms = 0;
    w->metrics = metrics_create();
    hub_init(&w->hub, c, &the_clock, w->metrics, sim_partitions, s);
    w->hub.instances =
        (uint64_t)s->now_ms * 8 + (uint64_t)w->number; /* distinct in this worker, which is all that matters */
    w->source = (struct sim_source){.sim = s, .worker = w};
    for (int p = 0; p < PARTITIONS_MAX; p++) {
        w->source.position[p] = -1;
        w->settled_seen[p] = NO_MINUTE;
    }
    w->publish_store = store_make(w);
    w->merge_store = store_make(w);
    w->consumer = consumer_create(&w->hub, 0, sim_source_ops(&w->source), 1 << 28);
    w->publisher = publisher_create(&w->hub, fake_store_ops(w->publish_store));
    w->merger = merger_create(&w->hub, fake_store_ops(w->merge_store));
}

static void worker_end(struct sim_worker *w) {
    if (!w->alive) return;
    consumer_destroy(w->consumer);
    publisher_destroy(w->publisher);
    merger_destroy(w->merger);
    fake_store_destroy(w->publish_store);
    fake_store_destroy(w->merge_store);
    hub_deinit(&w->hub);
    metrics_destroy(w->metrics);
    w->alive = w->dying = false;
}

/* -- acting -- */

static void act_consumer(struct sim_worker *w) {
    w->source.budget = 1 + (int)rng_below(&w->sim->rng, 6);
    consumer_step(w->consumer, 0);
    sim_note_settled(w->sim, w);
}

static void act(struct sim_worker *w, int actor) {
    if (w->busy[actor]) return;
    w->busy[actor] = true;
    if (actor == ACTOR_CONSUMER) act_consumer(w);
    if (actor == ACTOR_PUBLISHER) publisher_step(w->publisher, 0);
    if (actor == ACTOR_MERGER) merger_step(w->merger);
    w->busy[actor] = false;
    struct err failure;
    if (health_failed(&w->hub.health, &failure)) sim_fail(w->sim, failure.text);
}

static bool worker_is_free(const struct sim_worker *w) { return !w->busy[0] && !w->busy[1] && !w->busy[2]; }

static void sim_act(struct sim *s) {
    struct sim_worker *w = &s->workers[rng_below(&s->rng, (uint64_t)s->workers_n)];
    if (!w->alive || w->dying || w->frozen_until_ms > s->now_ms) return;
    act(w, rng_pick(&s->rng, s->pace, 3));
}

/* -- faults -- */

static void do_kill(struct sim *s, struct sim_worker *w) {
    if (!w->alive) return;
    worker_end(w);
    s->events[SAW_KILL]++;
    if (rng_chance(&s->rng, .5)) sim_rebalance(s);
}

static void do_start(struct sim *s, struct sim_worker *w) {
    if (w->alive) return;
    worker_start(s, w);
    s->events[SAW_START]++;
    sim_rebalance(s);
}

static void do_rebalance(struct sim *s, struct sim_worker *w) {
    (void)w;
    s->events[SAW_REBALANCE]++;
    sim_rebalance(s);
}

static void do_freeze(struct sim *s, struct sim_worker *w) {
    w->frozen_until_ms = s->now_ms + (int64_t)(2 + rng_below(&s->rng, 12)) * UNIT_MS;
    s->events[SAW_FREEZE]++;
    if (rng_chance(&s->rng, .7)) sim_rebalance(s);
}

void sim_life(struct sim *s, char life[LIFE_LEN + 1]) {
    struct store_progress p = {0};
    fake_redis_progress(s->redis, &p);
    memcpy(life, p.life, LIFE_LEN + 1);
    store_progress_deinit(&p);
}

static void do_failover(struct sim *s, struct sim_worker *w) {
    char before[LIFE_LEN + 1], after[LIFE_LEN + 1];
    (void)w;
    sim_life(s, before);
    fake_redis_failover(s->redis, (int64_t)(UNIT_MS / 2 + rng_real(&s->rng) * (LOSS_MS - UNIT_MS / 2)));
    sim_life(s, after);
    if (strcmp(before, after) != 0) sim_exempt_settled(s);
    s->events[SAW_FAILOVER]++;
}

static void do_flush(struct sim *s, struct sim_worker *w) {
    (void)w;
    sim_exempt_settled(s);
    fake_redis_flush(s->redis, rng_chance(&s->rng, .4));
    s->events[SAW_FLUSH]++;
}

/* It comes back as a snapshot knew it, older than SETTLE_DELAY allows, and with the same life. */
static void do_restore(struct sim *s, struct sim_worker *w) {
    (void)w;
    if (!s->restores) return;
    sim_exempt_settled(s);
    fake_redis_failover(s->redis, (int64_t)(LOSS_MS + rng_real(&s->rng) * 4 * MINUTE_MS));
    sim_life(s, s->restored);
    s->events[SAW_RESTORE]++;
}

static void all_stop(struct sim *s) {
    for (int i = 0; i < s->workers_n; i++) worker_end(&s->workers[i]);
}
static void all_start(struct sim *s) {
    for (int i = 0; i < s->workers_n; i++) worker_start(s, &s->workers[i]);
    sim_rebalance(s);
}

static void do_config(struct sim *s, struct sim_worker *w) {
    (void)w;
    all_stop(s);
    s->configuration ^= 1;
    s->events[SAW_CONFIG]++;
    all_start(s);
}

static void unsure_up_to(struct sim *s, int64_t time_ms) {
    if (minute_of(time_ms) + 2 > s->unsure) s->unsure = minute_of(time_ms) + 2;
}

/* The times of one that joins go back by minutes: what is found behind a hole tells nothing of what lay in it. Of one
 * that goes, what is lost is hard enough to tell. */
static bool is_left_alone(const struct sim *s, int p) {
    return p == s->partitions - 1 && (s->theme == THEME_JOIN || s->theme == THEME_RETIRE);
}

/* An operator's tool commits a bare offset. */
static void do_reset(struct sim *s, struct sim_worker *w) {
    int p = (int)rng_below(&s->rng, (uint64_t)s->partitions);
    (void)w;
    if (!s->commits[p].set || is_left_alone(s, p)) return;
    all_stop(s);
    int64_t start = s->log[p].start, end = sim_log_end(s, p);
    s->commits[p].offset = start + (int64_t)rng_below(&s->rng, (uint64_t)(end - start + 1));
    s->commits[p].metadata[0] = 0;
    /* Rule 5 takes W from the record before; where there is none, from what it finds first, whenever it looks. */
    int64_t x = s->commits[p].offset;
    if (x > start && s->log[p].records[x - 1].exists)
        unsure_up_to(s, s->log[p].records[x - 1].time_ms);
    else
        s->trust_x[p] = x != 0;
    s->events[SAW_RESET]++;
    all_start(s);
}

/* Retention takes what somebody may still need. */
static void do_trunc(struct sim *s, struct sim_worker *w) {
    int p = (int)rng_below(&s->rng, (uint64_t)s->partitions);
    struct commit_meta m;
    (void)w;
    if (!s->commits[p].set || !commit_meta_parse(s->commits[p].metadata, &m) || is_left_alone(s, p)) return;
    all_stop(s);
    int64_t end = sim_log_end(s, p);
    if (end > m.rewind) {
        int64_t to = m.rewind + (int64_t)rng_below(&s->rng, (uint64_t)(end - m.rewind + 1));
        if (to > s->log[p].start) s->log[p].start = to;
    }
    /* A hole up to F: what the frontier's W may have touched; beyond F: what it finds first counts too, whenever it
     * looks. */
    if (s->log[p].start > m.rewind && m.frontier_log_time_ms != TIME_NEVER) unsure_up_to(s, m.frontier_log_time_ms);
    s->trust_x[p] = s->log[p].start > s->commits[p].offset;
    s->events[SAW_TRUNC]++;
    all_start(s);
}

static void fault(struct sim *s) {
    static const double weights[] = {6, 8, 4, 4, 5, 1.5, 1.5, .7, .7, .7};
    static void (*const kinds[])(struct sim *, struct sim_worker *) = {
        do_kill, do_start, do_rebalance, do_freeze, do_failover, do_flush, do_restore, do_config, do_reset, do_trunc};
    kinds[rng_pick(&s->rng, weights, 10)](s, &s->workers[rng_below(&s->rng, (uint64_t)s->workers_n)]);
}

/* -- one history -- */

static void bury(struct sim *s) {
    for (int i = 0; i < s->workers_n; i++) {
        struct sim_worker *w = &s->workers[i];
        if (!w->dying || !worker_is_free(w)) continue;
        worker_end(w);
        if (rng_chance(&s->rng, .5)) sim_rebalance(s);
    }
}

/* A topic that was made again with fewer partitions; or metadata that lag behind, for the group as for everybody. */
static void come_and_go(struct sim *s) {
    sim_look_retired(s);
    if (s->away == sim_is_away(s)) return;
    s->away = !s->away;
    bool stop = s->back_ms == SIM_NEVER && rng_chance(&s->rng, .5);
    if (stop) all_stop(s);
    if (stop) all_start(s);
    sim_rebalance(s);
}

static void step(struct sim *s) {
    s->now_ms += (int64_t)rng_below(&s->rng, UNIT_MS / 7);
    if (s->redis->ghosts_n > 0 && rng_chance(&s->rng, .05))
        fake_redis_run_ghost(s->redis, rng_below(&s->rng, s->redis->ghosts_n));
    if (rng_chance(&s->rng, s->fault_rate)) fault(s);
    if (!s->added && sim_is_there(s, s->partitions - 1)) {
        s->added = true;
        sim_rebalance(s);
    }
    come_and_go(s);
    sim_act(s);
    bury(s);
}

static void settle_down(struct sim *s) {
    for (int i = 0; i < s->workers_n; i++) {
        struct sim_worker *w = &s->workers[i];
        for (int k = 0; k < 6; k++) {
            w->source.budget = 64;
            consumer_step(w->consumer, 0);
            sim_note_settled(s, w);
            act(w, ACTOR_PUBLISHER);
        }
        for (int k = 0; k < 4; k++) act(w, ACTOR_MERGER);
        sim_note_settled(s, w);
    }
}

static uint64_t state_of_world(struct sim *s) {
    struct buf b = {0};
    struct store_progress rows = {0};
    fake_redis_dump(s->redis, &b);
    uint64_t h = 0;
    /* Rows change for ever (they say when the end was seen): only what they settle counts. */
    for (char *line = (char *)(uintptr_t)buf_text(&b); *line != 0;) {
        char *end = strchr(line, '\n');
        if (strncmp(line, "topk:progress", 13) != 0) h = h * 1099511628211u ^ hash64(line, (size_t)(end - line), 0);
        line = end + 1;
    }
    fake_redis_progress(s->redis, &rows);
    for (size_t i = 0; i < rows.n; i++) {
        struct progress_row row;
        if (progress_row_parse((struct bytes){rows.rows[i].value, rows.rows[i].value_len}, &row))
            h = h * 31 + (uint64_t)row.settled;
    }
    store_progress_deinit(&rows);
    buf_free(&b);
    return h;
}

/* Until nothing changes any more. */
static void quiet_down(struct sim *s) {
    uint64_t last = 0;
    int64_t since = s->now_ms, limit = s->now_ms + 600 * UNIT_MS;
    while (s->now_ms < limit && s->bad[0] == 0) {
        s->now_ms += 2 * UNIT_MS;
        come_and_go(s);
        settle_down(s);
        if (s->now_ms / (2 * UNIT_MS) % 4 != 0) continue; /* looking at the whole world costs more than moving it */
        uint64_t state = state_of_world(s);
        if (state != last) since = s->now_ms;
        last = state;
        bool quiet = s->now_ms > since + 15 * UNIT_MS;
        if (quiet && s->now_ms > s->end_ms + 9 * MINUTE_MS + 2 * MINUTE_MS) return;
    }
}

static void quiesce(struct sim *s) {
    s->faults = false;
    fake_redis_run_ghosts(s->redis);
    bury(s);
    for (int i = 0; i < s->workers_n; i++) {
        if (!s->workers[i].alive) worker_start(s, &s->workers[i]);
        s->workers[i].frozen_until_ms = 0;
    }
    sim_rebalance(s);
    quiet_down(s);
    if (s->theme != THEME_EXPIRY) return;
    for (int64_t until = s->now_ms + 3 * SHORT_RETENTION_MS; s->now_ms < until && s->bad[0] == 0; s->now_ms += UNIT_MS)
        settle_down(s);
    fake_redis_expire_due(s->redis);
}

static struct config *config_make(bool other, bool short_retention, char *problem, size_t size) {
    const char *env[] = {"TOPKD_TOPICS=t",
                         "TOPKD_GROUP=g",
                         "TOPKD_LATENESS=36s",
                         "TOPKD_FUTURE=60s",
                         "TOPKD_SLACK=18s",
                         "TOPKD_SETTLE_DELAY=30s",
                         "TOPKD_PUBLISH_INTERVAL=1s",
                         "TOPKD_CHECKPOINT_INTERVAL=5s",
                         "TOPKD_GLOBAL=g",
                         "TOPKD_THREADS=1",
                         other ? "TOPKD_WEIGHTS=third=0" : "TOPKD_WEIGHTS=*=1",
                         "TOPKD_SKETCH_KB=1",
                         short_retention ? "TOPKD_RETENTION=3m" : "TOPKD_RETENTION=25h",
                         NULL};
    struct config *c = NULL;
    struct buf problems = {0};
    if (config_load(env, &c, &problems) != 0) snprintf(problem, size, "%s", buf_text(&problems));
    buf_free(&problems);
    return c;
}

static struct sim *sim_create(uint64_t seed, const struct sim_options *o) {
    static const double factors[] = {.3, 1, 2};
    struct sim *s = calloc(1, sizeof *s);
    if (s == NULL) abort();
    s->rng.s = seed * 7919 + 1;
    s->faults = true;
    s->theme = (enum sim_theme)(seed % THEMES);
    s->partitions = 2 + (int)rng_below(&s->rng, 2);
    s->workers_n = 2 + (int)rng_below(&s->rng, 2);
    s->end_ms = o->units * UNIT_MS;
    s->fault_rate = o->fault_rate * factors[rng_below(&s->rng, 3)];
    s->drop_rate = o->drop_rate * factors[rng_below(&s->rng, 3)];
    static const double paces[] = {25, 4, 1};
    s->pace[ACTOR_CONSUMER] = 50;
    s->pace[ACTOR_PUBLISHER] = paces[rng_below(&s->rng, 3)];
    s->pace[ACTOR_MERGER] = paces[rng_below(&s->rng, 3)];
    s->unsure = NO_MINUTE;
    s->restores = seed / THEMES % 2 == 0;
    for (int p = 0; p < PARTITIONS_MAX; p++) s->max_settled[p] = NO_MINUTE;
    for (int c = 0; c < 2; c++) {
        s->configs[c] = config_make(c == 1, s->theme == THEME_EXPIRY, s->bad, sizeof s->bad);
        s->meanings[c] = s->configs[c] == NULL ? 0 : config_meaning_hash(s->configs[c]);
    }
    s->redis = fake_redis_create("topk", s->theme == THEME_EXPIRY ? SHORT_RETENTION_MS : 25 * 3600 * 1000);
    s->redis->now_ms = redis_now;
    s->redis->now_ctx = s;
    s->redis->on_list = sim_check_write;
    s->redis->on_list_ctx = s;
    the_clock = sim_clock(s);
    if (s->theme == THEME_JOIN) {
        s->added_ms = (int64_t)(rng_real(&s->rng) * .8 * (double)s->end_ms);
        s->known_ms = s->added_ms + (int64_t)rng_below(&s->rng, 8 * UNIT_MS);
    }
    s->away_ms = s->back_ms = SIM_NEVER;
    s->retired_x = s->retired_to = NO_MINUTE;
    if (s->theme == THEME_RETIRE) {
        s->away_ms = (int64_t)((.1 + rng_real(&s->rng) * .4) * (double)s->end_ms);
        if (rng_chance(&s->rng, .5)) s->back_ms = s->away_ms + (int64_t)(5 + rng_below(&s->rng, 45)) * UNIT_MS;
    }
    sim_log_fill(s);
    for (int i = 0; i < s->workers_n; i++) {
        s->workers[i].sim = s;
        s->workers[i].number = i;
    }
    return s;
}

static void sim_destroy(struct sim *s) {
    all_stop(s);
    fake_redis_destroy(s->redis);
    config_destroy(s->configs[0]);
    config_destroy(s->configs[1]);
    free(s);
}

bool sim_run(uint64_t seed, const struct sim_options *o, char bad[160], uint64_t events[SAW_EVENTS]) {
    struct sim *s = sim_create(seed, o);
    if (s->bad[0] == 0) all_start(s);
    while (s->bad[0] == 0 && s->now_ms < s->end_ms) step(s);
    if (s->bad[0] == 0) quiesce(s);
    if (s->bad[0] == 0 && s->theme != THEME_EXPIRY) sim_verdict(s);
    if (s->bad[0] == 0 && s->theme == THEME_EXPIRY) sim_expiry_verdict(s);
    snprintf(bad, 160, "%s", s->bad);
    for (int i = 0; i < SAW_EVENTS; i++) events[i] += s->events[i];
    sim_destroy(s);
    return bad[0] == 0;
}
