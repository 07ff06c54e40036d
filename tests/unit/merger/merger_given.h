/* unit/merger/merger_given.h - the words of the tests of what becomes of lists: two partitions of one topic, a merger
 * that owns both, and somebody else on the same Redis, who contributes, writes rows and merges, too. */
#ifndef TOPKD_TESTS_UNIT_MERGER_MERGER_GIVEN_H
#define TOPKD_TESTS_UNIT_MERGER_MERGER_GIVEN_H

#include "merger/merger.h"
#include "support/fake_store.h"

enum { TENTH_MS = 100 /* of the publish interval */, PARTITIONS = 2 };
enum { ROUNDS = 8 /* within these the merger has read all that waits, long before it would anyway */ };

struct given_merging {
    struct fake_redis *redis;
    struct fake_store *fake, *other; /* the merger's connection, and somebody else's */
    struct merger *merger;
    size_t written;             /* lists of this merger */
    int bad_call;               /* enum fake_call whose next element breaks the connection; -1: none does */
    bool other_writes;          /* somebody else writes a list just before this merger writes one */
    const char *other_location; /* ... this one */
    bool other_joins;           /* the partition tt/7 joins just before this merger closes lists */
    int64_t log_time_ms;        /* of the rows to come */
    unsigned tokens;
    int64_t minute; /* of the lists; now, unless a test moves it */
};
extern struct given_merging merging;

void merging_begin(void); /* fixtures */
void merging_end(void);
/* The same with these topics, as "TOPICS=tt,uu". */
void given_merger(const char *topics);
void own(int32_t partition, bool ours);
struct bytes text(const char *s);

/* -- what others do -- */

/* A partition stores a copy for this location, of 5 cats, 4 dogs and 3 eels, and no note yet. */
void stored(const char *partition_name, const char *location, bool final);
void noted(const char *location);
void contributed(const char *partition_name, const char *location, bool final); /* both */
void note_waits(const char *location);                                          /* its note is the newest of all */
/* The partition's row: settled up to and with this minute, not vouched for up to and with UNSURE_UNTIL. */
void row_written(const char *partition_name, int64_t to, int64_t unsure_until);
void settled(const char *partition_name, int64_t to);
void all_settled(int64_t to);
void joins(const char *partition_name);
void hash_gone(const char *location);
/* Another merger, which reads what is there now and writes the list. */
void other_merges(const char *location);

/* -- rounds -- */

void pass(int64_t ms);
/* Some rounds, each a little after the one before; how many lists they wrote. */
size_t rounds(size_t n);
/* A round whose connection breaks at this call. */
void broken_round(int call);

/* -- what is in Redis then -- */

void expect_state(const char *location, const char *state);
void expect_top(const char *location, const char *wanted); /* as "cat 5, dog 4" */
void expect_notes(size_t changed, size_t waiting);

#endif
