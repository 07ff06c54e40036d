/* protocol/progress.c - all partitions of the topics, with what their rows say. */
#include "protocol/progress.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

/* The place of the first partition that is not before NAME. */
static size_t name_place(const struct progress *p, const char *name) {
    size_t lo = 0, hi = p->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp(p->all[mid].name, name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool name_is_at(const struct progress *p, size_t i, const char *name) {
    return i < p->n && strcmp(p->all[i].name, name) == 0;
}

void progress_add(struct progress *p, const char *name, uint64_t incarnation, const struct progress_row *row) {
    size_t i = name_place(p, name);
    if (!name_is_at(p, i, name)) {
        p->all = mem_grow(p->all, &p->cap, p->n + 1, sizeof *p->all);
        memmove(p->all + i + 1, p->all + i, (p->n - i) * sizeof *p->all);
        p->all[i] = (struct progress_partition){.name = mem_strdup(name)};
        p->n++;
    }
    assert(i + 1 >= p->n || strcmp(p->all[i].name, p->all[i + 1].name) < 0);
    if (row == NULL) return;
    p->all[i].has_row = true;
    p->all[i].incarnation = incarnation;
    p->all[i].row = *row;
}

void progress_add_unknown_topic(struct progress *p, const char *topic) {
    char name[PARTITION_NAME_BYTES_MAX];
    snprintf(name, sizeof name, "%s/?", topic);
    progress_add(p, name, 0, NULL);
}

void progress_deinit(struct progress *p) {
    for (size_t i = 0; i < p->n; i++) mem_free((char *)(uintptr_t)p->all[i].name);
    mem_free(p->all);
    *p = (struct progress){0};
}

struct progress_partition *progress_find(const struct progress *p, const char *name) {
    size_t i = name_place(p, name);
    return name_is_at(p, i, name) ? &p->all[i] : NULL;
}

bool progress_settled_everywhere(const struct progress *p, int64_t minute) {
    for (size_t i = 0; i < p->n; i++)
        if (!p->all[i].has_row || p->all[i].row.settled < minute) return false;
    return true;
}

uint64_t progress_digest(const struct delivery_rules *rules, const struct progress *p, int64_t minute) {
    uint64_t hash = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct progress_partition *partition = &p->all[i];
        const struct progress_row *row = &partition->row;
        bool ended = row->end_ms != TIME_NEVER && row->end_ms >= minute_deadline_ms(rules, minute);
        uint64_t flags = (uint64_t)(row->older_until >= minute) | (uint64_t)(row->unsure_until >= minute) << 1 |
                         (uint64_t)(row->settled >= minute) << 2 | (uint64_t)ended << 3 |
                         (uint64_t)partition->has_row << 4;
        bool vouched = row->vouch.until_ms != 0 && minute <= row->vouch.above;
        flags |= (uint64_t)vouched << 5;
        uint64_t said[3] = {partition->has_row ? partition->incarnation : 0, partition->has_row ? flags : 0,
                            partition->has_row ? (uint64_t)row->vouch.until_ms : 0};
        hash = hash64(said, sizeof said, hash + 1);
    }
    return hash;
}

int64_t progress_log_time_ms(const struct progress *p) {
    int64_t log_time_ms = TIME_NEVER;
    for (size_t i = 0; i < p->n; i++)
        if (p->all[i].has_row && p->all[i].row.log_time_ms > log_time_ms) log_time_ms = p->all[i].row.log_time_ms;
    return log_time_ms;
}

int64_t progress_least_log_time_ms(const struct progress *p) {
    int64_t log_time_ms = INT64_MAX;
    for (size_t i = 0; i < p->n; i++) {
        const struct progress_partition *partition = &p->all[i];
        if (partition->has_row && progress_row_is_retired(&partition->row)) continue;
        log_time_ms = i64_smaller(log_time_ms, partition->has_row ? partition->row.log_time_ms : TIME_NEVER);
    }
    return log_time_ms == INT64_MAX ? TIME_NEVER : log_time_ms;
}
