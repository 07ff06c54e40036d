/* partition/sightings.h - which ids a partition saw a little while ago: a container, no rules.
 * Use when: an event's id is to be looked for among the last ones.
 * Not for: ids themselves. Only their hashes are kept, so two ids with the same 64 bits are one.
 * Determinism: what is remembered is a pure function of the calls.
 * Memory: of the pool. 16 bytes for a sighting that is remembered, by powers of two, so up to 32; and 8 bytes for each
 * second that sightings live. None while nothing is remembered.
 * Threads: none, one owner. */
#ifndef TOPKD_PARTITION_SIGHTINGS_H
#define TOPKD_PARTITION_SIGHTINGS_H

#include "base/base.h"
#include "base/pool.h"

/* Sightings are numbered from 1 on. Those from OLDEST up to NEXT, which is not there yet, are remembered. */
struct sightings {
    uint64_t next, oldest;
    uint64_t forgotten_early; /* younger than LIFE_S, because there were more than MAX */
    /* private */
    struct pool *pool;
    uint32_t life_s, max;
    int64_t now_s;    /* the second of log time; -1: there was none yet */
    uint64_t *first;  /* by second modulo LIFE_S: number of the first sighting in it or behind it */
    uint32_t room;    /* of the arrays below, a power of two; 0: there are none, and no FIRST either */
    uint32_t shift;   /* how far a hash is moved so that a place is left */
    uint64_t factor;  /* makes of a hash what decides its place; odd */
    uint64_t *hashes; /* by number: the hash of the id ... */
    uint32_t *older;  /* ... and the next older sighting at the same place. Its own number: it left its place */
    uint32_t *newest; /* by place: the newest sighting there */
};

/* LIFE_S, in seconds, and MAX are > 0. POOL is borrowed until deinit. */
void sightings_init(struct sightings *s, struct pool *pool, uint32_t life_s, uint32_t max);
/* Everything is forgotten. It may be used again, and goes on counting. */
void sightings_clear(struct sightings *s);
void sightings_deinit(struct sightings *s);

/* It is this second of log time now (unix seconds >= 0, never lower than before). What is LIFE_S or more older goes. */
void sightings_advance(struct sightings *s, int64_t second);
/* The hash will be added soon: its place is asked for. */
static inline void sightings_expect(const struct sightings *s, uint64_t hash) {
    if (s->room > 0) __builtin_prefetch(&s->newest[(hash * s->factor) >> s->shift], 1);
}
/* One more sighting, in the second of the last advance. True if the same hash is remembered among the last MAX. */
bool sightings_add(struct sightings *s, uint64_t hash);

static inline uint64_t sightings_remembered(const struct sightings *s) { return s->next - s->oldest; }
/* How many seconds ago the oldest one was that is remembered; 0 if there is none. */
int64_t sightings_oldest_age_s(const struct sightings *s);
uint64_t sightings_bytes(const struct sightings *s); /* of the pool */

/* Asserts what is true of them between two calls. It looks at the last thousands. */
void sightings_check(const struct sightings *s);

#endif
