/* Partitions that do not move although there is something to read: noticed, given a rest, named.
 *
 * Two things make one stand still for good. Kafka cannot give what lies at the position: a broken batch, a right that was
 * taken away. librdkafka asks again twice a second for ever, which slows its neighbours on that broker; so the partition
 * is paused for a rest that grows. Or Kafka says that the position is outside the log (consumer_assign.c looks it up and
 * has the same rest). Both end when the partition moves. */
#include "base/mem.h"
#include "consumer/state.h"

#include <inttypes.h>
#include <stdio.h>

enum { STILL_LOOK_MS = 1000, READ_REST_MIN_MS = 1000, READ_REST_MAX_MS = 60000 };

static void note_failure(struct assignment *s, const struct err *e, int64_t now) {
    s->failure = *e;
    rest_grow(&s->read_rest, now, READ_REST_MIN_MS, READ_REST_MAX_MS);
}

/* Within the rest it comes again only because the library was told to go on everywhere. */
void consumer_unreadable(struct consumer *c, struct assignment *s, const struct err *why) {
    struct err e = {0};
    int64_t now = clock_mono_ms(c->hub->clock);
    if (s->state != ASSIGNMENT_RUNNING || s->resting) return;
    if (why->code == ERR_INVALID && partition_damaged(s->memory)) {
        consumer_reassign(c);
        return;
    }
    bool again = s->read_rest.ms > 0 && !rest_is_over(&s->read_rest, now);
    if (!again) note_failure(s, why, now);
    s->resting = c->source.ops->pause(c->source.self, &s->tp, 1, &e) == 0;
    if (again) return;
    log_event(LOG_WARN, "partition_unreadable",
              "topic=%s partition=%d offset=%" PRId64 " rest_ms=%" PRId64 " why=%s remedy=%s", s->tp.topic,
              (int)s->tp.partition, partition_next(s->memory), s->read_rest.ms, log_quote(why->text),
              log_quote("mend the topic or the rights, or get past this offset: see the runbook"));
}

/* The first look-up comes at once: mostly the log was cut, or made anew. */
void consumer_position_lost(struct consumer *c, struct assignment *s, const struct err *why) {
    if (s->state != ASSIGNMENT_RUNNING || s->position_lost) return;
    int64_t now = clock_mono_ms(c->hub->clock);
    bool first = s->read_rest.ms == 0;
    note_failure(s, why, now);
    if (first) s->read_rest.until_mono_ms = c->next_lookup_mono_ms = now;
    s->position_lost = true;
    log_event(LOG_WARN, "position_lost", "topic=%s partition=%d next=%" PRId64 " rest_ms=%" PRId64 " why=%s",
              s->tp.topic, (int)s->tp.partition, partition_next(s->memory), first ? 0 : s->read_rest.ms,
              log_quote(why->text));
}

void consumer_rests_forgotten(struct consumer *c) {
    for (size_t i = 0; i < c->assignments_n; i++) c->assignments[i]->resting = false;
}

/* While all are paused, going on is what the end of that pause brings. */
static void end_rest(struct consumer *c, struct assignment *s) {
    struct err e = {0};
    s->resting = !c->paused && c->source.ops->resume(c->source.self, &s->tp, 1, &e) != 0;
}

void assignment_works(struct assignment *s, int64_t now) {
    s->worked_mono_ms = now;
    s->moved = false;
    s->failure.text[0] = 0;
    rest_end(&s->read_rest);
}

static const char *cause_of(const struct consumer *c, const struct assignment *s) {
    if (s->failure.text[0] != 0) return s->failure.text;
    if (c->paused) return "paused, because Redis or the dead-letter topic does not take what there is";
    return "no record comes, and nothing says why";
}

static void tell_still(struct consumer *c, const struct assignment *worst, uint32_t n, int64_t now) {
    char why[ERR_TEXT_MAX] = "";
    if (worst != NULL)
        snprintf(why, sizeof why, "%.60s/%d stands at offset %" PRId64 " for %" PRId64 " s: %.110s", worst->tp.topic,
                 (int)worst->tp.partition, partition_next(worst->memory), (now - worst->worked_mono_ms) / 1000,
                 cause_of(c, worst));
    health_tell_still(&c->hub->health, c->number, n, why);
}

static void look(struct consumer *c, int64_t now) {
    const struct assignment *worst = NULL;
    uint32_t still = 0;
    for (size_t i = 0; i < c->assignments_n; i++) {
        struct assignment *s = c->assignments[i];
        if (s->state != ASSIGNMENT_RUNNING) continue;
        if (s->moved) assignment_works(s, now);
        if (now - s->worked_mono_ms <= c->hub->config->ready_age_ms) continue;
        still++;
        if (worst == NULL || s->worked_mono_ms < worst->worked_mono_ms) worst = s;
    }
    tell_still(c, worst, still, now);
}

void consumer_still_due(struct consumer *c, int64_t now) {
    if (now < c->next_still_mono_ms) return;
    c->next_still_mono_ms = now + STILL_LOOK_MS;
    look(c, now);
    for (size_t i = 0; i < c->assignments_n; i++)
        if (c->assignments[i]->resting && rest_is_over(&c->assignments[i]->read_rest, now))
            end_rest(c, c->assignments[i]);
}
