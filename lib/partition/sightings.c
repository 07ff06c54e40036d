/* partition/sightings.c - a ring of the last sightings, and by place the newest one there.
 *
 *     number            101   102   103   104   105        oldest 101, next 106
 *     hash               A     B     A     C     B
 *     older                               103               A and C have the same place; 101 and 102 left theirs
 *     newest, by place  104 (A and C), 105 (B)
 *
 * A search begins at the newest sighting of the id's place and goes on to older ones, up to a number that is not
 * remembered: all behind it are older still. So to forget is to raise OLDEST, and no place is touched. When an id is
 * seen again, its former sighting leaves the place. So an id stands there once, however often it came.
 *
 * Numbers in the arrays have 32 bits. One that stands there since 2^32 sightings may look like one that is remembered.
 * Then a search looks at a few too many, and finds nothing wrong: whatever has the hash and is remembered is right, and
 * what it looks for stands before such a number.
 *
 * A sighting does not say its second. The seconds say with which number they begin.
 *
 * Strangers choose the ids, but not the places: these depend on a number that each process draws for itself. No two ids
 * meet at a place more often than chance makes them (multiply-shift: Dietzfelbinger et al., J. Algorithms 25, 1997).
 *
 * Rejected: open addressing, where to forget is another search and a shift. And lines of memory with 15 numbers, each
 * beside a part of its hash: of a million ids one look into far memory and not two, but twice the time up to a hundred
 * thousand. */
#include "partition/sightings.h"

#include <assert.h>

#include "base/hash.h"

enum { ROOM_MIN = 64 };

void sightings_init(struct sightings *s, struct pool *pool, uint32_t life_s, uint32_t max) {
    static const char what[] = "places of sightings";
    assert(life_s > 0 && max > 0 && max < INT32_MAX);
    *s = (struct sightings){.next = 1,
                            .oldest = 1,
                            .pool = pool,
                            .life_s = life_s,
                            .max = max,
                            .now_s = -1,
                            .factor = hash_secret(what, sizeof what) | 1};
}

/* -- places -- */

static uint32_t slot_of(const struct sightings *s, uint64_t number) { return (uint32_t)number & (s->room - 1); }

static uint32_t *place_of(const struct sightings *s, uint64_t hash) {
    return &s->newest[(hash * s->factor) >> s->shift];
}

/* One that is not remembered, whatever is. */
static uint32_t no_number(uint64_t number) { return (uint32_t)number ^ UINT32_C(1) << 31; }

/* How many sightings ago it was; the newest one is 1. */
static uint32_t age_of(const struct sightings *s, uint32_t number) { return (uint32_t)s->next - number; }

static bool age_is_remembered(const struct sightings *s, uint32_t age) {
    return age - 1 < (uint32_t)sightings_remembered(s);
}

/* Where the number of the sighting with this hash stands; NULL: there is none. */
static uint32_t *place_find(const struct sightings *s, uint64_t hash) {
    uint32_t *link = place_of(s, hash), age = age_of(s, *link), before = 0;
    while (age_is_remembered(s, age) && age > before) {
        uint32_t slot = slot_of(s, *link);
        if (s->hashes[slot] == hash) return link;
        link = &s->older[slot];
        before = age;
        age = age_of(s, *link);
    }
    return NULL;
}

static void place_leave(struct sightings *s, uint32_t *link) {
    uint32_t number = *link, slot = slot_of(s, number);
    *link = s->older[slot];
    s->older[slot] = number;
}

/* It becomes the newest one there. No number stands behind it that could be its own one day. */
static void place_take(struct sightings *s, uint64_t number, uint64_t hash) {
    uint32_t slot = slot_of(s, number), *place = place_of(s, hash);
    s->hashes[slot] = hash;
    s->older[slot] = age_is_remembered(s, age_of(s, *place)) ? *place : no_number(number);
    *place = (uint32_t)number;
}

/* -- memory -- */

static void arrays_take(struct sightings *s, uint32_t room) {
    s->room = room;
    s->shift = 64 - (uint32_t)__builtin_ctz(room);
    s->hashes = pool_take(s->pool, room * sizeof *s->hashes);
    s->older = pool_take(s->pool, room * sizeof *s->older);
    s->newest = pool_take(s->pool, room * sizeof *s->newest);
    for (uint32_t i = 0; i < room; i++) s->newest[i] = no_number(s->next);
}

static void arrays_give(struct sightings *s) {
    pool_give(s->pool, s->hashes, s->room * sizeof *s->hashes);
    pool_give(s->pool, s->older, s->room * sizeof *s->older);
    pool_give(s->pool, s->newest, s->room * sizeof *s->newest);
    s->room = 0;
}

/* Those that left their place stay away. */
static void arrays_resize(struct sightings *s, uint32_t room) {
    struct sightings old = *s;
    arrays_take(s, room);
    for (uint64_t number = s->oldest; number < s->next; number++) {
        uint32_t from = slot_of(&old, number);
        if (old.older[from] != (uint32_t)number) {
            place_take(s, number, old.hashes[from]);
        } else {
            s->hashes[slot_of(s, number)] = old.hashes[from];
            s->older[slot_of(s, number)] = (uint32_t)number;
        }
    }
    arrays_give(&old);
}

/* Nothing is remembered yet, so every second begins with what comes. */
static void memory_take(struct sightings *s) {
    arrays_take(s, ROOM_MIN);
    s->first = pool_take(s->pool, s->life_s * sizeof *s->first);
    for (uint32_t i = 0; i < s->life_s; i++) s->first[i] = s->next;
}

static void memory_give(struct sightings *s) {
    if (s->room == 0) return;
    arrays_give(s);
    pool_give(s->pool, s->first, s->life_s * sizeof *s->first);
    s->first = NULL;
}

/* At an eighth it shrinks to between a quarter and a half, so that it does not grow again at once. */
static void memory_shrink(struct sightings *s) {
    uint64_t n = sightings_remembered(s);
    uint32_t room = s->room;
    if (n > room / 8) return;
    while (room > ROOM_MIN && n <= room / 4) room /= 2;
    if (room < s->room) arrays_resize(s, room);
}

void sightings_clear(struct sightings *s) {
    memory_give(s);
    s->oldest = s->next;
    s->now_s = -1;
}

void sightings_deinit(struct sightings *s) { sightings_clear(s); }

uint64_t sightings_bytes(const struct sightings *s) {
    if (s->room == 0) return 0;
    return pool_size(s->room * sizeof *s->hashes) + pool_size(s->room * sizeof *s->older) +
           pool_size(s->room * sizeof *s->newest) + pool_size(s->life_s * sizeof *s->first);
}

/* -- seconds -- */

static uint64_t *first_of(const struct sightings *s, int64_t second) { return &s->first[second % s->life_s]; }

/* The seconds behind the last one, up to this, begin with what comes. */
static void seconds_begin(struct sightings *s, int64_t second) {
    int64_t from = s->now_s < second - s->life_s ? second - s->life_s : s->now_s;
    for (int64_t i = from + 1; i <= second; i++) *first_of(s, i) = s->next;
}

static void forget_before(struct sightings *s, uint64_t number) {
    if (number <= s->oldest) return;
    s->oldest = number;
    if (s->oldest == s->next)
        memory_give(s);
    else
        memory_shrink(s);
}

void sightings_advance(struct sightings *s, int64_t second) {
    if (second == s->now_s) return;
    assert(second > s->now_s);
    if (s->room > 0) seconds_begin(s, second);
    s->now_s = second;
    if (s->room > 0) forget_before(s, *first_of(s, second + 1)); /* the oldest second that still lives has its place */
}

/* The seconds stand in order: the last one that begins at the oldest sighting or before it has it. */
int64_t sightings_oldest_age_s(const struct sightings *s) {
    int64_t low = 0, high = i64_smaller(s->life_s - 1, s->now_s);
    if (s->room == 0) return 0;
    while (low < high) {
        int64_t age = (low + high) / 2;
        if (*first_of(s, s->now_s - age) <= s->oldest)
            high = age;
        else
            low = age + 1;
    }
    return low;
}

/* -- sightings -- */

static void make_room(struct sightings *s) {
    if (s->room == 0) memory_take(s);
    if (sightings_remembered(s) == s->max) {
        s->oldest++;
        s->forgotten_early++;
    }
    if (sightings_remembered(s) == s->room) arrays_resize(s, s->room * 2);
}

bool sightings_add(struct sightings *s, uint64_t hash) {
    assert(s->now_s >= 0);
    uint32_t *link = s->room == 0 ? NULL : place_find(s, hash);
    if (link != NULL) place_leave(s, link);
    make_room(s);
    place_take(s, s->next, hash);
    s->next++;
    return link != NULL;
}

/* -- what is true of them -- */

enum { CHECKED_MAX = 4096 };

static void seconds_check(const struct sightings *s) {
    uint64_t last = s->next;
    for (int64_t age = 0; age < s->life_s && age <= s->now_s; age++) {
        uint64_t first = *first_of(s, s->now_s - age);
        assert(first <= last);
        last = first;
    }
}

/* It is found where it stands, or left for a newer one that is. */
static void sighting_check(const struct sightings *s, uint64_t number) {
    uint32_t slot = slot_of(s, number);
    const uint32_t *link = place_find(s, s->hashes[slot]);
    assert(link != NULL);
    bool left = s->older[slot] == (uint32_t)number;
    assert(left == (*link != (uint32_t)number));
    assert(age_of(s, *link) <= age_of(s, (uint32_t)number));
}

void sightings_check(const struct sightings *s) {
    assert(s->oldest >= 1 && s->oldest <= s->next && sightings_remembered(s) <= s->max);
    assert((s->room == 0) == (s->first == NULL));
    assert(s->room > 0 || sightings_remembered(s) == 0);
    if (s->room == 0) return;
    assert((s->room & (s->room - 1)) == 0 && sightings_remembered(s) <= s->room);
    uint64_t from = sightings_remembered(s) > CHECKED_MAX ? s->next - CHECKED_MAX : s->oldest;
    for (uint64_t number = from; number < s->next; number++) sighting_check(s, number);
    seconds_check(s);
}
