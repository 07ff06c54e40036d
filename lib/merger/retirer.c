#include "merger/retirer.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "merger/work.h"

/* A row without a partition, since when. */
struct suspect {
    char *partition_name; /* owned */
    uint64_t row;         /* a hash of it */
    int64_t since_mono_ms;
    bool seen; /* in this look */
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

static struct suspect *suspect_get(struct retirer *r, const char *source) {
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->suspects[i].partition_name, source) == 0) return &r->suspects[i];
    if (r->n == r->cap) {
        r->cap = r->cap == 0 ? 8 : r->cap * 2;
        r->suspects = mem_realloc(r->suspects, r->cap, sizeof *r->suspects);
    }
    r->suspects[r->n] = (struct suspect){.partition_name = mem_strdup(source)};
    return &r->suspects[r->n++];
}

static void suspects_forget_unseen(struct retirer *r) {
    size_t kept = 0;
    for (size_t i = 0; i < r->n; i++) {
        if (r->suspects[i].seen)
            r->suspects[kept++] = r->suspects[i];
        else
            mem_free(r->suspects[i].partition_name);
    }
    r->n = kept;
    for (size_t i = 0; i < r->n; i++) r->suspects[i].seen = false;
}

/* Has it been gone, and silent, for long enough? */
static bool is_due(struct retirer *r, const struct store_progress_row *row) {
    struct suspect *s = suspect_get(r, row->partition_name);
    uint64_t said = hash64(row->value, row->value_len, (uint64_t)row->rows_stored);
    int64_t now = clock_mono_ms(r->hub->clock);
    if (s->since_mono_ms == 0 || s->row != said) {
        s->row = said;
        s->since_mono_ms = now;
    }
    s->seen = true;
    return now - s->since_mono_ms >= RETIRE_AFTER_MS;
}

static int retire(struct retirer *r, struct store store, const struct store_progress_row *was,
                  const struct progress_row *row, struct err *e) {
    const struct delivery_rules *rules = &r->hub->rules;
    int64_t touched = minute_reach(rules, row->log_time_ms);
    struct progress_row last = progress_row_retired(row, touched == NO_MINUTE ? touched : touched + 1);
    struct buf text = {0};
    progress_row_format(&last, &text);
    struct store_retire one = {.was = was, .value = {text.data, text.len}};
    int status = store.ops->retire(store.self, &one, 1, e);
    buf_free(&text);
    if (status != STORE_OK || !one.done) return status;
    metric_add(r->retired, 1);
    log_event(LOG_WARN, "partition_retired", "source=%s meaning=%s", log_quote(was->partition_name),
              log_quote("for two minutes its topic has had fewer partitions, or is not in TOPICS any more, and nobody "
                        "spoke for it; lists no longer wait for it"));
    return STORE_OK;
}

int retirer_look(struct retirer *r, struct store store, const struct store_progress *p, struct err *e) {
    int status = STORE_OK;
    for (size_t i = 0; i < p->n && status == STORE_OK; i++) {
        const struct store_progress_row *was = &p->rows[i];
        struct progress_row row;
        if (!merge_source_is_gone(r->hub, was->partition_name) ||
            !progress_row_parse((struct bytes){was->value, was->value_len}, &row) || progress_row_is_retired(&row))
            continue;
        if (is_due(r, was)) status = retire(r, store, was, &row, e);
    }
    suspects_forget_unseen(r);
    return status;
}
