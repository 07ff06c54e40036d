/* merger_given.h - the words of the merger tests: two partitions of topic "tt", one merger that works them all, a Redis,
 * and somebody else with a connection of their own. Everything is said of one minute. K is 2. */
#ifndef TOPKD_TESTS_MERGER_GIVEN_H
#define TOPKD_TESTS_MERGER_GIVEN_H

#include "support/fake_store.h"
#include "worker/merger.h"
#include "worker_given.h"

enum { MERGER_PARTITIONS = 2, TENTH_MS = 100 /* of the publish interval: a round's length */ };
enum { ROUNDS = 8 /* within these the merger has read all that waits, long before it would anyway */ };

struct given_merger {
    struct fake_redis *redis;
    struct fake_store *fake, *other; /* the merger's connection, and somebody else's */
    struct merger *merger;
    size_t written; /* lists of this merger */
    int bad_call;   /* enum fake_call whose next element breaks the connection; -1: none does */
    /* Called once, before the merger's next element of this kind: somebody else is faster. NULL: nobody. */
    void (*meanwhile)(void);
    int meanwhile_call;
    int64_t minute;
    unsigned tokens;
};
extern struct given_merger given;

void merger_begin(void); /* fixtures */
void merger_end(void);
struct bytes text(const char *s);
void own(int32_t partition, bool ours);

/* -- what others do -- */

/* A partition stores a copy for this location, of 5 cats, 4 dogs and 3 eels, and no note yet. */
void stored(const char *source, const char *location, bool final);
void noted(const char *location);
void put_aside(const char *location); /* the newest note of all, which is of this location */
void contributed(const char *source, const char *location, bool final); /* stored and noted */
/* A partition's row of this text. */
void row_is(const char *source, struct bytes value);
/* ... settled up to and with TO, not vouched for up to and with X, at the end of the log at END_MS. */
void said(const char *source, int64_t to, int64_t x, int64_t end_ms);
void settled(const char *source, int64_t to);
void all_settled(int64_t to);
void joined(const char *source);
void hash_gone(const char *location);

/* -- rounds -- */

void pass(int64_t ms);
/* Some rounds, each a little after the one before; how many lists they wrote. */
size_t rounds(size_t n);
size_t round_at_once(void); /* no time passed */
/* A round whose connection breaks at this call. */
void broken_round(int call);

/* -- what is there then -- */

void expect_state(const char *location, const char *state);
void expect_top(const char *location, const char *wanted); /* what a reader sees, as "cat 5, dog 4" */
void expect_notes(size_t changed, size_t waiting);

#endif
