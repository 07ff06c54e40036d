/* merger/retirer.c - which rows are suspected, and since when. */
#include "merger/retirer.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "protocol/row.h"

/* A row without a partition. */
struct suspect {
    char *partition_name; /* owned */
    uint64_t row;         /* a hash of what it said */
    int64_t since_mono_ms;
    bool looked_at; /* in this look */
};

struct retirer {
    struct hub *hub;
    struct suspect *suspects;
    size_t n, cap;
    struct metric *retired;
};

struct retirer *retirer_create(struct hub *hub) {
    struct retirer *r = mem_zalloc(1, sizeof *r);
    r->hub = hub;
    r->retired = metrics_get(hub->metrics, METRIC_PARTITIONS_RETIRED, "");
    return r;
}

void retirer_destroy(struct retirer *r) {
    if (r == NULL) return;
    for (size_t i = 0; i < r->n; i++) mem_free(r->suspects[i].partition_name);
    mem_free(r->suspects);
    mem_free(r);
}

static struct suspect *suspect_get(struct retirer *r, const char *partition_name) {
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->suspects[i].partition_name, partition_name) == 0) return &r->suspects[i];
    r->suspects = mem_grow(r->suspects, &r->cap, r->n + 1, sizeof *r->suspects);
    r->suspects[r->n] = (struct suspect){.partition_name = mem_strdup(partition_name)};
    return &r->suspects[r->n++];
}

/* Their partitions are back, or their rows were retired. */
static void suspects_forget_others(struct retirer *r) {
    size_t kept = 0;
    for (size_t i = 0; i < r->n; i++) {
        if (r->suspects[i].looked_at)
            r->suspects[kept++] = r->suspects[i];
        else
            mem_free(r->suspects[i].partition_name);
    }
    assert(kept <= r->n);
    r->n = kept;
    for (size_t i = 0; i < r->n; i++) r->suspects[i].looked_at = false;
}

/* Has its partition been gone, and the row the same, for long enough? */
static bool suspect_is_due(struct retirer *r, const struct store_progress_row *row) {
    struct suspect *s = suspect_get(r, row->partition_name);
    uint64_t hash = hash64(row->value, row->value_len, (uint64_t)row->rows_stored);
    int64_t now = clock_mono_ms(r->hub->clock);
    if (s->since_mono_ms == 0 || s->row != hash) {
        s->row = hash;
        s->since_mono_ms = now;
    }
    s->looked_at = true;
    return now - s->since_mono_ms >= RETIRE_AFTER_MS;
}

static int row_retire(struct retirer *r, struct store store, const struct store_progress_row *was,
                      const struct progress_row *row, struct err *e) {
    const struct delivery_rules *rules = &r->hub->rules;
    assert(!progress_row_is_retired(row));
    int64_t touched = minute_reach(rules, row->log_time_ms);
    struct progress_row last = progress_row_retired(row, touched == NO_MINUTE ? touched : touched + 1);
    struct buf text = {0};
    progress_row_format(&last, &text);
    struct store_retire one = {.was = was, .value = {text.data, text.len}};
    int status = store.ops->retire(store.self, &one, 1, e);
    buf_free(&text);
    if (status != STORE_OK || !one.done) return status;
    metric_add(r->retired, 1);
    log_event(
        LOG_WARN, "partition_retired", "partition_name=%s meaning=%s", log_quote(was->partition_name),
        log_quote("for two minutes its topic has had fewer partitions, or is not in TOPICS any more, or was deleted "
                  "and is there by a pattern only, and nobody spoke for it; lists no longer wait for it"));
    return STORE_OK;
}

/* Is there a row to retire, but for the time? */
static bool row_is_suspect(const struct topics_view *topics, const struct store_progress_row *was,
                           struct progress_row *row) {
    return topics_lack(topics, was->partition_name) &&
           progress_row_parse((struct bytes){was->value, was->value_len}, row) && !progress_row_is_retired(row);
}

int retirer_look(struct retirer *r, struct store store, const struct topics_view *topics,
                 const struct store_progress *rows, struct err *e) {
    int status = STORE_OK;
    for (size_t i = 0; i < rows->n && status == STORE_OK; i++) {
        const struct store_progress_row *was = &rows->rows[i];
        struct progress_row row;
        if (row_is_suspect(topics, was, &row) && suspect_is_due(r, was)) status = row_retire(r, store, was, &row, e);
    }
    suspects_forget_others(r);
    return status;
}
