/* board/seen.h - what a merger has merged, so that a tick costs what changed (rule 14).
 * A list is merged again when its note's token changed, or when its outcome by rules 16 and 18 would change.
 * Threads: none, one owner. */
#ifndef TOPKD_BOARD_SEEN_H
#define TOPKD_BOARD_SEEN_H

#include "board/state.h"

struct seen;

struct seen *seen_create(void);
void seen_destroy(struct seen *s);

/* What is known of a list before it is merged again. */
struct seen_last {
    int64_t mono_ms;    /* when it was merged last; PART_NEVER: never */
    bool becomes_final; /* its outcome would be final now */
};

/* A note says TOKEN: is that news? ROUND: 1 or more, another one in every round: what was asked about here is
 * not offered by seen_changed in the same round. */
bool seen_is_news(struct seen *s, struct bytes location, int64_t minute, const char *token, uint64_t round,
                  struct seen_last *last);
/* Offers every list whose outcome the rows have changed, note or no note. */
typedef void seen_offer(void *ctx, struct bytes location, int64_t minute, const char *token,
                        const struct seen_last *last);
void seen_changed(struct seen *s, const struct part_rules *rules, const struct board_sources *sources, uint64_t round,
                  seen_offer *offer, void *ctx);
/* Forget the lists that KEEP does not want: their shards are worked elsewhere now. */
void seen_filter(struct seen *s, bool (*keep)(void *ctx, struct bytes location), void *ctx);
/* The list was merged under TOKEN from PARTS with this outcome; SETTLED: every partition had settled its minute. */
void seen_merged(struct seen *s, struct bytes location, int64_t minute, const char *token, uint64_t say,
                 const struct board_part *parts, size_t n, enum list_state state, bool settled, int64_t mono_ms);
void seen_remove(struct seen *s, struct bytes location, int64_t minute);
void seen_clear(struct seen *s);
size_t seen_count(const struct seen *s);

#endif
