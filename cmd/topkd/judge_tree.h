/* topkd/judge_tree.h - what stands in a message, as a tree: for telling a person, never for counting.
 * Use when: a reason or a proposal looks at more than the decoder reads.   Not for: outcomes, which are the decoder's.
 * The tree follows the grammar of the decoder: a value that nobody needs may be any word, so NaN breaks nothing.
 * Threads: one owner.   Memory: a node of 100 bytes for each value; all go at the next read. */
#ifndef TOPKD_JUDGE_TREE_H
#define TOPKD_JUDGE_TREE_H

#include "base/base.h"
#include "base/buf.h"
#include "event/place.h"

enum { JUDGE_DEPTH_MAX = 2 * PLACE_TOKENS_MAX + 2 }; /* deeper than any path: a container there is not taken apart */

enum judge_kind { JUDGE_STRING, JUDGE_WORD, JUDGE_OBJECT, JUDGE_ARRAY };

struct judge_node {
    enum judge_kind kind;
    bool opaque;               /* a container that was not taken apart: it is too deep, or broken inside */
    struct bytes raw;          /* in the message */
    struct bytes name;         /* of a member, with its escapes undone; p == NULL: an element, or a name that is none */
    struct judge_node *parent; /* NULL: a root */
    struct judge_node *first, *last, *next;
    size_t n; /* how many stand in it */
};

/* Where a text breaks off from the grammar. */
struct judge_break {
    const char *at; /* in the text, or its end */
    const char *expected;
    const char *since; /* the quote or bracket that was not closed; NULL: it is about no such thing */
};

struct judge_tree;

struct judge_tree *judge_tree_create(void);
void judge_tree_destroy(struct judge_tree *t); /* NULL is allowed */

/* The objects of a message, or the elements of its array, as the decoder finds them; what is broken is left out. The
 * former tree is forgotten. Returns the first root, NULL: there is none. MESSAGE must stay as it is. */
const struct judge_node *judge_tree_read(struct judge_tree *t, struct bytes message);
/* The same bytes without what may stand before them: the framing of a schema registry, a byte order mark. */
struct bytes judge_tree_unframed(struct bytes message);
/* Is there nothing but white space in it? */
bool judge_tree_is_empty(struct bytes text);
/* Where TEXT, one malformed event, breaks. False: its structure is right, as far as the event's own object goes. */
bool judge_tree_break(struct judge_tree *t, struct bytes text, struct judge_break *out);
/* The same for the inside of a container. */
bool judge_node_break(struct judge_tree *t, const struct judge_node *container, struct judge_break *out);

/* The member or element that TOKEN names; of a repeated name the last. NULL: there is none. */
const struct judge_node *judge_node_step(const struct judge_node *container, const struct place_token *token);
bool judge_node_is(const struct judge_node *node, const char *word); /* the word null, true, ... */

#endif
