/* merger/waiting.h - what a merger has merged, so that a tick costs what changed (rule 14).
 * A list is merged again when its note's token changed, or when its outcome by rules 16, 18 and 21 would change. It is
 * remembered by minute, because what the rows say of a minute is the same for all of its lists.
 * Memory: about BYTES_MAX at most; beyond it the oldest minute is forgotten but for what the rows said of it, so that its
 * notes, which wait in Redis, are taken up again only when the rows say something else.
 * Threads: none, one owner. */
#ifndef TOPKD_MERGER_WAITING_H
#define TOPKD_MERGER_WAITING_H

#include "protocol/judge.h"

struct seen;

struct seen *seen_create(size_t bytes_max);
void seen_destroy(struct seen *s);

/* What is known of a list before it is merged again. */
struct seen_last {
    int64_t mono_ms;    /* when it was merged last; PART_NEVER: never */
    bool becomes_final; /* its outcome would be final now */
};

struct seen_note {
    struct bytes location;
    int64_t minute;
    const char *token;
    bool waiting; /* it was put aside: nothing changed since it was merged */
};

/* Is NOTE news? ROUND: 1 or more, another one in every round: what was asked about here is not offered by seen_changed
 * in the same round. */
bool seen_is_news(struct seen *s, const struct seen_note *note, const struct part_rules *rules,
                  struct board_sources *sources, uint64_t round, struct seen_last *last);
/* Offers every list whose outcome the rows have changed, note or no note. */
typedef void seen_offer(void *ctx, const struct seen_note *note, const struct seen_last *last);
void seen_changed(struct seen *s, const struct part_rules *rules, struct board_sources *sources, uint64_t round,
                  seen_offer *offer, void *ctx);
/* Offers every list that was last merged at MONO_MS or earlier: its hash may have expired. What was forgotten at that
 * time is news again. */
void seen_old(struct seen *s, int64_t mono_ms, uint64_t round, seen_offer *offer, void *ctx);
/* Forget the lists that KEEP does not want: their shards are worked elsewhere now. */
void seen_filter(struct seen *s, bool (*keep)(void *ctx, struct bytes location), void *ctx);

struct seen_merge { /* what a list was merged from, and what came of it */
    uint64_t say;   /* of its minute, when it was judged */
    int64_t born_ms;
    const struct board_part *parts;
    size_t parts_n;
    enum list_state state;
    bool settled; /* every partition had settled its minute */
    int64_t mono_ms;
};
void seen_merged(struct seen *s, struct bytes location, int64_t minute, const char *token, const struct seen_merge *m);
void seen_remove(struct seen *s, struct bytes location, int64_t minute);
void seen_clear(struct seen *s);
size_t seen_count(const struct seen *s); /* lists */
size_t seen_bytes(const struct seen *s);
uint64_t seen_forgotten(const struct seen *s); /* lists that BYTES_MAX has cost, ever */

#endif
