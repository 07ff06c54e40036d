/* merger/waiting_table.h - the container behind merger/waiting.h, for waiting*.c alone: lists by minute and location.
 *
 *   struct waiting_lists
 *     minutes, ascending --> waiting_minute --> a hash table of chains --> waiting_list -> waiting_list -> NULL
 *     names of partitions, ascending                                         | parts
 *        ^-------------------------------------------------------------------'
 *
 * A minute without lists does not stay. Names stay for ever: there are as many as partitions. */
#ifndef TOPKD_MERGER_WAITING_TABLE_H
#define TOPKD_MERGER_WAITING_TABLE_H

#include "merger/waiting.h"

enum { WAITING_TOKEN_BYTES = 17, WAITING_FORGOTTEN_MAX = 4096 };

/* What decides a list's state of one part. */
struct waiting_part {
    const char *partition_name; /* one of names */
    uint64_t incarnation;
    bool final;
};

struct waiting_list {
    struct waiting_list *next; /* in its chain */
    uint64_t hash;             /* of its location */
    uint64_t asked_round;      /* in which it was offered, or its note was news */
    int64_t merged_mono_ms, born_ms;
    uint64_t digest;  /* of the minute, when last judged */
    uint64_t outcome; /* state and parts that count */
    struct waiting_part *parts;
    uint32_t parts_n;
    uint16_t location_len;
    char token[WAITING_TOKEN_BYTES];
    char location[];
};

/* The lists of one minute. */
struct waiting_minute {
    int64_t minute;
    bool judged;            /* every list was judged under ... */
    uint64_t digest;        /* ... this one */
    int64_t oldest_mono_ms; /* no list of it was merged before */
    struct waiting_list **table;
    size_t table_n, n; /* chains, a power of two; lists */
};

/* A minute whose lists were forgotten for want of room. */
struct waiting_forgotten_minute {
    int64_t minute, mono_ms;
    uint64_t digest;
};

struct waiting_lists {
    struct waiting_minute **minutes; /* owned, ascending */
    size_t minutes_n, minutes_cap;
    size_t lists_n, bytes, bytes_max;
    uint64_t seed; /* of the tables: their order never shows */
    char **names;  /* owned; of partitions, ascending */
    size_t names_n, names_cap;
    struct waiting_forgotten_minute forgotten[WAITING_FORGOTTEN_MAX]; /* a ring */
    size_t forgotten_n;                                               /* since the last clear */
    uint64_t forgotten_lists;                                         /* ever */
};

/* NAME as it stands in names, for as long as W lives. */
const char *waiting_name(struct waiting_lists *w, const char *name);

/* The minute at place AT is freed with its lists. */
void waiting_minute_remove(struct waiting_lists *w, size_t at);
/* The place of the first minute that is not before this one. */
size_t waiting_minute_at(const struct waiting_lists *w, int64_t minute);
struct waiting_minute *waiting_minute_get(struct waiting_lists *w, int64_t minute); /* makes it */

/* The link that points to the list, or to the NULL at the end of its chain. */
struct waiting_list **waiting_list_link(const struct waiting_lists *w, struct waiting_minute *m, struct bytes location);
struct waiting_list *waiting_list_find(const struct waiting_lists *w, struct bytes location, int64_t minute);
struct waiting_list *waiting_list_get(struct waiting_lists *w, struct waiting_minute *m, struct bytes location);
/* Room for N parts instead of those that it has. */
void waiting_list_set_parts(struct waiting_lists *w, struct waiting_list *l, size_t n);
void waiting_list_remove(struct waiting_lists *w, struct waiting_minute *m, struct waiting_list **link);

#endif
