/* decode/json_form.h - how producers write their objects: the texts that came between one value and the next.
 * Use when: the next object is probably written like those before it.   Not for: finding out what fits the grammar.
 * The texts in here were found to fit before. An equal text in the same place means the same, so it is only compared.
 *
 * A form is a tree of steps. A step is the text from behind one value (or from the object's brace) to the next value:
 * comma, key, colon and blanks, and the brackets of containers on the way of a path. It also says whose value comes
 * next. Where the object has the text of a step, its THEN is tried behind the value. Where the object has another text,
 * the step's OTHERWISE is tried in the same place:
 *
 *     {"video_id":  ->  ,"location":  ->  ,"ts":  ->  ,"user_id":
 *                       | otherwise
 *                       ,"ts":  ->  ,"user_id":                         an object without location
 *
 * A text that is too long for a step is cut to pieces: steps that no value follows.
 *
 *     {"specversion":  ->  ,"data":{"video_id":  ->  ,"location":  ->  },"time":
 *
 * Threads: one owner.   Memory: a fixed number of steps. What does not fit is not learnt; it is read without a form. */
#ifndef TOPKD_DECODE_JSON_FORM_H
#define TOPKD_DECODE_JSON_FORM_H

#include "base/bytes8.h"
#include "decode/json_tree.h"

enum {
    JSON_FORM_STEPS = 64,
    JSON_FORM_PIECE_BYTES_MAX = 24,
    JSON_FORM_TEXT_BYTES_MAX = 192,
    JSON_FORM_INDEX_MAX = 255,
    /* Objects that have no known form are counted. Of each JSON_FORM_MISSES of them the first JSON_FORM_LESSONS are
     * learnt from. Then all is forgotten, because producers change, and what came first may never come again. */
    JSON_FORM_MISSES = 4096,
    JSON_FORM_LESSONS = 32
};

/* What follows the text of a step: the value of a slot, a value that nobody needs, or another piece of the text. */
enum { JSON_STEP_NO_SLOT = JSON_SLOT_NONE, JSON_STEP_PIECE };

/* In which container of the tree one stands. */
struct json_standing {
    const struct json_node *node; /* the container's */
    uint32_t arrays;              /* bit i: the container of depth i on the way here is an array, no object */
    uint32_t index;               /* in an array: of the next element */
};

struct json_step {   /* one cache line */
    uint64_t first;  /* the first eight bytes of the text */
    uint64_t last;   /* its last eight, which may be the same in part */
    uint64_t middle; /* the eight behind the first, of a text longer than 16 bytes */
    uint64_t mask;   /* which bytes of FIRST and LAST are the text's, where it is shorter than eight */
    struct json_step *then, *otherwise;
    const struct json_node *node; /* where one stands behind the value, as in struct json_standing */
    uint16_t arrays;
    uint8_t index;
    uint8_t text_bytes;
    uint8_t reach;   /* bytes that are looked at: those of the text, but at least eight */
    uint8_t follows; /* a slot, or one of the words above */
    uint8_t depth;   /* of NODE */
};

struct json_form {
    struct json_step steps[JSON_FORM_STEPS];
    struct json_step *first; /* NULL: nothing was learnt */
    unsigned used;           /* of the steps */
    unsigned misses;         /* objects without a known form since all was forgotten */
};

/* What a step is made of. */
struct json_lesson {
    struct bytes text;
    unsigned slot;                 /* whose value follows, or JSON_STEP_NO_SLOT */
    struct json_standing standing; /* behind the value */
};

void json_form_init(struct json_form *form);
/* Counts an object that had no known form, and returns whether it may be learnt from. */
bool json_form_missed(struct json_form *form);
/* The step with the text of LESSON (its last piece) among those that begin at *AT, which is a THEN or the form's FIRST.
 * It is added if it is not there. NULL: there is no room, or a text like this is never learnt. */
struct json_step *json_form_add(struct json_form *form, struct json_step **at, const struct json_lesson *lesson);

/* Whether the text of STEP stands at P and ends before END. Near END it may say no. */
static inline bool json_step_is(const struct json_step *step, const char *p, const char *end) {
    if (end - p < step->reach) return false;
    uint64_t others = (bytes8_load(p) ^ step->first) | (bytes8_load(p + step->reach - 8) ^ step->last);
    return (others & step->mask) == 0 && (step->text_bytes <= 16 || bytes8_load(p + 8) == step->middle);
}

static inline struct json_standing json_step_standing(const struct json_step *step) {
    return (struct json_standing){step->node, step->arrays, step->index};
}

#endif
