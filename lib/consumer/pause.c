/* consumer/pause.c - nothing is read while memory is full or dead letters wait. */
#include <inttypes.h>

#include "base/mem.h"
#include "consumer/state.h"
#include "hub/memory.h"

enum { PAUSE_RETRY_MS = 1000, PAUSE_LOG_MS = 5000, MEMORY_LOG_MS = 60000 };

/* Sealed minutes that Redis has not confirmed: pausing helps, since they will go. Open minutes go only with more
 * records, so for their sake reading stops only where the process has no memory left. */
static bool redis_holds_memory(const struct consumer *c) {
    for (size_t i = 0; i < c->assignments_n; i++) {
        struct partition_view v;
        if (c->assignments[i]->memory == NULL) continue;
        partition_look(c->assignments[i]->memory, &v);
        if (v.at_frontier && v.sealed_minutes > 0) return true;
    }
    return false;
}

/* Ids go only when log time goes on, so no pause makes room of them: minutes have the rest, a quarter at least. */
static uint64_t minutes_share(const struct consumer *c) {
    uint64_t limit = c->budget.limit_bytes, ids = c->pausing.id_bytes;
    return ids < limit / 4 * 3 ? limit - ids : limit / 4;
}

/* Below the limit, at which sketches stop growing: a pause costs nothing, a refused growth costs exact counts. */
static uint64_t pause_bytes(const struct consumer *c) { return c->pausing.id_bytes + minutes_share(c) / 4 * 3; }
static uint64_t resume_bytes(const struct consumer *c) { return c->pausing.id_bytes + minutes_share(c) / 2; }

/* Dead letters that a full queue refused are held outside of its bound. So nothing is polled once there is one. */
bool consumer_has_room(const struct consumer *c) {
    return c->refused.head == NULL && c->budget.pool.used_bytes < pause_bytes(c);
}

/* Beyond this consumer's share. True if it is beyond what the process may take, too. */
static bool open_minutes_fill_memory(struct consumer *c) {
    struct pausing *p = &c->pausing;
    uint64_t limit = c->hub->config->memory_limit_bytes, resident = c->hub->resident_bytes();
    bool full = memory_is_full(resident, limit, p->paused);
    log_limited(full ? &p->memory_full_limit : &p->share_full_limit, MEMORY_LOG_MS, LOG_ERROR,
                full ? "memory_exhausted" : "memory_limit_reached",
                "buckets=%" PRIu64 " ids=%" PRIu64 " their_share=%" PRIu64 " resident=%" PRIu64 " limit=%" PRIu64
                " means=\"the open minutes and ids need more than there is: %s\" remedy=\"raise TOPKD_MEMORY_LIMIT, "
                "start more workers, or lower TOPKD_LOCATIONS_MAX, TOPKD_LATENESS, TOPKD_SKETCH_KB or "
                "TOPKD_DEDUP_IDS_MAX\"",
                c->budget.pool.used_bytes - p->id_bytes, p->id_bytes, c->budget.limit_bytes, resident, limit,
                full ? "nothing more is read, nothing is lost" : "counts become estimates with bounds");
    return full;
}

static bool pause_is_wanted(struct consumer *c) {
    uint64_t used = c->budget.pool.used_bytes, limit = c->budget.limit_bytes;
    if (c->refused.head != NULL) return true;
    if (used < (c->pausing.paused ? resume_bytes(c) : pause_bytes(c))) return false;
    if (redis_holds_memory(c)) return true;
    return used >= limit && open_minutes_fill_memory(c);
}

static void pause_log(struct consumer *c, size_t n) {
    struct pausing *p = &c->pausing;
    log_limited(p->paused ? &p->paused_limit : &p->resumed_limit, PAUSE_LOG_MS, p->paused ? LOG_WARN : LOG_INFO,
                p->paused ? "partitions_paused" : "partitions_resumed",
                "partitions=%zu sketch_bytes=%" PRIu64 " dead_letters_waiting=%s", n, c->budget.pool.used_bytes,
                c->refused.head != NULL ? "true" : "false");
}

static void pause_refused(struct consumer *c, int64_t now, const struct err *e) {
    c->pausing.next_mono_ms = now + PAUSE_RETRY_MS;
    log_limited(&c->pausing.paused_limit, PAUSE_LOG_MS, LOG_ERROR, "pause_failed", "why=%s", log_quote(e->text));
}

static int pause_tell(struct consumer *c, bool pause, const struct source_tp *tps, size_t n, struct err *e) {
    const struct source_ops *ops = c->source.ops;
    if (n == 0) return 0;
    return pause ? ops->pause(c->source.self, tps, n, e) : ops->resume(c->source.self, tps, n, e);
}

void consumer_pause_due(struct consumer *c, int64_t now) {
    struct err e = {0};
    bool pause = pause_is_wanted(c);
    if (pause == c->pausing.paused || now < c->pausing.next_mono_ms) return;
    size_t n;
    struct source_tp *tps = assignments_running(c, &n);
    if (pause_tell(c, pause, tps, n, &e) == 0) {
        c->pausing.paused = pause;
        if (!pause) assignments_go_on(c);
        pause_log(c, n);
    } else {
        pause_refused(c, now, &e);
    }
    mem_free(tps);
}
