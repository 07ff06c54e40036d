/* topkd-audit/grammar.h - where objects, arrays and values begin and end: the grammar of structure, byte by byte.
 *
 *   object    = '{' '}' | '{' member (',' member)* '}'
 *   member    = string ':' value
 *   array     = '[' ']' | '[' value (',' value)* ']'
 *   string    = '"' ( any byte but '"' and '\' | '\' any byte )* '"'
 *   value     = string | container | word
 *   word      = one or more bytes, each above 0x20 and none of  " , : [ ] { }
 *   container = from '[' or '{' to the place where as many brackets and braces were closed as opened
 *
 * White space may stand between any two parts of an object or an array. Into a container nobody looks who has no cause
 * to: its strings are skipped, and its brackets and braces are counted as if they were the same.
 * What a value means is not asked here (value.h).   Threads: any; pure.   Time: linear, whatever the bytes are. */
#ifndef TOPKD_AUDIT_GRAMMAR_H
#define TOPKD_AUDIT_GRAMMAR_H

#include "base/base.h"

static inline const char *bytes_end(struct bytes b) { return b.p + b.n; }
static inline struct bytes bytes_between(const char *p, const char *end) {
    return (struct bytes){p, (size_t)(end - p)};
}

/* What follows the white space at P. */
const char *grammar_blank(const char *p, const char *end);

/* INSIDE -> BEHIND (its bracket was closed) or BROKEN (what came fits nothing). */
enum walk_state { WALK_INSIDE, WALK_BEHIND, WALK_BROKEN };

/* A walk over the members of an object, or the elements of an array. */
struct walk {
    enum walk_state state;
    const char *at, *end; /* BEHIND: AT is what follows its bracket */
    char close;           /* the bracket that ends it */
    size_t n;             /* children so far */
    struct bytes name;    /* of this member, with its quotes; of an element p == NULL */
    struct bytes value;   /* of this child */
};

/* P: at '{' or '['. */
struct walk walk_begin(const char *p, const char *end);
/* To the next child; false: there is none, and the state says why. */
bool walk_next(struct walk *w);
/* The bytes from an opening bracket at P up to what closes it, if all between fits; p == NULL: it does not. */
struct bytes grammar_whole(const char *p, const char *end);

#endif
