/* worker/worker.c - the threads and their end. Everything they do is a step function elsewhere; here are only the loops
 * around them.
 *
 * Stopping: the consumers say their last words (copies, answers, commit) while publisher and merger go on. Then the
 * members leave the group, side by side, because each may wait for a broker that does not answer. Then publisher and
 * merger end. Whoever cannot store or commit within SHUTDOWN_TIMEOUT leaves it to the next owner, who rewinds. */
#include "worker/worker.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "consumer/consumer.h"
#include "hub/memory.h"
#include "merger/merger.h"
#include "publisher/publisher.h"
#include "store/redis.h"
#include "worker/probes.h"
#include "worker/state_line.h"
#include "worker/store_news.h"

enum {
    POLL_MS = 100,
    WATCH_MS = 20,
    MERGE_IDLE_ROUNDS = 3,
    /* Of SHUTDOWN_TIMEOUT a quarter, but no more than this, is kept for leaving the group. */
    LEAVE_SHARE = 4,
    LEAVE_MS_MAX = 3000
};

struct member {
    struct worker *worker;
    struct source source;
    struct consumer *consumer;
    pthread_t thread;
    bool stored; /* the last words were heard */
    bool leaves; /* on a thread of its own */
};

struct worker {
    struct hub hub;
    struct kafka_shared *kafka;
    struct store publish_store, merge_store;
    struct store_news publish_news, merge_news;
    struct publisher *publisher;
    struct merger *merger;
    struct state_line *state_line;
    pthread_t publisher_thread, merger_thread;
    _Atomic bool edges_stop; /* publisher and merger may end */
    struct member *members;
    _Atomic int64_t stop_deadline_mono_ms; /* of the last words; 0: not asked to stop */
};

/* -- building -- */

_Static_assert((int)KAFKA_TOPICS_MAX + (int)KAFKA_FOUND_MAX <= (int)TOPICS_MAX, "every topic has a place in a view");

static void topic_see(void *view, const struct kafka_topic_known *t) {
    topics_add(view, (struct topic_seen){t->name, t->partitions, t->is_away, t->is_found});
}

static void topics_see(void *self, struct topics_view *out) {
    out->incomplete = !kafka_shared_topics(self, topic_see, out);
}

static int stores_create(struct worker *w, struct err *e) {
    const struct config *c = w->hub.config;
    struct metrics *m = w->hub.metrics;
    struct redis_options o = {.url = c->redis,
                              .board = c->board,
                              .group = c->group,
                              .retention_ms = c->retention_ms,
                              .allow_eviction = c->allow_eviction,
                              .on_news = store_news_hear,
                              .news_ctx = &w->publish_news};
    w->publish_news.clock = w->merge_news.clock = w->hub.clock;
    int status = redis_store_create(&o, m, &w->publish_store, e);
    o.news_ctx = &w->merge_news;
    o.is_second = true;
    return status != 0 ? status : redis_store_create(&o, m, &w->merge_store, e);
}

/* Not an error: most topics have far fewer locations. */
static void locations_warn(const struct config *c, uint64_t sketch_bytes) {
    uint64_t need = (uint64_t)c->locations_max * MEMORY_LOCATION_BYTES;
    if (need <= sketch_bytes) return;
    log_event(LOG_WARN, "locations_exceed_memory",
              "locations_max=%" PRIu32 " need_bytes=%" PRIu64 " thread_bytes=%" PRIu64
              " means=\"a minute of one partition may take more than a thread's share of TOPKD_MEMORY_LIMIT\" "
              "remedy=\"raise TOPKD_MEMORY_LIMIT, or lower TOPKD_LOCATIONS_MAX or TOPKD_THREADS\"",
              c->locations_max, need, sketch_bytes);
}

/* They are not given up for memory's sake, because what counts must not depend on it. */
static void ids_warn(const struct config *c, uint64_t sketch_bytes) {
    uint64_t need = (uint64_t)c->dedup_ids_max * MEMORY_ID_BYTES;
    if (c->field_id[0] == '\0' || need <= sketch_bytes / 2) return;
    log_event(LOG_WARN, "ids_exceed_memory",
              "dedup_ids_max=%" PRIu32 " need_bytes=%" PRIu64 " thread_bytes=%" PRIu64
              " means=\"the ids of one partition may take more than half of a thread's share of TOPKD_MEMORY_LIMIT\" "
              "remedy=\"raise TOPKD_MEMORY_LIMIT, or lower TOPKD_DEDUP_IDS_MAX or TOPKD_THREADS\"",
              c->dedup_ids_max, need, sketch_bytes);
}

static int members_open(struct worker *w, struct err *e) {
    uint32_t n = w->hub.consumers_n;
    struct memory_shares share = memory_share(w->hub.config->memory_limit_bytes, n);
    locations_warn(w->hub.config, share.sketch_bytes);
    ids_warn(w->hub.config, share.sketch_bytes);
    w->members = mem_zalloc(n, sizeof *w->members);
    for (uint32_t i = 0; i < n; i++) {
        struct member *m = &w->members[i];
        m->worker = w;
        int status = kafka_member_open(w->kafka, share.source_bytes, &m->source, e);
        if (status != 0) return status;
        m->consumer = consumer_create(&w->hub, i, m->source, share.sketch_bytes);
    }
    return 0;
}

int worker_create(const struct config *c, const struct clock *clock, struct metrics *m, struct kafka_shared *kafka,
                  struct worker **out, struct err *e) {
    struct worker *w = mem_zalloc(1, sizeof *w);
    w->kafka = kafka;
    hub_init(&w->hub, c, clock, m, (struct topics){topics_see, kafka});
    int status = stores_create(w, e);
    if (status == 0) status = members_open(w, e);
    if (status != 0) {
        worker_destroy(w);
        return status;
    }
    w->publisher = publisher_create(&w->hub, w->publish_store);
    w->merger = merger_create(&w->hub, w->merge_store);
    w->state_line = state_line_create(&w->hub);
    *out = w;
    return 0;
}

void worker_destroy(struct worker *w) {
    if (w == NULL) return;
    for (uint32_t i = 0; w->members != NULL && i < w->hub.consumers_n; i++) {
        consumer_destroy(w->members[i].consumer);
        if (w->members[i].source.self != NULL) kafka_member_close(&w->members[i].source);
    }
    mem_free(w->members);
    state_line_destroy(w->state_line);
    merger_destroy(w->merger);
    publisher_destroy(w->publisher);
    if (w->merge_store.self != NULL) redis_store_destroy(&w->merge_store);
    if (w->publish_store.self != NULL) redis_store_destroy(&w->publish_store);
    hub_deinit(&w->hub);
    mem_free(w);
}

/* -- the loops -- */

static int64_t now_ms(const struct worker *w) { return clock_mono_ms(w->hub.clock); }

static void *consumer_main(void *arg) {
    struct member *m = arg;
    struct worker *w = m->worker;
    struct hub_consumer *me = &w->hub.consumers[m - w->members];
    while (health_goes_on(&w->hub.health)) {
        consumer_step(m->consumer, POLL_MS);
        atomic_store(&me->joined, kafka_member_joined(&m->source));
    }
    m->stored =
        !health_failed(&w->hub.health, NULL) && consumer_finish(m->consumer, atomic_load(&w->stop_deadline_mono_ms));
    return NULL;
}

/* Rest in slices, so that a stop is never far. */
static void publisher_rest(struct worker *w, int ms) {
    for (int64_t until = now_ms(w) + ms; now_ms(w) < until && !atomic_load(&w->edges_stop);) {
        int64_t left = until - now_ms(w);
        struct timespec slice = {0, (long)(left < WATCH_MS ? left : WATCH_MS) * 1000000};
        nanosleep(&slice, NULL);
    }
}

static void *publisher_main(void *arg) {
    struct worker *w = arg;
    while (!atomic_load(&w->edges_stop)) {
        int ms = publisher_step(w->publisher, POLL_MS);
        if (ms > 0) publisher_rest(w, ms);
    }
    return NULL;
}

static void *merger_main(void *arg) {
    struct worker *w = arg;
    while (!atomic_load(&w->edges_stop)) bell_rest(&w->hub.merger_bell, merger_step(w->merger));
    merger_step(w->merger); /* the last words of the consumers become lists before we go */
    return NULL;
}

/* NAME: at most 15 bytes; top -H, perf and a debugger show it. */
static void thread_spawn(pthread_t *t, void *(*fn)(void *), void *arg, const char *name) {
    int status = pthread_create(t, NULL, fn, arg);
    if (status == 0) {
        pthread_setname_np(*t, name);
        return;
    }
    log_event(LOG_ERROR, "thread_failed", "why=%s", log_quote(strerror(status)));
    abort();
}

static void threads_spawn(struct worker *w) {
    thread_spawn(&w->publisher_thread, publisher_main, w, "publisher");
    thread_spawn(&w->merger_thread, merger_main, w, "merger");
    for (uint32_t i = 0; i < w->hub.consumers_n; i++) {
        char name[24]; /* THREADS has three digits at most */
        snprintf(name, sizeof name, "consumer-%" PRIu32, i);
        thread_spawn(&w->members[i].thread, consumer_main, &w->members[i], name);
    }
}

/* -- the end -- */

static bool members_are_at_end(struct worker *w) {
    for (uint32_t i = 0; i < w->hub.consumers_n; i++)
        if (!atomic_load(&w->hub.consumers[i].at_end)) return false;
    return true;
}

/* EXIT_AT_END: everything read, stored and committed, and then some rounds in which the merger found nothing left to
 * do. */
static bool worker_is_done(struct worker *w) {
    if (!w->hub.config->exit_at_end) return false;
    if (members_are_at_end(w)) return atomic_load(&w->hub.merge_idle) >= MERGE_IDLE_ROUNDS;
    atomic_store(&w->hub.merge_idle, 0);
    return false;
}

/* The first call counts: a second signal buys no time. */
static void run_stop(struct worker *w) {
    int64_t timeout_ms = w->hub.config->shutdown_timeout_ms, never = 0;
    int64_t until = now_ms(w) + timeout_ms - i64_smaller(timeout_ms / LEAVE_SHARE, LEAVE_MS_MAX);
    atomic_compare_exchange_strong(&w->stop_deadline_mono_ms, &never, until);
    health_stop(&w->hub.health);
}

static void run_watch(struct worker *w) {
    struct timespec slice = {0, WATCH_MS * 1000000L};
    while (health_goes_on(&w->hub.health)) {
        nanosleep(&slice, NULL);
        state_line_look(w->state_line);
        if (worker_is_done(w)) {
            log_event(LOG_INFO, "end_reached", "partitions_done=true");
            run_stop(w);
        }
    }
}

/* The last words of all, before anybody leaves: who left would take the others' partitions from them. */
static bool members_finish(struct worker *w) {
    bool stored = true;
    for (uint32_t i = 0; i < w->hub.consumers_n; i++) {
        pthread_join(w->members[i].thread, NULL);
        stored = stored && w->members[i].stored;
    }
    return stored;
}

static void *leave_main(void *arg) {
    struct member *m = arg;
    kafka_member_close(&m->source);
    return NULL;
}

/* The members leave while the edges still run. */
static void members_leave(struct worker *w) {
    for (uint32_t i = 0; i < w->hub.consumers_n; i++) {
        struct member *m = &w->members[i];
        m->leaves = pthread_create(&m->thread, NULL, leave_main, m) == 0;
        if (!m->leaves) (void)leave_main(m);
    }
    for (uint32_t i = 0; i < w->hub.consumers_n; i++)
        if (w->members[i].leaves) pthread_join(w->members[i].thread, NULL);
}

static void edges_join(struct worker *w, bool stored) {
    atomic_store(&w->edges_stop, true);
    mailbox_wake(&w->hub.outbox);
    bell_ring(&w->hub.merger_bell);
    if (!stored) {
        redis_store_interrupt(&w->publish_store);
        redis_store_interrupt(&w->merge_store);
    }
    pthread_join(w->publisher_thread, NULL);
    pthread_join(w->merger_thread, NULL);
}

void worker_run(struct worker *w) {
    log_event(LOG_INFO, "worker_started", "threads=%" PRIu32 " meaning=%" PRIx64, w->hub.consumers_n,
              w->hub.rules.meaning);
    threads_spawn(w);
    run_watch(w);
}

int worker_end(struct worker *w, char why[WHY_MAX]) {
    struct err failure;
    bool stored = members_finish(w);
    members_leave(w);
    edges_join(w, stored);
    if (health_failed(&w->hub.health, &failure)) {
        snprintf(why, WHY_MAX, "%s", failure.text);
        return failure.code == ERR_INVALID ? 2 : 1;
    }
    if (stored) return 0;
    snprintf(
        why, WHY_MAX,
        "stopped with something unstored or uncommitted (Redis or Kafka did not answer within TOPKD_SHUTDOWN_TIMEOUT): "
        "nothing is lost, the next owner reads it again");
    return 1;
}

void worker_stop(struct worker *w) { run_stop(w); }

/* -- probes -- */

bool worker_healthy(void *self, char why[WHY_MAX]) { return probe_turns(&((struct worker *)self)->hub, why); }

bool worker_ready(void *self, char why[WHY_MAX]) {
    struct worker *w = self;
    if (!health_goes_on(&w->hub.health)) {
        snprintf(why, WHY_MAX, "stopping");
        return false;
    }
    return probe_group(&w->hub, w->kafka, why) && probe_work(&w->hub, why);
}

void worker_show(void *self) { probe_show(&((struct worker *)self)->hub); }
