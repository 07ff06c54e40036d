/* topkd/judge_verdict.c - the worker's decoder, and its rules for times as far as a few records allow. */
#include "judge_verdict.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "protocol/rules.h"

void judge_verdict_init(struct judge_verdict *v, const struct config *c) {
    *v = (struct judge_verdict){.config = c, .rules = config_event_rules(c)};
    time_zone_enter(&c->zone);
    v->decoder = decoder_create(&v->rules);
    event_batch_init(&v->batch);
}

void judge_verdict_deinit(struct judge_verdict *v) {
    decoder_destroy(v->decoder);
    event_batch_deinit(&v->batch);
}

/* What the log would say, if its largest time so far were LOG_MS and the record's TIME_MS. */
static enum event_outcome log_says(const struct config *c, int64_t log_ms, int64_t time_ms, int64_t event_ms) {
    struct delivery_rules rules = {.lateness_ms = c->lateness_ms, .future_ms = c->future_ms};
    int64_t minute = minute_of(event_ms), record_ms = time_is_believed(time_ms) ? time_ms : log_ms;
    if (record_ms != TIME_NEVER && minute > minute_reach(&rules, record_ms)) return EVENT_FUTURE;
    if (c->log_clock == CONFIG_LOG_CLOCK_RECORD && minute_sealed(&rules, minute, log_ms)) return EVENT_LATE;
    return EVENT_APPLIED;
}

static void away_count(struct judge_counts *n, const struct judge_record *r, const struct event *ev) {
    const int64_t half_hour = 30 * MINUTE_MS, further = JUDGE_AWAY_MAX;
    bool by_record = ev->outcome == EVENT_FUTURE && time_is_believed(r->message.time_ms);
    int64_t ahead_ms = ev->time_ms - (by_record ? r->message.time_ms : r->before_ms);
    int64_t half_hours = (ahead_ms + (ahead_ms < 0 ? -half_hour : half_hour) / 2) / half_hour;
    n->away[further + (half_hours < -further ? -further : half_hours > further ? further : half_hours)]++;
}

static void event_count(struct judge_verdict *v, const struct judge_record *r, const struct event *ev) {
    int64_t now_ms = r->message.time_ms;
    v->counts.events++;
    v->counts.of[ev->outcome]++;
    if (ev->outcome == EVENT_FUTURE || ev->outcome == EVENT_LATE) away_count(&v->counts, r, ev);
    if (ev->outcome != EVENT_APPLIED) return;
    v->counts.located += ev->location.p != NULL;
    v->counts.far += r->line > 0 && log_says(v->config, now_ms, now_ms, ev->time_ms) != EVENT_APPLIED;
}

void judge_verdict_take(struct judge_verdict *v, const struct judge_record *r) {
    decoder_decode(v->decoder, &r->message, &v->batch);
    v->counts.messages++;
    for (size_t i = 0; i < v->batch.n; i++) {
        struct event *ev = &v->batch.events[i];
        if (r->line == 0 && ev->outcome == EVENT_APPLIED)
            ev->outcome = log_says(v->config, r->before_ms, r->message.time_ms, ev->time_ms);
        event_count(v, r, ev);
    }
}

uint64_t judge_counts_rejected(const struct judge_counts *n) {
    uint64_t rejected = 0;
    for (int o = 0; o < EVENT_OUTCOMES; o++)
        if (event_outcome_rejected((enum event_outcome)o)) rejected += n->of[o];
    return rejected;
}

uint64_t judge_counts_away(const struct judge_counts *n) { return n->of[EVENT_LATE] + n->of[EVENT_FUTURE]; }

int judge_counts_half_hours(const struct judge_counts *n) {
    int most = JUDGE_AWAY_MAX;
    for (int i = 0; i < (int)ARRAY_LEN(n->away); i++)
        if (n->away[i] > n->away[most]) most = i;
    return most - JUDGE_AWAY_MAX;
}

void judge_counts_away_write(const struct judge_counts *n, struct buf *out) {
    int half_hours = abs(judge_counts_half_hours(n));
    const char *what = n->of[EVENT_LATE] == 0 ? "future" : n->of[EVENT_FUTURE] == 0 ? "late" : "late or future";
    buf_addf(out, "%" PRIu64 " of %" PRIu64 " events would be %s, by ", judge_counts_away(n), n->events, what);
    if (half_hours == 0)
        buf_add_str(out, "minutes");
    else if (half_hours == JUDGE_AWAY_MAX)
        buf_add_str(out, "more than 14 hours");
    else
        buf_addf(out, "about %d%s hour%s", half_hours / 2, half_hours % 2 ? ".5" : "", half_hours == 2 ? "" : "s");
}

void judge_counts_write(const struct judge_counts *n, struct buf *out) {
    buf_addf(out, "messages=%" PRIu64 " events=%" PRIu64, n->messages, n->events);
    for (int o = 0; o < EVENT_OUTCOMES; o++)
        if (o == EVENT_APPLIED || n->of[o] > 0)
            buf_addf(out, " %s=%" PRIu64, event_outcome_name((enum event_outcome)o), n->of[o]);
}
