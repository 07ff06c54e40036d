/* partition/ids.c - marks in the log, beside the sightings.
 *
 * A successor has to know the ids that are remembered where it begins. They are nowhere but in the log, so it begins
 * earlier: at a mark. A mark is a record with an event that has an id; it says which sighting was the next one there.
 *
 *     marks          1             38            71            104
 *     sightings      1 ........... 38 .......... 71 .......... 104 ........ 130
 *                                        oldest: 52                         next: 131
 *
 * Here it begins at mark 38. Marks that no rewind will ever want are dropped: 1, as long as 38 is not passed.
 *
 * What is remembered never depends on what a sighting was taken for. So a reader that begins at 38, and takes for new
 * what came back from before, knows the same from 52 on. */
#include "partition/ids.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/testhook.h"

static uint32_t part_of(uint32_t whole) { return (whole + MARKS_PER - 1) / MARKS_PER; }

struct ids *ids_create(const struct delivery_rules *rules, struct pool *pool) {
    if (rules->dedup_ms == 0) return NULL;
    struct ids *ids = mem_zalloc(1, sizeof *ids);
    uint32_t life_s = (uint32_t)((rules->dedup_ms + 999) / 1000);
    sightings_init(&ids->seen, pool, life_s, rules->dedup_ids_max);
    ids->mark_seconds = part_of(life_s);
    ids->mark_sightings = part_of(rules->dedup_ids_max);
    return ids;
}

void ids_destroy(struct ids *ids) {
    if (ids == NULL) return;
    sightings_deinit(&ids->seen);
    mem_free(ids);
}

void ids_clear(struct ids *ids) {
    if (ids == NULL) return;
    sightings_clear(&ids->seen);
    ids->marks_n = 0;
}

/* -- marks -- */

bool ids_want_mark(const struct ids *ids) {
    if (ids->marks_n == 0) return true;
    const struct mark *last = &ids->marks[ids->marks_n - 1];
    return ids->seen.next - last->first >= ids->mark_sightings || ids->seen.now_s - last->second >= ids->mark_seconds;
}

/* All but the last one from which on a reader sees everything that is remembered. */
static uint32_t marks_passed(const struct ids *ids) {
    uint32_t n = 0;
    while (n + 1 < ids->marks_n && ids->marks[n + 1].first <= ids->seen.oldest) n++;
    return n;
}

void ids_mark(struct ids *ids, const struct rewind *at) {
    uint32_t passed = marks_passed(ids);
    ids->marks_n -= passed;
    memmove(ids->marks, ids->marks + passed, ids->marks_n * sizeof *ids->marks);
    assert(ids->marks_n < MARKS_MAX);
    ids->marks[ids->marks_n++] = (struct mark){*at, ids->seen.next, ids->seen.now_s};
}

const struct rewind *ids_rewind(const struct ids *ids) {
    if (sightings_remembered(&ids->seen) == 0 || !RULE(26, rewind_to_mark)) return NULL;
    return &ids->marks[marks_passed(ids)].at;
}

void ids_check(const struct ids *ids) {
    sightings_check(&ids->seen);
    assert(ids->marks_n > 0 || sightings_remembered(&ids->seen) == 0);
    assert(ids->marks_n == 0 || ids->marks[0].first <= ids->seen.oldest);
    for (uint32_t i = 1; i < ids->marks_n; i++) {
        assert(ids->marks[i - 1].first < ids->marks[i].first);
        assert(ids->marks[i - 1].at.offset <= ids->marks[i].at.offset);
    }
}
