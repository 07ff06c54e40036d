/* decode/json_form.h - how producers write their objects: what has come between one value and the next.
 * Use when: the next object is probably written as those before it.   Not for: what is JSON; it holds what was found to
 * be JSON before, and a text equal to that, in the same place, means the same.
 *
 * A tree of steps. A step is the text from behind one value (or from the object's brace) to the next value: comma, key,
 * colon and blanks, and whose value that is. Behind it comes its THEN; if the text is another, its OTHERWISE may be it:
 *
 *     {"video_id":  ->  ,"location":  ->  ,"ts":  ->  ,"user_id":
 *                       | otherwise
 *                       ,"ts":  ->  ,"user_id":                         an object without location
 *
 * Threads: one owner.   Memory: a fixed number of steps. What does not fit is not learnt, and scanned without. */
#ifndef TOPKD_DECODE_JSON_FORM_H
#define TOPKD_DECODE_JSON_FORM_H

#include "decode/json_block.h"
#include "event/judge.h"

enum {
    EVENT_FORM_STEPS = 32,
    EVENT_FORM_TEXT_BYTES_MAX = 24,
    /* Of so many objects that were of no known form the first few are learnt from; then all is forgotten, because
     * producers change, and what they wrote first may never come again. */
    EVENT_FORM_MISSES = 4096,
    EVENT_FORM_LESSONS = 32
};

struct event_step {
    uint64_t first, last; /* of the text: its first eight bytes and its last, which may be the same in part */
    uint64_t middle;      /* the eight behind the first, of a text longer than 16 bytes */
    uint64_t mask;        /* the bytes of both that are the text's, where it is shorter than eight */
    size_t reach;         /* bytes that are looked at: N, but at least eight */
    uint8_t n;            /* bytes of the text */
    uint8_t field;        /* whose value comes next: an enum event_field */
    struct event_step *then, *otherwise;
};

struct event_form {
    struct event_step steps[EVENT_FORM_STEPS];
    struct event_step *first;
    unsigned used;
    unsigned misses;
};

void event_form_init(struct event_form *form);
/* Whether an object that was of no known form may be learnt from. */
bool event_form_missed(struct event_form *form);
/* The step with the text TEXT among those that begin at *AT (a THEN, or the form's FIRST); added if it is not there.
 * NULL: there is no room, or the text is of a kind that is not learnt. */
struct event_step *event_form_add(struct event_form *form, struct event_step **at, struct bytes text,
                                  enum event_field field);

/* Whether the text of S is at P and ends before END. */
static inline bool event_step_is(const struct event_step *s, const char *p, const char *end) {
    if ((size_t)(end - p) < s->reach) return false;
    uint64_t others = (event_load8(p) ^ s->first) | (event_load8(p + s->reach - 8) ^ s->last);
    return (others & s->mask) == 0 && (s->n <= 16 || event_load8(p + 8) == s->middle);
}

#endif
