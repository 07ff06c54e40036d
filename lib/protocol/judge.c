/* protocol/judge.c - which parts of a list count, and what the list may be called. */
#include "protocol/judge.h"

#include <assert.h>

#include "base/testhook.h"

const char *list_state_name(enum list_state s) {
    static const char *const names[LIST_STATES] = {"open", "ended", "final", "lost"};
    assert((unsigned)s < LIST_STATES);
    return names[s];
}

/* Rule 16: a part of an older incarnation counts only for minutes that incarnation had settled. */
static bool part_counts(const struct progress_partition *partition, const struct list_part *part, int64_t minute) {
    if (partition == NULL || !partition->has_row || !RULE(16, older_parts)) return true;
    return part->incarnation >= partition->incarnation || minute <= partition->row.older_until;
}

/* Rule 21: what has no part said nothing, unless it may have said so in a hash that expired before this one was made.
 */
static bool absence_is_proof(const struct vouch *v, int64_t minute, int64_t born_ms) {
    if (v->until_ms == 0 || !RULE(21, absence)) return true;
    return minute > v->above && born_ms < v->until_ms;
}

/* Rule 18: the first that holds. */
static enum list_state partition_says(const struct delivery_rules *rules, const struct progress_partition *partition,
                                      int64_t minute, int64_t born_ms) {
    const struct progress_row *row = &partition->row;
    const struct list_part *part = partition->part;
    if (!partition->has_row) return LIST_OPEN;
    if (part != NULL && part->final) return LIST_FINAL;
    if (minute <= row->unsure_until && RULE(18, unsure_is_lost)) return LIST_LOST;
    if (part != NULL && progress_row_is_retired(row)) return LIST_LOST; /* its last word never came */
    if (part == NULL && (row->settled >= minute || !RULE(18, absent_when_settled)))
        return absence_is_proof(&row->vouch, minute, born_ms) ? LIST_FINAL : LIST_LOST;
    bool ended = row->end_ms != TIME_NEVER && row->end_ms >= minute_deadline_ms(rules, minute);
    if (ended && (part == NULL || part->incarnation == partition->incarnation || !RULE(18, end_of_its_incarnation)))
        return LIST_ENDED;
    return LIST_OPEN;
}

/* One partition that says so is enough, in this order. */
static enum list_state doubt_largest(const bool said[LIST_STATES]) {
    static const enum list_state order[] = {LIST_LOST, LIST_OPEN, LIST_ENDED};
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        if (said[order[i]]) return order[i];
    return LIST_FINAL;
}

enum list_state list_judge(const struct delivery_rules *rules, struct progress *progress, int64_t minute,
                           int64_t born_ms, struct list_part *parts, size_t n) {
    bool said[LIST_STATES] = {false};
    for (size_t i = 0; i < n; i++) {
        struct progress_partition *partition = progress_find(progress, parts[i].partition_name);
        parts[i].counts = part_counts(partition, &parts[i], minute);
        if (partition == NULL) said[LIST_OPEN] = true; /* a partition that we have not heard of yet */
        if (partition != NULL && parts[i].counts) partition->part = &parts[i];
    }
    for (size_t i = 0; i < progress->n; i++) {
        struct progress_partition *partition = &progress->all[i];
        assert(partition->part == NULL || partition->part->counts);
        said[partition_says(rules, partition, minute, born_ms)] = true;
        partition->part = NULL;
    }
    return doubt_largest(said);
}
