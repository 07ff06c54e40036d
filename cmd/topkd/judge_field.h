/* topkd/judge_field.h - one field of an event: where it stands, and what its value is to the worker's rules.
 * Threads: any; pure. */
#ifndef TOPKD_JUDGE_FIELD_H
#define TOPKD_JUDGE_FIELD_H

#include "decode/decoder.h"
#include "event/arena.h"
#include "event/judge.h"
#include "event/place.h"
#include "judge_tree.h"

/* The places that rules name, taken apart. Not to be copied. */
struct judge_places {
    struct place fields[EVENT_FIELDS];
    struct place events_at;
};

/* RULES are those of a configuration, so every place in them is right. */
void judge_places_init(struct judge_places *p, const struct event_rules *rules);

/* What a field may be looked for in. Everything is borrowed. */
struct judge_scene {
    const struct message *message;
    const struct judge_node *event;   /* NULL: it cannot be read */
    const struct judge_node *wrapper; /* NULL: there is none */
};

/* Goes along the events of a message, whose first root it begins at. */
struct judge_cursor {
    const struct judge_node *root;    /* the first that ends behind where the event begins; NULL: there is none */
    const struct judge_node *element; /* of the root's array of events; NULL: its first */
};

/* The scene of the event with the bytes RAW. It stands behind those that were asked for before. */
struct judge_scene judge_scene_next(struct judge_cursor *c, const struct message *m, const struct judge_places *places,
                                    struct bytes raw);

struct judge_found {
    const struct judge_node *node;    /* in an event or a wrapper; NULL: it is not there */
    struct bytes text;                /* beside the value; p == NULL: it is not there */
    const struct judge_node *nearest; /* the last on the way there that is there; NULL: nothing is */
    size_t steps;                     /* that lead to NEAREST */
};

struct judge_found judge_find(const struct judge_scene *s, const struct place *place);

/* As the decoder hands it to the judge. Texts are the message's, or are kept in TEXTS. */
struct event_value judge_value_of(const struct judge_found *found, struct event_arena *texts);
struct event_value judge_value_of_node(const struct judge_node *node, struct event_arena *texts);

/* Would an event count by this value? The verdict is the worker's own (event/judge.h). *MS: of a time. */
bool judge_value_fits(const struct event_rules *rules, enum event_field field, const struct event_value *v,
                      int64_t *ms);
/* Is it a time, but one that says no zone? */
bool judge_time_has_no_zone(const struct event_value *v);

#endif
