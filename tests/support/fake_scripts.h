/* support/fake_scripts.h - the requests that change a fake Redis, each atomic.
 * They are rules 9, 13 to 15, 17, 19 and 21 to 25 in C.
 * Written from the rules, not from the Lua of lib/store, so that comparing the two means something. The clauses that
 * live in scripts can be switched off: each is a RULE in fake_scripts.c or fake_store.c. */
#ifndef TOPKD_TESTS_FAKE_SCRIPTS_H
#define TOPKD_TESTS_FAKE_SCRIPTS_H

#include "support/fake_redis.h"

enum fake_op_kind {
    FAKE_OP_PARTS,
    FAKE_OP_NOTE,
    FAKE_OP_ROWS,
    FAKE_OP_JOIN,
    FAKE_OP_CLOSE,
    FAKE_OP_RETIRE,
    FAKE_OP_LIST,
    FAKE_OP_LOSE,
    FAKE_OP_FORGET, /* follows a LIST that said which minutes are the oldest */
    FAKE_OP_NOTE_END,
    FAKE_OP_LOCATIONS
};

struct fake_close {
    char life[LIFE_LEN + 1];
    int64_t members, minute;
    bool done;
};

enum { FAKE_OLDEST_MAX = 16 };
struct fake_oldest {
    int64_t minutes[FAKE_OLDEST_MAX];
    size_t n;
};

/* One request. Everything is borrowed, unless the op was made by fake_op_copy. */
struct fake_op {
    enum fake_op_kind kind;
    struct store_parts *parts; /* answers are written into what these point to */
    struct store_list *list;
    struct store_loss *loss;
    struct fake_oldest *oldest; /* LIST: out, NULL: nobody asks; FORGET: in */
    struct store_row *rows;
    struct store_join *joins;
    struct fake_close *close;
    struct store_retire *retire;
    struct store_note *note;
    const struct store_note_end *end;
    const struct bytes *locations;
    size_t n; /* of rows, of joins, of locations */
    const char *new_life, *group;
    int64_t wall_ms;
    void **kept; /* what a copy owns */
    size_t kept_n;
};

/* Executes OP. STORE_OK, or STORE_FATAL for another group's rows. */
int fake_op_run(struct fake_redis *r, const struct fake_op *op);
/* Answers OP as a Redis does that holds something else at its key; false if no key of its kind may be odd. */
bool fake_op_odd(const struct fake_op *op);
/* A copy that can be run after everything it was made from is gone. */
struct fake_op *fake_op_copy(const struct fake_op *op);
void fake_op_destroy(struct fake_op *op);

#endif
