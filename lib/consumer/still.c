/* consumer/still.c - partitions that do not move although there is something to read: noticed, given a rest, named.
 *
 * Two things make one stand still for good.
 *   It cannot be read.     Kafka cannot give what lies at the position: a broken batch, a right that was taken away.
 *                          librdkafka asks again twice a second for ever, which slows its neighbours on that broker. So
 *                          the partition is paused for a rest that grows.
 *   Its position is lost.  Kafka says that it is outside the log. It is looked up (lookup.c), with a rest that grows.
 * Both end when the partition moves. */
#include <inttypes.h>
#include <stdio.h>

#include "consumer/state.h"

enum { STILL_LOOK_MS = 1000, RETRY_MIN_MS = 1000, RETRY_MAX_MS = 60000 };

static void failure_note(struct assignment *a, const struct err *e, int64_t now) {
    a->motion.failure = *e;
    backoff_grow(&a->motion.retry, now, RETRY_MIN_MS, RETRY_MAX_MS);
}

static void log_unreadable(const struct assignment *a, const struct err *why) {
    log_event(LOG_WARN, "partition_unreadable",
              "topic=%s partition=%d offset=%" PRId64 " rest_ms=%" PRId64 " why=%s remedy=%s", a->tp.topic,
              (int)a->tp.partition, partition_next(a->memory), a->motion.retry.wait_ms, log_quote(why->text),
              log_quote("mend the topic or the rights, or get past this offset: see the runbook"));
}

/* Within the rest it comes again only because the library was told to go on everywhere. */
void consumer_unreadable(struct consumer *c, struct assignment *a, const struct err *why) {
    struct err e = {0};
    int64_t now = clock_mono_ms(c->hub->clock);
    if (!assignment_runs(a) || a->motion.rests) return;
    if (why->code == ERR_INVALID && partition_damaged(a->memory)) {
        consumer_reassign(c);
        return;
    }
    bool again = backoff_failed(&a->motion.retry) && !backoff_is_over(&a->motion.retry, now);
    if (!again) failure_note(a, why, now);
    a->motion.rests = c->source.ops->pause(c->source.self, &a->tp, 1, &e) == 0;
    if (!again) log_unreadable(a, why);
}

/* The first look-up comes at once: mostly the log was cut, or made anew. */
void consumer_position_lost(struct consumer *c, struct assignment *a, const struct err *why) {
    if (a->state != ASSIGNMENT_RUNNING) return;
    int64_t now = clock_mono_ms(c->hub->clock);
    bool first = !backoff_failed(&a->motion.retry);
    failure_note(a, why, now);
    if (first) a->motion.retry.until_mono_ms = c->lookup.next_mono_ms = now;
    assignment_move(a, ASSIGNMENT_LOST);
    log_event(LOG_WARN, "position_lost", "topic=%s partition=%d next=%" PRId64 " rest_ms=%" PRId64 " why=%s",
              a->tp.topic, (int)a->tp.partition, partition_next(a->memory), first ? 0 : a->motion.retry.wait_ms,
              log_quote(why->text));
}

/* While all are paused, going on is what the end of that pause brings. */
static void rest_end(struct consumer *c, struct assignment *a) {
    struct err e = {0};
    a->motion.rests = !c->pausing.paused && c->source.ops->resume(c->source.self, &a->tp, 1, &e) != 0;
}

void assignment_works(struct assignment *a, int64_t now) {
    a->motion.worked_mono_ms = now;
    a->motion.moved = false;
    a->motion.failure.text[0] = 0;
    backoff_end(&a->motion.retry);
}

static const char *still_cause(const struct consumer *c, const struct assignment *a) {
    if (a->motion.failure.text[0] != 0) return a->motion.failure.text;
    if (c->pausing.paused) return "paused, because Redis or the dead-letter topic does not take what there is";
    return "no record comes, and nothing says why";
}

static void still_tell(struct consumer *c, const struct assignment *worst, uint32_t n, int64_t now) {
    char why[ERR_TEXT_MAX] = "";
    if (worst != NULL)
        snprintf(why, sizeof why, "%.60s/%d stands at offset %" PRId64 " for %" PRId64 " s: %.110s", worst->tp.topic,
                 (int)worst->tp.partition, partition_next(worst->memory), (now - worst->motion.worked_mono_ms) / 1000,
                 still_cause(c, worst));
    health_tell_still(&c->hub->health, c->number, n, why);
}

static void still_look(struct consumer *c, int64_t now) {
    const struct assignment *worst = NULL;
    uint32_t still = 0;
    for (size_t i = 0; i < c->assignments_n; i++) {
        struct assignment *a = c->assignments[i];
        if (!assignment_runs(a)) continue;
        if (a->motion.moved) assignment_works(a, now);
        if (now - a->motion.worked_mono_ms <= c->hub->config->ready_age_ms) continue;
        still++;
        if (worst == NULL || a->motion.worked_mono_ms < worst->motion.worked_mono_ms) worst = a;
    }
    still_tell(c, worst, still, now);
}

void consumer_still_due(struct consumer *c, int64_t now) {
    if (now < c->next_still_mono_ms) return;
    c->next_still_mono_ms = now + STILL_LOOK_MS;
    still_look(c, now);
    for (size_t i = 0; i < c->assignments_n; i++) {
        struct assignment *a = c->assignments[i];
        if (a->motion.rests && backoff_is_over(&a->motion.retry, now)) rest_end(c, a);
    }
}
