#include "protocol/judge.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/testhook.h"

#include <stdio.h>
#include <string.h>

const char *list_state_name(enum list_state s) {
    static const char *const names[] = {"open", "ended", "final", "lost"};
    return names[s];
}

/* -- sources -- */

static size_t lower_bound(const struct board_sources *s, const char *name) {
    size_t lo = 0, hi = s->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp(s->all[mid].name, name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool is_at(const struct board_sources *s, size_t i, const char *name) {
    return i < s->n && strcmp(s->all[i].name, name) == 0;
}

void board_sources_add(struct board_sources *s, const char *name, uint64_t incarnation, const struct part_row *row) {
    size_t i = lower_bound(s, name);
    if (!is_at(s, i, name)) {
        if (s->n == s->cap) {
            s->cap = s->cap == 0 ? 16 : s->cap * 2;
            s->all = mem_realloc(s->all, s->cap, sizeof *s->all);
        }
        memmove(s->all + i + 1, s->all + i, (s->n - i) * sizeof *s->all);
        s->all[i] = (struct board_source){.name = mem_strdup(name)};
        s->n++;
    }
    if (row == NULL) return;
    s->all[i].has_row = true;
    s->all[i].incarnation = incarnation;
    s->all[i].row = *row;
}

void board_sources_add_unknown(struct board_sources *s, const char *topic) {
    char name[BOARD_SOURCE_BYTES_MAX];
    snprintf(name, sizeof name, "%s/?", topic);
    board_sources_add(s, name, 0, NULL);
}

void board_sources_deinit(struct board_sources *s) {
    for (size_t i = 0; i < s->n; i++) mem_free((char *)(uintptr_t)s->all[i].name);
    mem_free(s->all);
    *s = (struct board_sources){0};
}

struct board_source *board_sources_find(const struct board_sources *s, const char *name) {
    size_t i = lower_bound(s, name);
    return is_at(s, i, name) ? &s->all[i] : NULL;
}

/* -- judgement -- */

/* Rule 16: a part of an older incarnation counts only for minutes that incarnation had settled. */
static bool part_counts(const struct board_source *src, const struct board_part *part, int64_t minute) {
    if (src == NULL || !src->has_row || !RULE(old_i)) return true;
    return part->incarnation >= src->incarnation || minute <= src->row.b;
}

/* Rule 21: what has no part said nothing, unless it may have said so in a hash that expired before this one was made. */
static bool absence_is_proof(const struct part_vouch *v, int64_t minute, int64_t born_ms) {
    if (v->until_ms == 0 || !RULE(absence)) return true;
    return minute > v->above && born_ms < v->until_ms;
}

/* Rule 18: the first that holds. */
static enum list_state source_says(const struct part_rules *rules, const struct board_source *src, int64_t minute,
                                   int64_t born_ms) {
    const struct part_row *row = &src->row;
    const struct board_part *part = src->part;
    if (!src->has_row) return LIST_OPEN;
    if (part != NULL && part->final) return LIST_FINAL;
    if (minute <= row->x && RULE(row_x)) return LIST_LOST;
    if (part != NULL && part_row_is_retired(row)) return LIST_LOST; /* its last word never came */
    if (part == NULL && (row->m >= minute || !RULE(absent_M)))
        return absence_is_proof(&row->vouch, minute, born_ms) ? LIST_FINAL : LIST_LOST;
    bool ended = row->end_ms != PART_NEVER && row->end_ms >= minute_deadline_ms(rules, minute);
    if (ended && (part == NULL || part->incarnation == src->incarnation || !RULE(end_i))) return LIST_ENDED;
    return LIST_OPEN;
}

enum list_state board_judge(const struct part_rules *rules, struct board_sources *sources, int64_t minute,
                            int64_t born_ms, struct board_part *parts, size_t n) {
    bool said[LIST_STATES] = {false};
    for (size_t i = 0; i < n; i++) {
        struct board_source *src = board_sources_find(sources, parts[i].source);
        parts[i].counts = part_counts(src, &parts[i], minute);
        if (src == NULL) said[LIST_OPEN] = true; /* a partition that we have not heard of yet */
        if (src != NULL && parts[i].counts) src->part = &parts[i];
    }
    for (size_t i = 0; i < sources->n; i++) {
        struct board_source *src = &sources->all[i];
        said[source_says(rules, src, minute, born_ms)] = true;
        src->part = NULL;
    }
    return said[LIST_LOST] ? LIST_LOST : said[LIST_OPEN] ? LIST_OPEN : said[LIST_ENDED] ? LIST_ENDED : LIST_FINAL;
}

bool board_settled_everywhere(const struct board_sources *sources, int64_t minute) {
    for (size_t i = 0; i < sources->n; i++)
        if (!sources->all[i].has_row || sources->all[i].row.m < minute) return false;
    return true;
}

uint64_t board_say(const struct part_rules *rules, const struct board_sources *sources, int64_t minute) {
    uint64_t hash = 0;
    for (size_t i = 0; i < sources->n; i++) {
        const struct board_source *src = &sources->all[i];
        const struct part_row *row = &src->row;
        bool ended = row->end_ms != PART_NEVER && row->end_ms >= minute_deadline_ms(rules, minute);
        uint64_t flags = (uint64_t)(row->b >= minute) | (uint64_t)(row->x >= minute) << 1 |
                         (uint64_t)(row->m >= minute) << 2 | (uint64_t)ended << 3 | (uint64_t)src->has_row << 4;
        bool vouched = row->vouch.until_ms != 0 && minute <= row->vouch.above;
        flags |= (uint64_t)vouched << 5;
        uint64_t said[3] = {src->has_row ? src->incarnation : 0, src->has_row ? flags : 0,
                            src->has_row ? (uint64_t)row->vouch.until_ms : 0};
        hash = hash64(said, sizeof said, hash + 1);
    }
    return hash;
}

int64_t board_log_time_ms(const struct board_sources *sources) {
    int64_t w = PART_NEVER;
    for (size_t i = 0; i < sources->n; i++)
        if (sources->all[i].has_row && sources->all[i].row.w_ms > w) w = sources->all[i].row.w_ms;
    return w;
}

int64_t board_least_log_time_ms(const struct board_sources *sources) {
    int64_t w = INT64_MAX;
    for (size_t i = 0; i < sources->n; i++) {
        const struct board_source *src = &sources->all[i];
        if (src->has_row && part_row_is_retired(&src->row)) continue;
        w = i64_smaller(w, src->has_row ? src->row.w_ms : PART_NEVER);
    }
    return w == INT64_MAX ? PART_NEVER : w;
}
