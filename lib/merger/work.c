#include "merger/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/testhook.h"

/* The number of SOURCE's topic; -1: it is not read (any longer). */
static int topic_of(const struct config *c, const char *source) {
    const char *slash = strrchr(source, '/');
    for (uint32_t i = 0; slash != NULL && i < c->topics_n; i++)
        if (strlen(c->topics[i]) == (size_t)(slash - source) &&
            strncmp(c->topics[i], source, (size_t)(slash - source)) == 0)
            return (int)i;
    return -1;
}

bool merge_source_is_gone(const struct hub *hub, const char *source) {
    int topic = topic_of(hub->config, source);
    if (topic < 0) return true;
    uint32_t known = hub->partitions(hub->partitions_self, (uint32_t)topic);
    return known > 0 && strtoul(strrchr(source, '/') + 1, NULL, 10) >= known;
}

void merge_sources(const struct hub *hub, const struct store_progress *p, struct progress *out) {
    const struct config *c = hub->config;
    char name[PARTITION_NAME_BYTES_MAX];
    out->version = p->rows_version;
    out->members = p->members;
    out->closed = p->closable_until;
    for (uint32_t t = 0; t < c->topics_n; t++) {
        uint32_t n = hub->partitions(hub->partitions_self, t);
        if (n == 0 && RULE(18, unknown_topic)) progress_add_unknown_topic(out, c->topics[t]);
        for (uint32_t i = 0; i < n; i++) {
            snprintf(name, sizeof name, "%s/%" PRIu32, c->topics[t], i);
            progress_add(out, name, 0, NULL);
        }
    }
    /* Those of topics that are not read here, too: another worker may read them, while a setting changes from one to the
     * other. Once nobody does they are retired. */
    for (size_t i = 0; i < p->n; i++) {
        struct progress_row row;
        /* An odd row is a partition that has said nothing yet, not one that is not there. */
        bool good = progress_row_parse((struct bytes){p->rows[i].value, p->rows[i].value_len}, &row);
        progress_add(out, p->rows[i].partition_name, fence_incarnation(p->rows[i].fence), good ? &row : NULL);
    }
}

static void parts_judge(const struct hub *hub, struct progress *sources, const struct store_hash *h,
                        struct merge_work *w) {
    w->parts = mem_zalloc(h->parts_n + 1, sizeof *w->parts);
    for (size_t i = 0; i < h->parts_n; i++) {
        const struct store_hash_part *p = &h->parts[i];
        w->parts[w->parts_n++] = (struct list_part){p->partition_name, fence_incarnation(p->fence), p->final, false};
    }
    w->state = list_judge(&hub->rules, sources, h->minute, h->born_ms, w->parts, w->parts_n);
}

static bool part_is_counted(const struct merge_work *w, const char *source) {
    for (size_t i = 0; i < w->parts_n; i++)
        if (w->parts[i].partition_name == source) return w->parts[i].counts;
    return false;
}

static void parts_merge(const struct hub *hub, const struct store_hash *h, struct merge_work *w) {
    struct bytes *lists = mem_zalloc(h->parts_n + 1, sizeof *lists);
    size_t n = 0;
    for (size_t i = 0; i < h->parts_n; i++)
        if (part_is_counted(w, h->parts[i].partition_name))
            lists[n++] = (struct bytes){h->parts[i].items, h->parts[i].items_len};
    w->mergeable = merge_lists(lists, n, hub->config->list_size, &w->merged);
    mem_free(lists);
    if (!w->mergeable) return;
    packed_write(&w->packed, &w->merged.head, w->merged.items);
    w->top = mem_zalloc(w->merged.head.items_n + 1, sizeof *w->top);
    for (size_t i = 0; i < w->merged.head.items_n; i++)
        w->top[i] = (struct store_list_item){w->merged.items[i].item, w->merged.items[i].count};
}

void merge_work_make(const struct hub *hub, struct progress *sources, const struct store_hash *h,
                     struct merge_work *out) {
    *out = (struct merge_work){.parts = NULL};
    parts_judge(hub, sources, h, out);
    if (h->lost) out->state = LIST_LOST;
    parts_merge(hub, h, out);
}

void merge_work_deinit(struct merge_work *w) {
    mem_free(w->parts);
    merged_deinit(&w->merged);
    buf_free(&w->packed);
    mem_free(w->top);
}

struct store_list merge_work_list(const struct hub *hub, const struct store_hash *h, const struct merge_work *w,
                                  int64_t log_time_ms) {
    size_t k = hub->config->k;
    struct store_list l = {.location = h->location,
                           .minute = h->minute,
                           .writes = h->writes,
                           .state = list_state_name(w->state),
                           .final = w->state == LIST_FINAL && RULE(17, closed),
                           .merged = {w->packed.data, w->packed.len},
                           .top = w->top,
                           .top_n = w->merged.head.items_n < k ? w->merged.head.items_n : k,
                           .log_time_ms = log_time_ms};
    memcpy(l.hash_token, h->hash_token, sizeof l.hash_token);
    return l;
}
