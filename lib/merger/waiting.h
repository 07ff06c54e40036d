/* merger/waiting.h - what a merger has merged, so that a tick costs what changed (rule 14).
 * A list is merged again when its note's token changed, or when its outcome by rules 16, 18 and 21 would change. It is
 * remembered by minute, because what the rows say of a minute is the same for all of its lists.
 * Memory: about BYTES_MAX at most. Beyond it the oldest minute is forgotten, but for what the rows said of it. Its
 * notes, which wait in Redis, are news again only when the rows say something else.
 * Threads: none, one owner. */
#ifndef TOPKD_MERGER_WAITING_H
#define TOPKD_MERGER_WAITING_H

#include "protocol/judge.h"

struct waiting_lists;

struct waiting_lists *waiting_create(size_t bytes_max);
void waiting_destroy(struct waiting_lists *w);

/* By what lists are judged in a round of the merger. */
struct waiting_round {
    const struct delivery_rules *rules;
    struct progress *progress;
    uint64_t number; /* 1 or more, another one in every round: no list is offered twice in one */
};

/* What is known of a list before it is merged again. */
struct waiting_last {
    int64_t mono_ms;    /* when it was merged last; TIME_NEVER: never */
    bool becomes_final; /* its outcome would be final now */
};

struct waiting_note {
    struct bytes location;
    int64_t minute;
    const char *token;
    bool waiting; /* it lies with those that wait: nothing changed since it was merged */
};

/* Is NOTE news? Then its list is not offered any more in this round. */
bool waiting_is_news(struct waiting_lists *w, const struct waiting_note *note, const struct waiting_round *round,
                     struct waiting_last *last);
/* Offers every list whose outcome the rows have changed, note or no note. */
typedef void waiting_offer(void *ctx, const struct waiting_note *note, const struct waiting_last *last);
void waiting_changed(struct waiting_lists *w, const struct waiting_round *round, waiting_offer *offer, void *ctx);
/* Offers every list that was last merged at MONO_MS or earlier: its hash may have expired. What was forgotten at that
 * time is news again. */
void waiting_old(struct waiting_lists *w, const struct waiting_round *round, int64_t mono_ms, waiting_offer *offer,
                 void *ctx);
/* Forgets the lists that KEEP does not want: their shards are worked elsewhere now. */
void waiting_filter(struct waiting_lists *w, bool (*keep)(void *ctx, struct bytes location), void *ctx);

struct waiting_merge { /* what a list was merged from, and what came of it */
    uint64_t digest;   /* of its minute, when it was judged */
    int64_t born_ms;
    const struct list_part *parts;
    size_t parts_n;
    enum list_state state;
    bool settled; /* every partition had settled its minute */
    int64_t mono_ms;
};
void waiting_merged(struct waiting_lists *w, struct bytes location, int64_t minute, const char *token,
                    const struct waiting_merge *merge);
void waiting_remove(struct waiting_lists *w, struct bytes location, int64_t minute);
void waiting_clear(struct waiting_lists *w);
size_t waiting_count(const struct waiting_lists *w); /* lists */
size_t waiting_bytes(const struct waiting_lists *w);
uint64_t waiting_forgotten(const struct waiting_lists *w); /* lists that BYTES_MAX has cost, ever */

/* What is true between two calls: the sums, or each and every list too. */
bool waiting_check(const struct waiting_lists *w);
bool waiting_check_all(const struct waiting_lists *w);

#endif
