/* consumer/standing.c - is all stored, committed, read to the end? */
#include "consumer/state.h"

static struct standing standing_add(struct standing st, const struct assignment *a) {
    struct partition_view v;
    partition_look(a->memory, &v);
    st.stored = st.stored && (!v.at_frontier || v.all_clean);
    st.committed = st.committed && (!v.at_frontier || v.committed == v.next);
    st.at_end = st.at_end && v.next >= a->log.end_at_lookup && v.all_settled && v.row_current;
    return st;
}

struct standing consumer_standing(const struct consumer *c) {
    struct standing st = {.stored = true,
                          .committed = c->commit.state != COMMIT_SENT && c->refused.head == NULL,
                          .at_end = c->assigning.once && c->lookup.state == LOOKUP_IDLE};
    for (size_t i = 0; i < c->assignments_n; i++) {
        const struct assignment *a = c->assignments[i];
        if (a->state == ASSIGNMENT_WAITING) st = (struct standing){false, false, false};
        if (assignment_runs(a)) st = standing_add(st, a);
    }
    st.at_end = st.at_end && st.stored && st.committed;
    return st;
}

void consumer_show_standing(struct consumer *c) {
    atomic_store(&c->hub->consumers[c->number].at_end, consumer_standing(c).at_end);
}
