/* model/sim.c - one history: a world is thrown, faults strike, it comes to rest, and is judged. */
#include "model/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "protocol/commit.h"

const char *const sim_event_names[SAW_EVENTS] = {
    [SAW_KILL] = "kill",           [SAW_START] = "start",   [SAW_REBALANCE] = "rebalance", [SAW_FREEZE] = "freeze",
    [SAW_FAILOVER] = "failover",   [SAW_FLUSH] = "flush",   [SAW_RESTORE] = "restore",     [SAW_JOIN] = "join",
    [SAW_RETIRE] = "retire",       [SAW_RETURN] = "return", [SAW_CONFIG] = "config",       [SAW_RESET] = "reset",
    [SAW_DUPLICATE] = "duplicate", [SAW_TRUNC] = "trunc",   [SAW_OPEN] = "open",           [SAW_ENDED] = "ended",
    [SAW_FINAL] = "final",         [SAW_LOST] = "lost",     [SAW_SETTLED] = "settled"};

/* -- faults -- */

/* A topic that was made again with fewer partitions; or metadata that lag behind, for the group as for everybody. */
static void come_and_go(struct sim *s) {
    sim_look_retired(s);
    if (s->leaving.group_knows == sim_is_away(s)) return;
    s->leaving.group_knows = !s->leaving.group_knows;
    bool stop = s->leaving.back_ms == SIM_NEVER && chance_of(&s->chance, .5);
    if (stop) sim_stop_all(s);
    if (stop) sim_start_all(s);
    sim_rebalance(s);
}

static void join(struct sim *s) {
    if (s->joining.group_knows || !sim_is_there(s, s->partitions_n - 1)) return;
    s->joining.group_knows = true;
    sim_rebalance(s);
}

static void step(struct sim *s) {
    s->now_ms += (int64_t)chance_below(&s->chance, UNIT_MS / 7);
    if (s->redis->ghosts_n > 0 && chance_of(&s->chance, .05))
        fake_redis_run_ghost(s->redis, chance_below(&s->chance, s->redis->ghosts_n));
    if (chance_of(&s->chance, s->fault_rate)) sim_fault(s);
    join(s);
    come_and_go(s);
    sim_act(s);
    sim_bury(s);
}

/* -- rest -- */

static void worker_settles_down(struct sim_worker *w) {
    for (int k = 0; k < 6; k++) {
        w->source.budget = 64;
        consumer_step(w->consumer, 0);
        sim_note_settled(w);
        sim_turn(w, ACTOR_PUBLISHER);
    }
    for (int k = 0; k < 4; k++) sim_turn(w, ACTOR_MERGER);
    sim_note_settled(w);
}

static void settle_down(struct sim *s) {
    for (int i = 0; i < s->workers_n; i++) worker_settles_down(&s->workers[i]);
}

/* Rows change for ever (they say when the end was seen): only what they settle counts. */
static uint64_t state_of_rows(const struct sim *s, uint64_t hash) {
    struct store_progress rows = {0};
    fake_redis_progress(s->redis, &rows);
    for (size_t i = 0; i < rows.n; i++) {
        struct progress_row row;
        if (progress_row_parse((struct bytes){rows.rows[i].value, rows.rows[i].value_len}, &row))
            hash = hash * 31 + (uint64_t)row.settled;
    }
    store_progress_deinit(&rows);
    return hash;
}

static uint64_t state_of_world(const struct sim *s) {
    static const char rows[] = "topk:progress";
    struct buf dump = {0};
    uint64_t hash = 0;
    fake_redis_dump(s->redis, &dump);
    for (const char *line = buf_text(&dump), *end; *line != 0; line = end + 1) {
        end = strchr(line, '\n');
        if (strncmp(line, rows, strlen(rows)) != 0)
            hash = hash * 1099511628211u ^ hash64(line, (size_t)(end - line), 0);
    }
    buf_free(&dump);
    return state_of_rows(s, hash);
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
    sim_bury(s);
    for (int i = 0; i < s->workers_n; i++) {
        if (s->workers[i].stage == WORKER_DOWN) sim_start(s, &s->workers[i]);
        s->workers[i].frozen_until_ms = 0;
    }
    sim_rebalance(s);
    quiet_down(s);
    if (s->theme != THEME_EXPIRY) return;
    for (int64_t until = s->now_ms + 3 * SHORT_RETENTION_MS; s->now_ms < until && s->bad[0] == 0; s->now_ms += UNIT_MS)
        settle_down(s);
    fake_redis_expire_due(s->redis);
}

/* -- a world -- */

static int64_t clock_wall(void *self) { return BASE_MS + ((struct sim *)self)->now_ms; }
static int64_t clock_mono(void *self) { return ((struct sim *)self)->now_ms; }

static struct config *config_make(const struct sim *s, bool other, char *problem, size_t size) {
    bool short_retention = s->theme == THEME_EXPIRY;
    char ids_max[48];
    snprintf(ids_max, sizeof ids_max, "TOPKD_DEDUP_IDS_MAX=%u", (unsigned)s->ids_max);
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
                         s->with_ids ? "TOPKD_FIELD_ID=id" : "TOPKD_FIELD_ID=",
                         "TOPKD_DEDUP=2m",
                         ids_max,
                         short_retention ? "TOPKD_RETENTION=3m" : "TOPKD_RETENTION=25h",
                         NULL};
    struct config *c = NULL;
    struct buf problems = {0};
    if (config_load(env, &c, &problems) != 0) snprintf(problem, size, "%s", buf_text(&problems));
    buf_free(&problems);
    return c;
}

static void throw_rates(struct sim *s, const struct sim_options *o) {
    static const double factors[] = {.3, 1, 2}, paces[] = {25, 4, 1};
    s->fault_rate = o->fault_rate * factors[chance_below(&s->chance, 3)];
    s->drop_rate = o->drop_rate * factors[chance_below(&s->chance, 3)];
    s->pace[ACTOR_CONSUMER] = 50;
    s->pace[ACTOR_PUBLISHER] = paces[chance_below(&s->chance, 3)];
    s->pace[ACTOR_MERGER] = paces[chance_below(&s->chance, 3)];
}

static void throw_theme(struct sim *s) {
    s->leaving = (struct sim_leaving){
        .away_ms = SIM_NEVER, .back_ms = SIM_NEVER, .unsure_until = NO_MINUTE, .unknown_until = NO_MINUTE};
    s->joining.left_out_until = NO_MINUTE;
    if (s->theme == THEME_JOIN) {
        s->joining.added_ms = (int64_t)(chance_real(&s->chance) * .8 * (double)s->end_ms);
        s->joining.known_ms = s->joining.added_ms + (int64_t)chance_below(&s->chance, 8 * UNIT_MS);
    }
    if (s->theme == THEME_RETIRE) {
        s->leaving.away_ms = (int64_t)((.1 + chance_real(&s->chance) * .4) * (double)s->end_ms);
        if (chance_of(&s->chance, .5))
            s->leaving.back_ms = s->leaving.away_ms + (int64_t)(5 + chance_below(&s->chance, 45)) * UNIT_MS;
    }
}

static void configs_make(struct sim *s) {
    for (int c = 0; c < CONFIGURATIONS; c++) {
        s->configs[c] = config_make(s, c == 1, s->bad, sizeof s->bad);
        s->meanings[c] = s->configs[c] == NULL ? 0 : config_meaning_hash(s->configs[c]);
    }
}

static void redis_make(struct sim *s) {
    s->redis = fake_redis_create("topk", s->theme == THEME_EXPIRY ? SHORT_RETENTION_MS : 25 * 3600 * 1000);
    s->redis->now_ms = clock_mono;
    s->redis->now_ctx = s;
    s->redis->on_list = sim_check_write;
    s->redis->on_list_ctx = s;
}

static struct sim *sim_create(uint64_t seed, const struct sim_options *o) {
    struct sim *s = mem_zalloc(1, sizeof *s);
    s->chance.state = seed * 7919 + 1;
    s->clock = (struct clock){clock_wall, clock_mono, s};
    s->faults = true;
    s->theme = (enum sim_theme)(seed % THEMES);
    s->restores = seed / THEMES % 2 == 0;
    s->with_ids = seed / THEMES / 2 % 2 == 1;
    s->ids_max = seed / THEMES / 4 % 2 == 1 ? SIM_IDS_FEW : 1000;
    s->by_ids.state = seed * 104729 + 1;
    s->unsure_until = NO_MINUTE;
    s->partitions_n = 2 + (int)chance_below(&s->chance, 2);
    s->workers_n = 2 + (int)chance_below(&s->chance, 2);
    s->end_ms = o->units * UNIT_MS;
    for (int p = 0; p < PARTITIONS_MAX; p++) s->partitions[p].settled_most = NO_MINUTE;
    for (int i = 0; i < s->workers_n; i++) s->workers[i] = (struct sim_worker){.sim = s, .number = i};
    throw_rates(s, o);
    configs_make(s);
    redis_make(s);
    throw_theme(s);
    sim_log_fill(s);
    return s;
}

static void sim_destroy(struct sim *s) {
    fake_redis_destroy(s->redis);
    for (int c = 0; c < CONFIGURATIONS; c++) config_destroy(s->configs[c]);
    mem_free(s);
}

static bool is_right(const struct sim *s) { return s->bad[0] == 0; }

bool sim_run(uint64_t seed, const struct sim_options *o, char bad[BAD_TEXT], uint64_t seen[SAW_EVENTS]) {
    struct sim *s = sim_create(seed, o);
    if (is_right(s)) sim_start_all(s);
    while (is_right(s) && s->now_ms < s->end_ms) step(s);
    if (is_right(s)) quiesce(s);
    if (is_right(s) && s->theme != THEME_EXPIRY) sim_verdict(s);
    if (is_right(s) && s->theme == THEME_EXPIRY) sim_expiry_verdict(s);
    bool right = is_right(s);
    sim_stop_all(s);
    snprintf(bad, BAD_TEXT, "%s", s->bad);
    for (int i = 0; i < SAW_EVENTS; i++) seen[i] += s->seen[i];
    sim_destroy(s);
    return right;
}
