/* publisher/publisher.c - the steps of a publisher, and how Redis stands to it.
 * What the consumers say in one tick is gathered, put in order list by list, and worked in batches that fit a pipeline.
 * The parts of a list arrive in one call and under one note, so they cost Redis least and are merged once. The order
 * inside a batch is the protocol:
 *
 *   1. contribute   every copy
 *   2. note         every list of the batch, with a new token: only now may a merger find it, so it finds what the note
 *                   speaks of
 *   3. answer       the copies and the joins go home; the copies' buckets are clean if nothing changed meanwhile
 *   4. rows         of partitions, and then they go home, too
 *
 * If the connection breaks anywhere, the outcome of everything is unknown. What waits is dropped first, then every
 * consumer is told. In that order, a copy made after the news cannot be among what was dropped. */
#include "publisher/publisher.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "hub/backoff.h"
#include "publisher/state.h"

enum {
    BATCH_BYTES_MAX = 1024 * 1024, /* one pipeline: long enough to amortise, short enough to stop quickly */
    QUIET_MIN_MS = 2,
    REST_MIN_MS = 20,
    REST_MAX_MS = 1000,
    DOUBT_MS = 10000 /* how long a Redis that let us in and then refused a batch must be quiet to be taken for well */
};

/* -- life -- */

static void metrics_open(struct publisher_metrics *pm, struct metrics *metrics) {
    pm->answers[STORE_STORED] = metrics_get(metrics, METRIC_CONTRIBUTIONS, "result=\"stored\"");
    pm->answers[STORE_NEWER] = metrics_get(metrics, METRIC_CONTRIBUTIONS, "result=\"newer\"");
    pm->answers[STORE_CLOSED] = metrics_get(metrics, METRIC_CONTRIBUTIONS, "result=\"closed\"");
    pm->answers[STORE_EXPIRED] = metrics_get(metrics, METRIC_CONTRIBUTIONS, "result=\"expired\"");
    pm->answers[STORE_ODD] = metrics_get(metrics, METRIC_CONTRIBUTIONS, "result=\"set_aside\"");
    pm->bytes = metrics_get(metrics, METRIC_CONTRIBUTION_BYTES, "");
    pm->seconds = metrics_get(metrics, METRIC_PUBLISH_SECONDS, "");
    pm->queue_bytes = metrics_get(metrics, METRIC_QUEUE_BYTES, "");
    pm->redirtied = metrics_get(metrics, METRIC_REDIRTIED, "");
}

struct publisher *publisher_create(struct hub *hub, struct store store) {
    struct publisher *p = mem_zalloc(1, sizeof *p);
    p->hub = hub;
    p->store = store;
    metrics_open(&p->metrics, hub->metrics);
    return p;
}

static void outgoing_deinit(struct outgoing *o) {
    mem_free(o->copies);
    mem_free(o->lists);
    mem_free(o->copy_parts);
    mem_free(o->list_parts);
    mem_free(o->notes);
    mem_free(o->losses);
    mem_free(o->rows);
    mem_free(o->joins);
}

static void outgoing_reserve(struct outgoing *o, size_t n) {
    if (n <= o->cap) return;
    o->cap = n * 2;
    o->copies = mem_realloc(o->copies, o->cap, sizeof *o->copies);
    o->lists = mem_realloc(o->lists, o->cap, sizeof *o->lists);
    o->copy_parts = mem_realloc(o->copy_parts, o->cap, sizeof *o->copy_parts);
    o->list_parts = mem_realloc(o->list_parts, o->cap, sizeof *o->list_parts);
    o->notes = mem_realloc(o->notes, o->cap, sizeof *o->notes);
    o->losses = mem_realloc(o->losses, o->cap, sizeof *o->losses);
    o->rows = mem_realloc(o->rows, o->cap, sizeof *o->rows);
    o->joins = mem_realloc(o->joins, o->cap, sizeof *o->joins);
}

void publisher_destroy(struct publisher *p) {
    if (p == NULL) return;
    mail_free_all(p->batch);
    mail_free_all(p->taken);
    outgoing_deinit(&p->out);
    mem_free(p);
}

bool publisher_check(const struct publisher *p) {
    if (p->rest_ms < 0 || p->rest_ms > REST_MAX_MS) return false;
    if (p->link == LINK_AWAY && (p->batch != NULL || p->taken != NULL)) return false; /* it was dropped */
    if (p->link == LINK_UP && p->refused_mono_ms != 0) return false;
#ifdef TOPKD_TESTHOOKS
    if (!batch_is_in_order(p->batch) || !batch_is_in_order(p->taken)) return false;
#endif
    return true;
}

/* -- home -- */

static void mail_send_home(struct publisher *p, struct mail *m) {
    bool room = mailbox_put(&p->hub->consumers[m->consumer].inbox, m);
    if (!room) abort(); /* inboxes have no limit: they hold what the bounded outbox held */
}

static struct mail *copy_done(struct publisher *p, struct mail *m, int64_t now) {
    metric_observe(p->metrics.seconds, (double)(now - m->handed_mono_ms) / 1000);
    return mail_drop_body(m);
}

/* Sends home what is answered, in the order it came: all but the rows, or the rows too. */
static void batch_send_home(struct publisher *p, bool rows_too) {
    struct mail **link = &p->batch;
    int64_t now = clock_mono_ms(p->hub->clock);
    while (*link != NULL) {
        struct mail *m = *link;
        if (m->type == MAIL_ROW && !rows_too) {
            link = &m->next;
            continue;
        }
        *link = m->next;
        mail_send_home(p, m->type == MAIL_COPY ? copy_done(p, m, now) : m);
    }
}

/* -- a batch -- */

/* A Redis that was flushed keeps its connections; only its life id tells. */
static void redis_forgot(struct publisher *p) {
    metric_add(p->metrics.redirtied, 1);
    log_event(LOG_WARN, "redis_forgot", "meaning=\"all open minutes are published again\"");
}

static int batch_send(struct publisher *p, struct err *e) {
    bool forgot;
    int status = copies_send(p, e);
    if (status == STORE_OK) status = joins_send(p, e);
    if (status != STORE_OK) return status;
    copies_drop_unkept(p);
    batch_send_home(p, false);
    status = rows_send(p, &forgot, e);
    if (status != STORE_OK) return status;
    batch_send_home(p, true);
    if (forgot) redis_forgot(p);
    return STORE_OK;
}

/* A tick's copies take the consumers a moment. A hundredth of the interval without another one says that they are done;
 * a quarter is as long as may be waited for them. */
static struct mail *outbox_gather(struct publisher *p, int timeout_ms) {
    int interval_ms = (int)p->hub->config->publish_interval_ms;
    const struct mailbox_patience patience = {.first_ms = timeout_ms,
                                              .quiet_ms =
                                                  interval_ms / 100 < QUIET_MIN_MS ? QUIET_MIN_MS : interval_ms / 100,
                                              .all_ms = interval_ms / 4};
    return mailbox_gather(&p->hub->outbox, HUB_QUEUE_BYTES_MAX, &patience);
}

/* The next batch, if there is anything to do. */
static bool batch_begin(struct publisher *p, int timeout_ms) {
    if (p->batch != NULL) return true; /* Redis was full: again */
    if (p->taken == NULL)
        p->taken = batch_order(timeout_ms > 0 ? outbox_gather(p, timeout_ms) : mailbox_take(&p->hub->outbox, 0, 0));
    p->batch = batch_cut(&p->taken, BATCH_BYTES_MAX);
    size_t n = 0;
    for (const struct mail *m = p->batch; m != NULL; m = m->next) n++;
    outgoing_reserve(&p->out, n);
    return n > 0;
}

/* -- failures -- */

static void batch_drop_all(struct publisher *p) {
    mail_free_all(p->batch);
    mail_free_all(p->taken);
    p->batch = p->taken = NULL;
    mail_free_all(mailbox_take(&p->hub->outbox, 0, 0));
}

static void broken_tell(struct publisher *p) {
    batch_drop_all(p);
    for (uint32_t i = 0; i < p->hub->consumers_n; i++) {
        struct mail *m = mail_bare_create(MAIL_BROKEN);
        m->consumer = i;
        mail_send_home(p, m);
    }
    metric_add(p->metrics.redirtied, 1);
}

/* Everything is published again now and then, as if the connection had broken: somebody may have freed the keys. */
static void again_due(struct publisher *p) {
    if (p->again_mono_ms == 0 || clock_mono_ms(p->hub->clock) < p->again_mono_ms) return;
    p->again_mono_ms = 0;
    broken_tell(p);
}

static int rest_grow(struct publisher *p) {
    p->rest_ms = (int)backoff_longer(p->rest_ms, REST_MIN_MS, REST_MAX_MS);
    return p->rest_ms / 2 + (int)(random64() % (uint64_t)(p->rest_ms / 2 + 1)); /* jitter: many workers, one Redis */
}

static void link_broke(struct publisher *p, const struct err *e) {
    bool was_open = p->link != LINK_AWAY;
    p->takes_nothing = p->takes_nothing || was_open;
    if (was_open && e->code == ERR_REFUSED) p->refused_mono_ms = clock_mono_ms(p->hub->clock);
    p->link = LINK_AWAY;
    broken_tell(p);
}

static int call_failed(struct publisher *p, int status, const struct err *e) {
    if (status == STORE_FATAL) {
        health_fail(&p->hub->health, e);
        return REST_MAX_MS;
    }
    bool full = status == STORE_FULL;
    health_edge_failed(&p->hub->health, HEALTH_PUBLISHER, e);
    atomic_store(&p->hub->health.store, full ? HEALTH_STORE_FULL : HEALTH_STORE_AWAY);
    if (!full) link_broke(p, e);
    if (outage_is_news(&p->outage, e->text))
        log_event(LOG_WARN, full ? "redis_full" : "redis_broken", "why=%s", log_quote(e->text));
    return rest_grow(p);
}

/* -- Redis is there -- */

static int link_open(struct publisher *p) {
    struct err e = {0};
    int status = p->store.ops->hello(p->store.self, &e);
    if (status != STORE_OK) return call_failed(p, status, &e);
    p->link = LINK_OPEN;
    return 0;
}

static bool link_is_in_doubt(const struct publisher *p) {
    return p->refused_mono_ms != 0 && clock_mono_ms(p->hub->clock) - p->refused_mono_ms < DOUBT_MS;
}

static void link_is_up(struct publisher *p) {
    p->link = LINK_UP;
    p->refused_mono_ms = 0;
    if (!p->takes_nothing) health_edge_is_open(&p->hub->health, HEALTH_PUBLISHER);
    if (atomic_exchange(&p->hub->health.store, HEALTH_STORE_UP) != HEALTH_STORE_UP)
        log_event(LOG_INFO, "redis_connected", "board=%s", p->hub->config->board);
    outage_ends(&p->outage);
}

static void batch_taken(struct publisher *p) {
    bool wrote = p->out.copies_n + p->out.rows_n > 0; /* a Redis that only answers questions is no use */
    if (wrote) p->takes_nothing = false;
    if (wrote) health_edge_works(&p->hub->health, HEALTH_PUBLISHER);
    if (p->taken == NULL) bell_ring(&p->hub->merger_bell); /* what the consumers said is in Redis, all of it */
    p->rest_ms = 0;
    link_is_up(p);
}

int publisher_step(struct publisher *p, int timeout_ms) {
    struct err e = {0};
    assert(publisher_check(p));
    metric_set(p->metrics.queue_bytes, (double)mailbox_bytes(&p->hub->outbox));
    again_due(p);
    if (p->link == LINK_AWAY) {
        int wait_ms = link_open(p);
        if (wait_ms > 0) return wait_ms;
    }
    if (p->link == LINK_OPEN && !link_is_in_doubt(p)) link_is_up(p);
    if (!batch_begin(p, timeout_ms)) return 0;
    int status = batch_send(p, &e);
    if (status != STORE_OK) return call_failed(p, status, &e);
    batch_taken(p);
    return 0;
}
