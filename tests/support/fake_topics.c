/* support/fake_topics.c - topics whose sizes are what a test says. */
#include "support/fake_topics.h"

static void look(void *self, struct topics_view *out) {
    const struct fake_topics *f = self;
    out->incomplete = f->incomplete;
    for (uint32_t i = 0; i < f->n; i++)
        topics_add(out, (struct topic_seen){.name = f->names[i],
                                            .partitions = f->partitions(f->self, i),
                                            .is_away = f->is_away != NULL && f->is_away(f->self, i),
                                            .may_go = f->may_go != NULL && f->may_go(f->self, i)});
}

struct topics fake_topics(struct fake_topics *f) {
    return (struct topics){look, f};
}
