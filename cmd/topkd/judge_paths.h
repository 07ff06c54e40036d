/* topkd/judge_paths.h - the paths of many events, and what stands there.
 * Threads: one owner.   Memory: JUDGE_PATHS_MAX paths at most; what comes later is left out. */
#ifndef TOPKD_JUDGE_PATHS_H
#define TOPKD_JUDGE_PATHS_H

#include "judge_field.h"
#include "judge_words.h"

enum { JUDGE_PATHS_MAX = 1000, JUDGE_DISTINCT_MAX = 1000 };

/* Values, each counted once. */
struct judge_distinct {
    uint64_t *hashes; /* owned; 0: free */
    size_t cap, n;    /* n stops at JUDGE_DISTINCT_MAX */
};

struct judge_path {
    char *place; /* owned; as FIELD_* has it; NULL: at the place that is set now */
    char *words; /* owned; of its name; "" if it has none, or one that changes from event to event */
    bool of_wrapper, has_beside;
    unsigned steps, indexes;
    size_t values; /* what is there, and not null */
    size_t items;  /* of these: fit for an item */
    size_t locations, times;
    size_t near_times;   /* within two days of the record's */
    size_t zoneless;     /* times that say no zone */
    size_t texts, bytes; /* of the values that are strings: how many, and their sum */
    size_t codes;        /* two capital letters */
    size_t jsons;        /* texts that begin like JSON */
    struct judge_distinct distinct;
    struct bytes example; /* borrowed from the message; of a key its bytes */
    int64_t example_ms;   /* the first of its times */
    size_t last_seen;     /* number of the event */
    size_t elements;      /* most elements of an array on the path */
};

struct judge_paths {
    struct judge_path *all; /* owned */
    size_t n, cap;
    size_t events; /* looked at */
    const struct event_rules *rules;
};

void judge_paths_init(struct judge_paths *p, const struct event_rules *rules);
void judge_paths_deinit(struct judge_paths *p);

/* Everything that stands in the scene. */
void judge_paths_look(struct judge_paths *p, const struct judge_scene *s, struct event_arena *texts);
/* Every header of a message that has an event; HEADER_NAME as in struct judge_record. */
void judge_paths_look_headers(struct judge_paths *p, const struct message *m,
                              const char *(*header_name)(void *self, size_t i), struct event_arena *texts);
/* One value into PATH, which may be one of no list. */
void judge_path_take(struct judge_path *path, const struct judge_paths *p, const struct judge_found *found,
                     int64_t record_ms, struct event_arena *texts);
void judge_path_deinit(struct judge_path *path);

/* NODE below TOP as a JSON pointer. */
void judge_pointer_add(struct buf *out, const struct judge_node *top, const struct judge_node *node);
/* Elements that are pairs of a name and a value, as OpenTelemetry and GA4 write attributes. */
bool judge_node_is_pair(const struct judge_node *element);

#endif
