/* decode/json_tree.h - the configured places as a tree of names: what is looked for in an object, and below it.
 *
 *     FIELD_ITEM=/data/id  FIELD_TIME=/data/at  FIELD_LOCATION=country      the object
 *                                                                             +-- data
 *                                                                             |     +-- id        slot: item
 *                                                                             |     +-- at        slot: time
 *                                                                             +-- country         slot: location
 *
 * Threads: one owner; const once all places are added.   Memory: a fixed number of nodes; names are borrowed. */
#ifndef TOPKD_DECODE_JSON_TREE_H
#define TOPKD_DECODE_JSON_TREE_H

#include "base/bytes8.h"
#include "event/event.h"
#include "event/place.h"

/* Where the values that are found go: one slot a field, and one for the events of a wrapper. */
enum { JSON_SLOT_EVENTS = EVENT_FIELDS, JSON_SLOTS, JSON_SLOT_NONE = JSON_SLOTS };

enum { JSON_NODES_MAX = 1 + JSON_SLOTS * PLACE_TOKENS_MAX };

struct json_node {
    uint64_t head; /* the first eight bytes of the name, as json_name_head has them: they are compared first */
    const char *name;
    size_t name_bytes;
    int32_t index;                           /* which element it is where an array stands; PLACE_NO_INDEX: none */
    uint8_t slot;                            /* whose value stands here, or JSON_SLOT_NONE */
    uint8_t depth;                           /* 0: the object itself */
    uint16_t below;                          /* a bit for each slot that stands below it */
    struct json_node *parent, *first, *next; /* next: of the same parent */
};

struct json_tree {
    struct json_node nodes[JSON_NODES_MAX]; /* the first is the object */
    uint32_t used;
};

void json_tree_init(struct json_tree *t);
/* PLACE is one of an event or a wrapper. Returns the slot that stands there: SLOT, or one that stood there before. */
unsigned json_tree_add(struct json_tree *t, const struct place *place, unsigned slot);

/* What is compared first. FIRST: eight bytes from where a name of N bytes begins. Those that are the name's are moved
 * to the top, so that what follows the name does not count. */
static inline uint64_t json_name_head(uint64_t first, size_t n) {
    if (n == 0) return 0;
    return first << (n < 8 ? 64 - 8 * n : 0);
}

/* The child whose name is KEY, which ends before END; NULL: there is none. */
ALWAYS_INLINE struct json_node *json_node_named(const struct json_node *parent, struct bytes key, const char *end) {
    uint64_t head = json_name_head(bytes8_load_before(key.p, end), key.n);
    for (struct json_node *node = parent->first; node != NULL; node = node->next)
        if (head == node->head && key.n == node->name_bytes &&
            (key.n <= 8 || memcmp(key.p + 8, node->name + 8, key.n - 8) == 0))
            return node;
    return NULL;
}

/* The child that is element INDEX of an array; NULL: there is none. */
struct json_node *json_node_element(const struct json_node *parent, uint32_t index);

#endif
