/* model/sim_worker.c - who acts when: workers that start and end, and the turns of their threads.
 *
 * The threads' code runs in turns, one step of one actor at a time. Within a request others may act, before Redis sees
 * it. A worker that is killed there cannot be taken down at once, because its step is still on the stack: it is DYING,
 * all its requests from then on break, and it is buried when no actor of it is on the stack any more. */
#include "model/sim.h"

static uint32_t known_partitions(void *self, uint32_t topic) {
    const struct sim *s = self;
    (void)topic;
    return (uint32_t)(s->partitions_n - (s->now_ms < s->joining.known_ms || sim_is_away(s)));
}

/* -- requests -- */

static int request_killed(struct sim_worker *w) {
    w->stage = WORKER_DYING; /* kill -9 between two requests, or with one in the socket */
    w->sim->seen[SAW_KILL]++;
    return chance_of(&w->sim->chance, .5) ? FAKE_LATE : FAKE_DROP_BEFORE;
}

static int request_breaks(struct sim *s) {
    static const double weights[] = {.5, .2, .3};
    static const int fates[] = {FAKE_DROP_AFTER, FAKE_LATE, FAKE_DROP_BEFORE};
    return fates[chance_pick(&s->chance, weights, 3)];
}

/* What becomes of one request; and others may act before it. */
static int before_call(void *ctx, int kind) {
    struct sim_worker *w = ctx;
    struct sim *s = w->sim;
    (void)kind;
    if (w->stage == WORKER_DYING) return FAKE_DROP_BEFORE;
    if (s->depth < 3 && chance_of(&s->chance, .2)) {
        s->depth++;
        sim_act(s);
        s->depth--;
    }
    if (!s->faults) return FAKE_DO;
    if (chance_of(&s->chance, s->drop_rate * .2)) return request_killed(w);
    if (chance_of(&s->chance, s->drop_rate)) return FAKE_ODD;
    return chance_of(&s->chance, s->drop_rate) ? request_breaks(s) : FAKE_DO;
}

static struct fake_store *store_make(struct sim_worker *w) {
    struct fake_store *f = fake_store_create(w->sim->redis, "g");
    f->before_call = before_call;
    f->hook_ctx = w;
    return f;
}

/* -- beginning and end -- */

void sim_start(struct sim *s, struct sim_worker *w) {
    w->stage = WORKER_UP;
    w->memory = ++s->starts_n;
    w->frozen_until_ms = 0;
    w->metrics = metrics_create();
    const struct config *config = s->configs[s->configuration];
    w->topics =
        (struct fake_topics){.names = config->topics, .n = config->topics_n, .partitions = known_partitions, .self = s};
    hub_init(&w->hub, config, &s->clock, w->metrics, fake_topics(&w->topics));
    /* distinct in this worker, which is all that matters */
    w->hub.instances = (uint64_t)s->now_ms * 8 + (uint64_t)w->number;
    w->source = (struct sim_source){.sim = s, .worker = w};
    for (int p = 0; p < PARTITIONS_MAX; p++) {
        w->source.positions[p].offset = -1;
        w->settled_noted[p] = NO_MINUTE;
        w->life_noted[p][0] = '\0';
    }
    w->publish_store = store_make(w);
    w->merge_store = store_make(w);
    w->consumer = consumer_create(&w->hub, 0, sim_source_ops(&w->source), 1 << 28);
    w->publisher = publisher_create(&w->hub, fake_store_ops(w->publish_store));
    w->merger = merger_create(&w->hub, fake_store_ops(w->merge_store));
}

static void duplicates_note(void *ctx, const char *partition_name, const struct partition_view *v) {
    struct sim_worker *w = ctx;
    (void)partition_name;
    w->sim->seen[SAW_DUPLICATE] += v->outcomes[EVENT_DUPLICATE];
}

void sim_stop(struct sim_worker *w) {
    if (w->stage == WORKER_DOWN) return;
    consumer_look(w->consumer, duplicates_note, w);
    consumer_destroy(w->consumer);
    publisher_destroy(w->publisher);
    merger_destroy(w->merger);
    fake_store_destroy(w->publish_store);
    fake_store_destroy(w->merge_store);
    hub_deinit(&w->hub);
    metrics_destroy(w->metrics);
    w->stage = WORKER_DOWN;
}

void sim_start_all(struct sim *s) {
    for (int i = 0; i < s->workers_n; i++) sim_start(s, &s->workers[i]);
    sim_rebalance(s);
}

void sim_stop_all(struct sim *s) {
    for (int i = 0; i < s->workers_n; i++) sim_stop(&s->workers[i]);
}

static bool nobody_acts(const struct sim_worker *w) {
    for (int actor = 0; actor < ACTORS; actor++)
        if (w->busy[actor]) return false;
    return true;
}

void sim_bury(struct sim *s) {
    for (int i = 0; i < s->workers_n; i++) {
        struct sim_worker *w = &s->workers[i];
        if (w->stage != WORKER_DYING || !nobody_acts(w)) continue;
        sim_stop(w);
        if (chance_of(&s->chance, .5)) sim_rebalance(s);
    }
}

/* -- turns -- */

static void consumer_turn(struct sim_worker *w) {
    w->source.budget = 1 + (int)chance_below(&w->sim->chance, 6);
    consumer_step(w->consumer, 0);
    sim_note_settled(w);
}

void sim_turn(struct sim_worker *w, enum sim_actor actor) {
    if (w->busy[actor]) return;
    w->busy[actor] = true;
    if (actor == ACTOR_CONSUMER) consumer_turn(w);
    if (actor == ACTOR_PUBLISHER) publisher_step(w->publisher, 0);
    if (actor == ACTOR_MERGER) merger_step(w->merger);
    w->busy[actor] = false;
    struct err failure;
    if (health_failed(&w->hub.health, &failure)) sim_fail(w->sim, failure.text);
}

void sim_act(struct sim *s) {
    struct sim_worker *w = &s->workers[chance_below(&s->chance, (uint64_t)s->workers_n)];
    if (w->stage != WORKER_UP || w->frozen_until_ms > s->now_ms) return;
    sim_turn(w, (enum sim_actor)chance_pick(&s->chance, s->pace, ACTORS));
}
