/* unit/merger/waiting_given.h - the words of the tests of what a merger remembers: two partitions, the lists that were
 * merged, and what is offered in a round. Tokens are 16 digits as in the store. */
#ifndef TOPKD_TESTS_UNIT_MERGER_WAITING_GIVEN_H
#define TOPKD_TESTS_UNIT_MERGER_WAITING_GIVEN_H

#include "merger/waiting.h"

enum { MINUTE = 1000, MERGED_MS = 77 /* when lists are merged, unless a test says when */ };

struct given_waiting {
    struct waiting_lists *lists;
    struct progress progress; /* of events/0 and events/1 */
    struct waiting_round round;
    /* what was offered last */
    struct offer {
        char location[32], token[17];
        int64_t minute;
        struct waiting_last last;
    } offers[8];
    size_t offers_n;
};
extern struct given_waiting waiting;

extern const struct progress_row nothing_yet; /* a row that says nothing */
extern const char token_a[], token_b[];       /* they differ in the last byte */

void waiting_begin(void); /* fixtures */
void waiting_end(void);
/* A memory of its own with room for N lists of one location, not for one more. */
void given_room_for(int n);
struct bytes location_text(const char *s);

/* -- what the rows say -- */

void row_says(const char *partition_name, const struct progress_row *row);
void row_settles(const char *partition_name, int64_t settled); /* everything up to this minute */

/* -- what is merged -- */

/* The list is merged from PARTS, judged by the rows as they are. */
void merged_from(const char *location, int64_t minute, const char *token, struct list_part *parts, size_t n);
void merged_at(const char *location, int64_t minute, const char *token, int64_t mono_ms); /* of a part of events/0 */
void merged(const char *location, int64_t minute, const char *token);

/* -- what is asked -- */

bool is_news(const char *location, int64_t minute, const char *token);
bool is_waiting_news(const char *location, int64_t minute, const char *token); /* the note lies with those that wait */
bool asked(const struct waiting_note *note, struct waiting_last *last);
/* How many lists are offered because of the rows; another round begins. */
size_t offered_by_rows(void);
/* ... because they were merged then or before; in the round that it is. */
size_t offered_as_old(int64_t mono_ms);

#endif
