/* topkd/judge_reason.h - why an event became what the decoder says.
 * The outcome is given; the reason is looked for afterwards in the event's bytes.   Threads: one owner. */
#ifndef TOPKD_JUDGE_REASON_H
#define TOPKD_JUDGE_REASON_H

#include "judge_field.h"

struct judge_case {
    const struct event_rules *rules;
    const struct judge_places *places; /* of the rules */
    const struct message *message;
    const char *(*header_name)(void *self, size_t i); /* as in struct judge_record */
    struct judge_scene scene;                         /* of the event */
    const struct judge_node *root; /* of the message: the first that ends behind where the event begins */
    struct judge_tree *tree;       /* that ROOT is in */
    struct event_arena *texts;     /* cleared by the caller, now and then */
    const struct event *event;
    const char *future_text, *lateness_text; /* of the settings */
    int64_t log_ms;                          /* largest time of the records before it; TIME_NEVER: not known */
};

/* What follows the name of the outcome: " item=a1 location=US ..." or ": no field "ts" ...", on one line, for a
 * terminal. */
void judge_reason_write(const struct judge_case *c, struct buf *out);
/* "TOPKD_FIELD_ITEM", ... */
const char *judge_field_setting(enum event_field field);

#endif
