/* model/sim_fault.c - what goes wrong: of workers, of Redis, of settings, and of the log. */
#include <string.h>

#include "model/sim.h"
#include "protocol/commit.h"

/* -- workers -- */

static void kill_worker(struct sim *s, struct sim_worker *w) {
    if (w->stage == WORKER_DOWN) return;
    sim_stop(w);
    s->seen[SAW_KILL]++;
    if (chance_of(&s->chance, .5)) sim_rebalance(s);
}

static void start_worker(struct sim *s, struct sim_worker *w) {
    if (w->stage != WORKER_DOWN) return;
    sim_start(s, w);
    s->seen[SAW_START]++;
    sim_rebalance(s);
}

static void rebalance(struct sim *s, struct sim_worker *w) {
    (void)w;
    s->seen[SAW_REBALANCE]++;
    sim_rebalance(s);
}

static void freeze_worker(struct sim *s, struct sim_worker *w) {
    w->frozen_until_ms = s->now_ms + (int64_t)(2 + chance_below(&s->chance, 12)) * UNIT_MS;
    s->seen[SAW_FREEZE]++;
    if (chance_of(&s->chance, .7)) sim_rebalance(s);
}

/* -- Redis -- */

void sim_life(struct sim *s, char life[LIFE_LEN + 1]) {
    struct store_progress progress = {0};
    fake_redis_progress(s->redis, &progress);
    memcpy(life, progress.life, LIFE_LEN + 1);
    store_progress_deinit(&progress);
}

static void fail_over(struct sim *s, struct sim_worker *w) {
    char before[LIFE_LEN + 1], after[LIFE_LEN + 1];
    (void)w;
    sim_life(s, before);
    fake_redis_failover(s->redis, (int64_t)(UNIT_MS / 2 + chance_real(&s->chance) * (LOSS_MS - UNIT_MS / 2)));
    sim_life(s, after);
    if (strcmp(before, after) != 0) sim_exempt_settled(s);
    if (strcmp(before, after) != 0) sim_look_left_out(s);
    s->seen[SAW_FAILOVER]++;
}

static void flush_all(struct sim *s, struct sim_worker *w) {
    (void)w;
    sim_exempt_settled(s);
    fake_redis_flush(s->redis, chance_of(&s->chance, .4));
    s->seen[SAW_FLUSH]++;
}

/* It comes back as a snapshot knew it, older than SETTLE_DELAY allows, and with the same life. */
static void restore(struct sim *s, struct sim_worker *w) {
    char before[LIFE_LEN + 1];
    (void)w;
    if (!s->restores) return;
    sim_life(s, before);
    sim_exempt_settled(s);
    fake_redis_failover(s->redis, (int64_t)(LOSS_MS + chance_real(&s->chance) * 4 * MINUTE_MS));
    sim_life(s, s->restored);
    if (strcmp(before, s->restored) != 0) sim_look_left_out(s);
    s->seen[SAW_RESTORE]++;
}

/* -- settings and the log -- */

static void configure_otherwise(struct sim *s, struct sim_worker *w) {
    (void)w;
    sim_stop_all(s);
    s->configuration ^= 1;
    s->seen[SAW_CONFIG]++;
    sim_start_all(s);
}

/* The times of one that joins go back by minutes: what is found behind a hole tells nothing of what lay in it. Of one
 * that goes, what is lost is hard enough to tell. */
static bool is_left_alone(const struct sim *s, int p) {
    return sim_is_last(s, p) && (s->theme == THEME_JOIN || s->theme == THEME_RETIRE);
}

/* An operator's tool commits a bare offset. */
static void reset_offset(struct sim *s, struct sim_worker *w) {
    int p = (int)chance_below(&s->chance, (uint64_t)s->partitions_n);
    struct sim_partition *partition = &s->partitions[p];
    (void)w;
    if (!partition->commit.set || is_left_alone(s, p)) return;
    sim_stop_all(s);
    int64_t start = partition->start, end = sim_log_end(s, p);
    int64_t to = start + (int64_t)chance_below(&s->chance, (uint64_t)(end - start + 1));
    partition->commit.offset = to;
    partition->commit.metadata[0] = 0;
    /* Rule 5 takes the log time from the record before; where there is none, from what it finds first, whenever it
     * looks. */
    if (to > start && partition->records[to - 1].exists)
        sim_unsure_up_to(s, minute_of(partition->records[to - 1].time_ms) + 2);
    else
        partition->next_unsure_is_told = to != 0;
    s->seen[SAW_RESET]++;
    sim_start_all(s);
}

static void log_cut(struct sim *s, int p, int64_t rewind) {
    int64_t end = sim_log_end(s, p);
    if (end <= rewind) return;
    int64_t to = rewind + (int64_t)chance_below(&s->chance, (uint64_t)(end - rewind + 1));
    if (to > s->partitions[p].start) s->partitions[p].start = to;
}

/* Retention takes what somebody may still need. */
static void truncate_log(struct sim *s, struct sim_worker *w) {
    int p = (int)chance_below(&s->chance, (uint64_t)s->partitions_n);
    struct sim_partition *partition = &s->partitions[p];
    struct commit_meta m;
    (void)w;
    if (!partition->commit.set || !commit_meta_parse(partition->commit.metadata, &m) || is_left_alone(s, p)) return;
    sim_stop_all(s);
    log_cut(s, p, m.rewind);
    /* A hole up to the frontier: what the log time there may have touched. Beyond it: what the next owner finds first
     * counts too, whenever it looks. */
    if (partition->start > m.rewind && m.frontier_log_time_ms != TIME_NEVER)
        sim_unsure_up_to(s, minute_of(m.frontier_log_time_ms) + 2);
    partition->next_unsure_is_told = partition->start > partition->commit.offset;
    if (partition->start > m.rewind) sim_epoch_begin(s, p, partition->start, m.rewind_log_time_ms);
    s->seen[SAW_TRUNC]++;
    sim_start_all(s);
}

/* -- which -- */

static const struct fault {
    double weight;
    void (*strikes)(struct sim *, struct sim_worker *);
} faults[] = {
    {6, kill_worker},   {8, start_worker},  {4, rebalance}, {4, freeze_worker},
    {5, fail_over},     {1.5, flush_all},   {1.5, restore}, {.7, configure_otherwise},
    {.7, reset_offset}, {.7, truncate_log},
};

void sim_fault(struct sim *s) {
    double weights[ARRAY_LEN(faults)];
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) weights[i] = faults[i].weight;
    int kind = chance_pick(&s->chance, weights, ARRAY_LEN(faults));
    faults[kind].strikes(s, &s->workers[chance_below(&s->chance, (uint64_t)s->workers_n)]);
}
