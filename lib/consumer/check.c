/* consumer/check.c - the arrows of all states, and what holds between calls. */
#include <assert.h>

#include "consumer/state.h"

#define TO(state) (1u << (state))

void assignment_move(struct assignment *a, enum assignment_state to) {
    static const unsigned arrows[] = {
        [ASSIGNMENT_FREE] = TO(ASSIGNMENT_WAITING),
        [ASSIGNMENT_WAITING] =
            TO(ASSIGNMENT_WAITING) | TO(ASSIGNMENT_RUNNING) | TO(ASSIGNMENT_PARKED) | TO(ASSIGNMENT_FREE),
        [ASSIGNMENT_RUNNING] = TO(ASSIGNMENT_LOST) | TO(ASSIGNMENT_WAITING) | TO(ASSIGNMENT_PARKED),
        [ASSIGNMENT_LOST] = TO(ASSIGNMENT_RUNNING) | TO(ASSIGNMENT_WAITING) | TO(ASSIGNMENT_PARKED),
        [ASSIGNMENT_PARKED] = TO(ASSIGNMENT_WAITING) | TO(ASSIGNMENT_FREE),
    };
    assert((arrows[a->state] & TO(to)) != 0);
    a->state = to;
}

void commit_move(struct commit *m, enum commit_state to) {
    static const unsigned arrows[] = {
        [COMMIT_IDLE] = TO(COMMIT_IDLE) | TO(COMMIT_WAITS_FOR_DEAD_LETTERS),
        [COMMIT_WAITS_FOR_DEAD_LETTERS] = TO(COMMIT_WAITS_FOR_DEAD_LETTERS) | TO(COMMIT_IDLE) | TO(COMMIT_SENT),
        [COMMIT_SENT] = TO(COMMIT_IDLE),
    };
    assert((arrows[m->state] & TO(to)) != 0);
    m->state = to;
}

void lookup_move(struct lookup *l, enum lookup_state to) {
    static const unsigned arrows[] = {
        [LOOKUP_IDLE] = TO(LOOKUP_ASKED),
        [LOOKUP_ASKED] = TO(LOOKUP_IDLE) | TO(LOOKUP_STALE),
        [LOOKUP_STALE] = TO(LOOKUP_IDLE),
    };
    assert((arrows[l->state] & TO(to)) != 0);
    l->state = to;
}

void tick_move(struct tick *t, enum tick_state to) {
    static const unsigned arrows[] = {
        [TICK_IDLE] = TO(TICK_IDLE) | TO(TICK_PUBLISHES),
        [TICK_PUBLISHES] = TO(TICK_PUBLISHES) | TO(TICK_WAITS_FOR_ROOM) | TO(TICK_IDLE),
        [TICK_WAITS_FOR_ROOM] = TO(TICK_PUBLISHES),
    };
    assert((arrows[t->state] & TO(to)) != 0);
    t->state = to;
}

#ifdef TOPKD_TESTHOOKS
static void assignment_check(const struct assignment *a) {
    bool has_memory = a->memory != NULL;
    assert(!assignment_runs(a) || has_memory);
    assert(a->state != ASSIGNMENT_PARKED || has_memory);
    assert(a->state != ASSIGNMENT_FREE || !has_memory);
    assert((a->metrics != NULL) == has_memory);
    assert(!a->row_asked || has_memory);            /* an answer is for a memory */
    assert(!a->before.left_out || !has_memory);     /* it is for the next one to know */
    assert(!a->motion.rests || assignment_runs(a)); /* the library forgets the others */
}

static void all_check(const struct consumer *c) {
    for (size_t i = 0; i < c->assignments_n; i++) assignment_check(c->assignments[i]);
}
#else
static void all_check(const struct consumer *c) { (void)c; }
#endif

void consumer_check(const struct consumer *c) {
    assert(c->assignments_n <= c->assignments_cap);
    assert(c->commit.state == COMMIT_IDLE || c->commit.n > 0);
    assert((c->tick.state == TICK_IDLE) == (c->tick.turns_left == 0));
    assert(c->tick.turns_left <= c->assignments_n);
    assert((c->refused.head == NULL) == (c->refused.tail == &c->refused.head));
    all_check(c);
}
