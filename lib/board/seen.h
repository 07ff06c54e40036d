/* board/seen.h - what a merger has merged, so that a tick costs what changed (rule 14).
 * A list is merged again when its note's token changed, or when its outcome by rules 16 and 18 would change.
 * Threads: none, one owner. */
#ifndef TOPKD_BOARD_SEEN_H
#define TOPKD_BOARD_SEEN_H

#include "board/state.h"

struct seen;

struct seen *seen_create(void);
void seen_destroy(struct seen *s);

/* Must the list be merged, as far as TOKEN and SOURCES tell? SAY is board_say of its minute. LAST_MONO_MS: when it was
 * merged last (PART_NEVER: never). BECOMES_FINAL: the outcome would be final now. */
bool seen_wants(struct seen *s, const struct part_rules *rules, const struct board_sources *sources,
                struct bytes location, int64_t minute, const char *token, uint64_t say, int64_t *last_mono_ms,
                bool *becomes_final);
/* The list was merged under TOKEN from PARTS with this outcome. */
void seen_merged(struct seen *s, struct bytes location, int64_t minute, const char *token, uint64_t say,
                 const struct board_part *parts, size_t n, enum list_state state, int64_t mono_ms);
void seen_remove(struct seen *s, struct bytes location, int64_t minute);
void seen_clear(struct seen *s);
size_t seen_count(const struct seen *s);

#endif
