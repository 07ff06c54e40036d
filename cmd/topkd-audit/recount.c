/* topkd-audit/recount.c - judges the events of a record by the time rules, counts them, then moves the clock. */
#include "recount.h"

#include <string.h>

#include "base/clock.h"
#include "moment.h"

void recount_init(struct recount *r, const struct config *c, int64_t from, int64_t to) {
    *r = (struct recount){.config = c, .from = from, .to = to, .first_minute = INT64_MAX, .last_minute = INT64_MIN};
    r->rules = decode_rules_create(c);
}

void recount_deinit(struct recount *r) {
    decode_rules_destroy(r->rules);
    r->rules = NULL;
    tally_deinit(&r->tally);
}

void track_deinit(struct track *t) {
    places_deinit(&t->places);
    ids_deinit(&t->ids);
}

/* One record being judged. */
struct judging {
    struct recount *recount; /* NULL: only the clock matters */
    const struct config *config;
    struct track *track;
    bool timed; /* the record has a time, record_ms */
    int64_t record_ms;
    int64_t log_time_ms; /* before the record */
    int64_t newest_ms;   /* of the events that may move an event clock */
    int64_t after_ms;    /* log time after the record; only where events have ids */
};

static bool judging_is_future(const struct judging *j, int64_t time_ms) {
    if (!j->timed && j->config->log_clock == CONFIG_LOG_CLOCK_EVENT) return false;
    if (!j->timed && j->log_time_ms == INT64_MIN) return true;
    return minute_of(time_ms) > minute_of((j->timed ? j->record_ms : j->log_time_ms) + j->config->future_ms);
}

static bool judging_is_late(const struct judging *j, int64_t time_ms) {
    if (j->log_time_ms == INT64_MIN) return false;
    return (minute_of(time_ms) + 1) * MINUTE_MS + j->config->lateness_ms <= j->log_time_ms;
}

static void recount_add(struct recount *r, struct bytes location, const struct judgement *s) {
    int64_t minute = minute_of(s->time_ms);
    if (minute < r->from || minute >= r->to) return;
    tally_add(&r->tally, location, minute, s->item, s->weight);
}

static enum outcome judging_count(const struct judging *j, const struct judgement *s) {
    struct places *places = &j->track->places;
    struct bytes global = {j->config->global, strlen(j->config->global)};
    bool elsewhere = s->location.p != NULL && bytes_order(s->location, global) != 0;
    bool taken = elsewhere && places_take(places, minute_of(s->time_ms), s->location, j->config->locations_max);
    if (taken) recount_add(j->recount, s->location, s);
    if (global.n > 0) recount_add(j->recount, global, s);
    return elsewhere && !taken ? OUTCOME_MANY_LOCATIONS : OUTCOME_APPLIED;
}

static bool judging_is_seen(const struct judging *j, struct bytes id) {
    return id.p != NULL && ids_see(&j->track->ids, id, j->after_ms / 1000, (j->config->dedup_ms + 999) / 1000,
                                   j->config->dedup_ids_max);
}

/* What is told of the events beside their counts. */
static void recount_remember(struct recount *r, enum outcome o, const struct judgement *s) {
    if (o != OUTCOME_APPLIED) {
        if (!r->examples[o].set) example_take(&r->examples[o], s, &r->origin);
        return;
    }
    r->without_location += s->location.p == NULL;
    r->first_minute = i64_smaller(r->first_minute, minute_of(s->time_ms));
    r->last_minute = i64_larger(r->last_minute, minute_of(s->time_ms));
}

static void judging_event(void *self, const struct judgement *s) {
    struct judging *j = self;
    enum outcome o = s->outcome;
    bool timed = o == OUTCOME_APPLIED || o == OUTCOME_WEIGHTLESS;
    bool future = timed && judging_is_future(j, s->time_ms);
    if (timed && !future && s->time_ms > j->newest_ms) j->newest_ms = s->time_ms;
    if (o == OUTCOME_APPLIED && future) o = OUTCOME_FUTURE;
    if (o == OUTCOME_APPLIED && judging_is_late(j, s->time_ms)) o = OUTCOME_LATE;
    if (j->recount == NULL) return;
    if (o == OUTCOME_APPLIED && judging_is_seen(j, s->id)) o = OUTCOME_DUPLICATE;
    if (o == OUTCOME_APPLIED) o = judging_count(j, s);
    j->recount->events++;
    j->recount->outcomes[o]++;
    recount_remember(j->recount, o, s);
}

/* Log time after the record, once its events are seen. */
static int64_t judging_log_time_after(const struct judging *j) {
    int64_t record_ms = j->timed ? j->record_ms : INT64_MIN;
    int64_t moved_to = j->config->log_clock == CONFIG_LOG_CLOCK_EVENT ? j->newest_ms : record_ms;
    return i64_larger(j->log_time_ms, moved_to);
}

static struct judging judging_begin(const struct recount *r, struct track *t, const struct record *rec) {
    return (struct judging){.config = r->config,
                            .track = t,
                            .timed = moment_in_range(rec->time_ms),
                            .record_ms = rec->time_ms,
                            .log_time_ms = t->log_time_ms,
                            .newest_ms = INT64_MIN};
}

static void track_move(struct track *t, const struct config *c, int64_t log_time_ms) {
    if (log_time_ms == t->log_time_ms) return;
    t->log_time_ms = log_time_ms;
    places_forget(&t->places, recount_sealed(c, t));
}

/* By an event clock the events themselves must be seen for it. */
static int64_t recount_log_time_after(const struct recount *r, struct track *t, const struct record *rec) {
    struct judging j = judging_begin(r, t, rec);
    if (r->config->log_clock == CONFIG_LOG_CLOCK_EVENT) decode_message(r->rules, rec, judging_event, &j);
    return judging_log_time_after(&j);
}

void recount_record(struct recount *r, struct track *t, const struct record *rec) {
    struct judging j = judging_begin(r, t, rec);
    j.recount = r;
    if (decode_rules_have_id(r->rules)) j.after_ms = recount_log_time_after(r, t, rec);
    r->messages++;
    decode_message(r->rules, rec, judging_event, &j);
    track_move(t, r->config, judging_log_time_after(&j));
}

void recount_clock_only(const struct recount *r, struct track *t, const struct record *rec) {
    track_move(t, r->config, recount_log_time_after(r, t, rec));
}

int64_t recount_sealed(const struct config *c, const struct track *t) {
    if (t->log_time_ms == INT64_MIN) return INT64_MIN;
    return minute_of(t->log_time_ms - c->lateness_ms) - 1;
}
