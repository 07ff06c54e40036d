/* What the consumers say in one tick is gathered, put in order list by list, and worked in batches that fit a pipeline:
 * the parts of a list arrive in one call and under one note, so they cost Redis least and are merged once.
 *
 * The order inside a batch is the protocol:
 *   1. contribute   every copy, one script call for all parts of a list. Refused as "newer" counts as stored: somebody
 * said more.
 *   2. note         every list of the batch, with a new token: only now may a merger find it, so it finds what the note
 * speaks of.
 *   3. answer       the copies and the joins go home; the copies' buckets are clean if nothing changed meanwhile.
 *   4. rows         of partitions, all in one call.
 * If the connection breaks anywhere: the outcome of everything is unknown. What waits is dropped first, then every
 * consumer is told, in that order, so that a copy made after the news cannot be among what was dropped. */
#include "publisher/publisher.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/testhook.h"
#include "hub/outage.h"
#include "publisher/batch.h"

enum {
    BATCH_BYTES_MAX = 1024 * 1024, /* one pipeline: long enough to amortise, short enough to stop quickly */
    QUIET_MIN_MS = 2,
    REST_MIN_MS = 20,
    REST_MAX_MS = 1000,
    SAY_AGAIN_MS = 60000, /* what Redis could neither keep nor call lost */
    DOUBT_MS = 10000 /* how long a Redis that let us in and then refused a batch must be quiet to be taken for well */
};

struct publisher {
    struct hub *hub;
    struct store store;
    struct mail *taken; /* owned, in order, to be worked after the batch */
    struct mail *batch; /* owned, not yet answered */
    int rest_ms;        /* of the current outage */
    struct outage outage;
    bool connected;            /* hello passed, and nothing broke since */
    bool batch_failed;         /* after a hello that passed, and none was taken since */
    int64_t refused_mono_ms;   /* when a batch was refused though hello had passed; 0: not lately */
    int64_t say_again_mono_ms; /* when everything is to be said again; 0: never */
    struct metric *stored, *newer, *closed, *expired, *set_aside, *bytes, *seconds, *queue_bytes, *redirtied;
    /* scratch of one batch */
    struct mail **copies;
    struct store_parts *lists;
    struct store_part *parts;
    struct store_note *notes;
    struct store_row *rows;
    struct store_join *joins;
    struct store_loss *losses;
    bool *unkept; /* by copy: no answer that counts */
    size_t cap;
};

struct publisher *publisher_create(struct hub *hub, struct store store) {
    struct publisher *p = mem_zalloc(1, sizeof *p);
    struct metrics *m = hub->metrics;
    p->hub = hub;
    p->store = store;
    p->stored = metrics_get(m, METRIC_CONTRIBUTIONS, "result=\"stored\"");
    p->newer = metrics_get(m, METRIC_CONTRIBUTIONS, "result=\"newer\"");
    p->closed = metrics_get(m, METRIC_CONTRIBUTIONS, "result=\"closed\"");
    p->expired = metrics_get(m, METRIC_CONTRIBUTIONS, "result=\"expired\"");
    p->set_aside = metrics_get(m, METRIC_CONTRIBUTIONS, "result=\"set_aside\"");
    p->bytes = metrics_get(m, METRIC_CONTRIBUTION_BYTES, "");
    p->seconds = metrics_get(m, METRIC_PUBLISH_SECONDS, "");
    p->queue_bytes = metrics_get(m, METRIC_QUEUE_BYTES, "");
    p->redirtied = metrics_get(m, METRIC_REDIRTIED, "");
    return p;
}

void publisher_destroy(struct publisher *p) {
    if (p == NULL) return;
    mail_free_all(p->batch);
    mail_free_all(p->taken);
    mem_free(p->copies);
    mem_free(p->lists);
    mem_free(p->parts);
    mem_free(p->notes);
    mem_free(p->rows);
    mem_free(p->joins);
    mem_free(p->losses);
    mem_free(p->unkept);
    mem_free(p);
}

static void scratch_reserve(struct publisher *p, size_t n) {
    if (n <= p->cap) return;
    p->cap = n * 2;
    p->copies = mem_realloc(p->copies, p->cap, sizeof(struct mail *));
    p->lists = mem_realloc(p->lists, p->cap, sizeof *p->lists);
    p->parts = mem_realloc(p->parts, p->cap, sizeof *p->parts);
    p->notes = mem_realloc(p->notes, p->cap, sizeof *p->notes);
    p->rows = mem_realloc(p->rows, p->cap, sizeof *p->rows);
    p->joins = mem_realloc(p->joins, p->cap, sizeof *p->joins);
    p->losses = mem_realloc(p->losses, p->cap, sizeof *p->losses);
    p->unkept = mem_realloc(p->unkept, p->cap, sizeof *p->unkept);
}

static void send_home(struct publisher *p, struct mail *m) {
    bool room = mailbox_put(&p->hub->consumers[m->consumer].inbox, m);
    if (!room) abort(); /* inboxes have no limit: they hold what the bounded outbox held */
}

/* -- copies -- */

static size_t copies_collect(struct publisher *p) {
    size_t n = 0;
    for (struct mail *m = p->batch; m != NULL; m = m->next)
        if (m->type == MAIL_COPY) p->copies[n++] = m;
    return n;
}

static size_t lists_group(struct publisher *p, size_t n) {
    size_t lists = 0;
    for (size_t i = 0; i < n; i++) {
        const struct mail *m = p->copies[i];
        struct store_part *part = &p->parts[i];
        *part = (struct store_part){.partition_name = m->partition_name,
                                    .final = m->final,
                                    .only_if_there = m->only_if_there,
                                    .items = mail_body(m)};
        fence_format(part->fence, m->incarnation, m->offset);
        if (i == 0 || !batch_same_list(p->copies[i - 1], m))
            p->lists[lists++] = (struct store_parts){mail_location(m), m->minute, part, 0};
        p->lists[lists - 1].n++;
    }
    return lists;
}

static void count_answers(struct publisher *p, size_t copies) {
    uint64_t n[STORE_ANSWERS] = {0}, bytes = 0;
    for (size_t i = 0; i < copies; i++) {
        n[p->parts[i].answer]++;
        bytes += p->parts[i].items.n;
    }
    metric_add(p->stored, n[STORE_STORED]);
    metric_add(p->newer, n[STORE_NEWER]);
    metric_add(p->closed, n[STORE_CLOSED]);
    metric_add(p->expired, n[STORE_EXPIRED]);
    metric_add(p->set_aside, n[STORE_ODD]);
    metric_add(p->bytes, bytes);
}

static bool is_noted(enum store_answer answer) {
    return answer == STORE_STORED || (answer != STORE_EXPIRED && RULE(13, note_every_answer));
}

/* Every answer is noted, "newer" and "closed" too: the writer of what stands there may have died before its note. What
 * has expired has no hash that a note could speak of. */
static size_t notes_make(struct publisher *p, size_t lists) {
    size_t n = 0;
    for (size_t i = 0; i < lists; i++) {
        bool any = false;
        for (size_t k = 0; k < p->lists[i].n; k++) any = any || is_noted(p->lists[i].parts[k].answer);
        if (!any) continue;
        struct store_note *note = &p->notes[n++];
        *note = (struct store_note){.location = p->lists[i].location, .minute = p->lists[i].minute};
        if (RULE(13, random_token))
            snprintf(note->token, sizeof note->token, "%016" PRIx64, random64());
        else
            snprintf(note->token, sizeof note->token, "%016d", 1);
    }
    return n;
}

/* -- what cannot be kept (rule 25) -- */

static void list_is_unkept(struct publisher *p, struct bytes location, int64_t minute, size_t lists) {
    for (size_t i = 0; i < lists; i++) {
        const struct store_parts *l = &p->lists[i];
        if (l->minute != minute || l->location.n != location.n || memcmp(l->location.p, location.p, location.n) != 0)
            continue;
        size_t first = (size_t)(l->parts - p->parts);
        for (size_t k = 0; k < l->n; k++) p->unkept[first + k] = true;
    }
    if (p->say_again_mono_ms == 0) p->say_again_mono_ms = clock_mono_ms(p->hub->clock) + SAY_AGAIN_MS;
}

/* A contribution that found something else at its key counts as answered once its list can never again be called more
 * than lost: then the minute may settle without it. */
static int lists_lose(struct publisher *p, size_t lists, struct err *e) {
    size_t n = 0;
    for (size_t i = 0; i < lists; i++)
        if (p->lists[i].parts[0].answer == STORE_ODD)
            p->losses[n++] = (struct store_loss){.location = p->lists[i].location, .minute = p->lists[i].minute};
    if (n == 0 || !RULE(25, lose_odd)) return STORE_OK;
    int status = p->store.ops->lists_lose(p->store.self, p->losses, n, e);
    for (size_t i = 0; status == STORE_OK && i < n; i++)
        if (p->losses[i].answer == STORE_ODD) list_is_unkept(p, p->losses[i].location, p->losses[i].minute, lists);
    return status;
}

static void notes_answered(struct publisher *p, size_t notes, size_t lists) {
    for (size_t i = 0; i < notes; i++)
        if (p->notes[i].answer == STORE_ODD) list_is_unkept(p, p->notes[i].location, p->notes[i].minute, lists);
}

/* Everything is said again now and then, as if the connection had broken: somebody may have freed the keys. */
static bool is_time_to_say_again(struct publisher *p) {
    if (p->say_again_mono_ms == 0 || clock_mono_ms(p->hub->clock) < p->say_again_mono_ms) return false;
    p->say_again_mono_ms = 0;
    return true;
}

static int copies_send(struct publisher *p, size_t copies, size_t lists, struct err *e) {
    const struct store_ops *ops = p->store.ops;
    int status;
    memset(p->unkept, 0, copies * sizeof *p->unkept);
    FAULT(before_send);
    if (!RULE(13, note_after) && (status = ops->note(p->store.self, p->notes, notes_make(p, lists), e)) != STORE_OK)
        return status;
    if ((status = ops->contribute(p->store.self, p->lists, lists, e)) != STORE_OK) return status;
    FAULT(after_answer);
    count_answers(p, copies);
    if ((status = lists_lose(p, lists, e)) != STORE_OK) return status;
    size_t notes = notes_make(p, lists);
    if (RULE(13, note_after) && notes > 0 && (status = ops->note(p->store.self, p->notes, notes, e)) != STORE_OK)
        return status;
    notes_answered(p, notes, lists);
    FAULT(after_note);
    return STORE_OK;
}

/* -- rows -- */

static size_t rows_collect(struct publisher *p) {
    size_t n = 0;
    for (struct mail *m = p->batch; m != NULL; m = m->next) {
        if (m->type != MAIL_ROW) continue;
        struct store_row *row = &p->rows[n++];
        *row = (struct store_row){.partition_name = m->partition_name, .value = mail_body(m)};
        fence_format(row->fence, m->incarnation, m->offset);
        memcpy(row->life, m->life, sizeof row->life);
        row->rows_kept = m->kept;
    }
    return n;
}

/* A life for a Redis that has none, or went back. */
static void life_make(char life[LIFE_LEN + 1]) { snprintf(life, LIFE_LEN + 1, "%016" PRIx64, random64()); }

static int rows_send(struct publisher *p, size_t n, struct err *e) {
    char life[LIFE_LEN + 1];
    life_make(life);
    return p->store.ops->rows_write(p->store.self, p->rows, n, life, e);
}

/* -- joins -- */

static void join_answer(struct mail *m, const struct store_join *j) {
    struct progress_row row;
    bool has = j->fence[0] != 0 && progress_row_parse((struct bytes){j->value, strlen(j->value)}, &row);
    m->incarnation = j->fence[0] != 0 ? fence_incarnation(j->fence) : 0;
    m->minute = j->closable_until;
    m->is_new = j->is_new;
    memcpy(m->life, j->life, sizeof m->life);
    m->unsure_until = has && progress_row_is_retired(&row) ? row.unsure_until : NO_MINUTE;
}

static int joins_send(struct publisher *p, struct err *e) {
    char life[LIFE_LEN + 1];
    size_t n = 0;
    for (const struct mail *m = p->batch; m != NULL; m = m->next)
        if (m->type == MAIL_JOIN) p->joins[n++] = (struct store_join){.partition_name = m->partition_name};
    if (n == 0) return STORE_OK;
    life_make(life);
    int status = p->store.ops->join(p->store.self, p->joins, n, life, e);
    n = 0;
    for (struct mail *m = p->batch; status == STORE_OK && m != NULL; m = m->next)
        if (m->type == MAIL_JOIN) join_answer(m, &p->joins[n++]);
    return status;
}

/* -- a batch -- */

static size_t count_type(const struct mail *m, enum mail_type type) {
    size_t n = 0;
    for (; m != NULL; m = m->next) n += m->type == type;
    return n;
}

/* A Redis that was flushed keeps its connections; only its life id tells. */
static void note_forgotten(struct publisher *p) {
    metric_add(p->redirtied, 1);
    log_event(LOG_WARN, "redis_forgot", "meaning=\"all open minutes are published again\"");
}

/* Send home what is answered: first the copies and joins, later the rows, each in the order they came. */
static void answers_deliver(struct publisher *p, bool rows) {
    struct mail **link = &p->batch;
    size_t row = 0, copy = 0;
    bool forgot = false;
    int64_t now = clock_mono_ms(p->hub->clock);
    while (*link != NULL) {
        struct mail *m = *link;
        if ((m->type == MAIL_ROW) != rows) {
            link = &m->next;
            continue;
        }
        *link = m->next;
        if (m->type == MAIL_COPY && p->unkept[copy++]) {
            m->next = NULL;
            mail_free_all(m);
            continue;
        }
        if (m->type == MAIL_COPY) {
            metric_observe(p->seconds, (double)(now - m->handed_mono_ms) / 1000);
            m = mail_drop_body(m);
        }
        if (rows) {
            m->kept = p->rows[row].rows_stored;
            m->redis_ms = p->rows[row].redis_ms;
        }
        if (rows && p->rows[row].answer == STORE_OTHER_LIFE) {
            forgot = forgot || m->life[0] != 0;
            m->type = MAIL_OTHER_LIFE;
            memcpy(m->life, p->rows[row].new_life, sizeof m->life);
        }
        if (rows && p->rows[row].answer == STORE_LEFT_OUT) m->type = MAIL_LEFT_OUT;
        row += rows;
        send_home(p, m);
    }
    if (forgot) note_forgotten(p);
}

static int batch_send(struct publisher *p, struct err *e) {
    size_t copies = copies_collect(p), rows = count_type(p->batch, MAIL_ROW);
    size_t lists = lists_group(p, copies);
    int status;
    if (copies > 0 && (status = copies_send(p, copies, lists, e)) != STORE_OK) return status;
    if ((status = joins_send(p, e)) != STORE_OK) return status;
    answers_deliver(p, false);
    if (rows > 0 && (status = rows_send(p, rows_collect(p), e)) != STORE_OK) return status;
    if (rows > 0) answers_deliver(p, true);
    if (copies + rows == 0) return STORE_OK; /* a Redis that only answers questions is no use */
    p->batch_failed = false;
    hub_edge_works(p->hub, HUB_PUBLISHER);
    return STORE_OK;
}

static void drop_all(struct publisher *p) {
    mail_free_all(p->batch);
    mail_free_all(p->taken);
    p->batch = p->taken = NULL;
    mail_free_all(mailbox_take(&p->hub->outbox, 0, 0));
}

static void tell_broken(struct publisher *p) {
    drop_all(p);
    for (uint32_t i = 0; i < p->hub->consumers_n; i++) {
        struct mail *m = mail_create(MAIL_BROKEN, (struct bytes){NULL, 0}, (struct bytes){NULL, 0});
        m->consumer = i;
        send_home(p, m);
    }
    metric_add(p->redirtied, 1);
}

static int rest(struct publisher *p) {
    p->rest_ms = p->rest_ms == 0 ? REST_MIN_MS : p->rest_ms * 2 > REST_MAX_MS ? REST_MAX_MS : p->rest_ms * 2;
    return p->rest_ms / 2 + (int)(random64() % (uint64_t)(p->rest_ms / 2 + 1)); /* jitter: many workers, one Redis */
}

static int batch_failed(struct publisher *p, int status, const struct err *e) {
    if (status == STORE_FATAL) {
        hub_fail(p->hub, e);
        return REST_MAX_MS;
    }
    bool full = status == STORE_FULL;
    hub_edge_failed(p->hub, HUB_PUBLISHER, e);
    atomic_store(&p->hub->store_full, full);
    if (!full) {
        p->batch_failed = p->batch_failed || p->connected;
        if (p->connected && e->code == ERR_REFUSED) p->refused_mono_ms = clock_mono_ms(p->hub->clock);
        p->connected = false;
        atomic_store(&p->hub->store_up, false);
        tell_broken(p);
    }
    if (outage_says(&p->outage, e->text))
        log_event(LOG_WARN, full ? "redis_full" : "redis_broken", "why=%s", log_quote(e->text));
    return rest(p);
}

static void all_is_well(struct publisher *p) {
    p->refused_mono_ms = 0;
    if (!p->batch_failed) hub_edge_is_open(p->hub, HUB_PUBLISHER);
    bool was_full = atomic_exchange(&p->hub->store_full, false);
    if (!atomic_exchange(&p->hub->store_up, true) || was_full)
        log_event(LOG_INFO, "redis_connected", "board=%s", p->hub->config->board);
    outage_ends(&p->outage);
}

/* Whoever lets us in may still refuse what we send. */
static bool in_doubt(const struct publisher *p) {
    return p->refused_mono_ms != 0 && clock_mono_ms(p->hub->clock) - p->refused_mono_ms < DOUBT_MS;
}

static int hello(struct publisher *p) {
    struct err e = {0};
    int status = p->store.ops->hello(p->store.self, &e);
    if (status != STORE_OK) return batch_failed(p, status, &e);
    p->connected = true;
    return 0;
}

/* A tick's copies take the consumers a moment. A hundredth of the interval without another one says that they are done;
 * a quarter is as long as may be waited for them. */
static struct mail *gather(struct publisher *p, int timeout_ms) {
    int interval_ms = (int)p->hub->config->publish_interval_ms;
    int quiet_ms = interval_ms / 100 < QUIET_MIN_MS ? QUIET_MIN_MS : interval_ms / 100;
    return mailbox_gather(&p->hub->outbox, HUB_QUEUE_BYTES_MAX, timeout_ms, quiet_ms, interval_ms / 4);
}

/* The next batch, if there is anything to do. */
static bool batch_begin(struct publisher *p, int timeout_ms) {
    if (p->batch != NULL) return true; /* Redis was full: again */
    if (p->taken == NULL)
        p->taken = batch_order(timeout_ms > 0 ? gather(p, timeout_ms) : mailbox_take(&p->hub->outbox, 0, 0));
    p->batch = batch_cut(&p->taken, BATCH_BYTES_MAX);
    size_t n = 0;
    for (const struct mail *m = p->batch; m != NULL; m = m->next) n++;
    scratch_reserve(p, n);
    return n > 0;
}

int publisher_step(struct publisher *p, int timeout_ms) {
    struct err e = {0};
    metric_set(p->queue_bytes, (double)mailbox_bytes(&p->hub->outbox));
    if (is_time_to_say_again(p)) tell_broken(p);
    if (!p->connected) {
        int wait = hello(p);
        if (wait > 0) return wait;
    }
    if (!atomic_load(&p->hub->store_up) && !in_doubt(p)) all_is_well(p);
    if (!batch_begin(p, timeout_ms)) return 0;
    int status = batch_send(p, &e);
    if (status != STORE_OK) return batch_failed(p, status, &e);
    if (p->taken == NULL) hub_ring(p->hub); /* what the consumers said is in Redis, all of it */
    p->rest_ms = 0;
    all_is_well(p);
    return 0;
}
