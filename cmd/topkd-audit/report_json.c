/* topkd-audit/report_json.c - the report as one JSON object. */
#include <stdlib.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/log.h"
#include "rejects.h"
#include "report.h"

static void object_put(json_t *o, const char *name, uint64_t v) {
    json_object_set_new(o, name, json_integer((json_int_t)(v < INT64_MAX ? v : INT64_MAX)));
}

/* What is not UTF-8 is shown as the table shows it. */
static json_t *text_json(struct bytes b) {
    json_t *text = json_stringn(b.p, b.n);
    return text != NULL ? text : json_string(log_quote_bytes(b));
}

static json_t *totals_json(const struct totals *t) {
    json_t *o = json_object();
    object_put(o, "lists", t->lists);
    object_put(o, "unequal", t->unequal);
    object_put(o, "out_of_bounds", t->out_of_bounds);
    object_put(o, "broken", t->broken);
    object_put(o, "items", t->items);
    object_put(o, "wrong_counts", t->wrong);
    object_put(o, "missing_items", t->missing);
    object_put(o, "foreign_items", t->foreign);
    object_put(o, "worst_error", t->error_abs);
    json_object_set_new(o, "worst_error_relative", json_real(t->error_rel));
    json_object_set_new(o, "recall_mean", json_real(t->lists ? t->recall_sum / (double)t->lists : 1.0));
    json_object_set_new(o, "recall_min", json_real(t->recall_min));
    return o;
}

static json_t *outcomes_json(const struct recount *r) {
    json_t *o = json_object();
    for (int i = 0; i < OUTCOMES; i++) object_put(o, outcome_name((enum outcome)i), r->outcomes[i]);
    return o;
}

static json_t *lists_json(const struct summary *s) {
    json_t *o = json_object();
    object_put(o, "compared", s->compared.lists);
    object_put(o, "final", s->states[STATE_FINAL]);
    object_put(o, "ended", s->states[STATE_ENDED]);
    object_put(o, "open_compared", s->states[STATE_OPEN]);
    object_put(o, "open", s->fates[FATE_OPEN]);
    object_put(o, "lost", s->fates[FATE_LOST]);
    object_put(o, "moving", s->fates[FATE_MOVING]);
    object_put(o, "unknowable", s->fates[FATE_UNKNOWABLE]);
    object_put(o, "expired", s->fates[FATE_EXPIRED]);
    object_put(o, "missing", s->fates[FATE_MISSING]);
    object_put(o, "foreign", s->fates[FATE_FOREIGN]);
    object_put(o, "locations", s->locations);
    return o;
}

static json_t *spans_json(const struct reading *r) {
    json_t *all = json_array();
    for (size_t i = 0; i < r->n; i++) {
        json_t *o = json_object();
        json_object_set_new(o, "topic", json_string(r->spans[i].topic));
        object_put(o, "partition", (uint64_t)r->spans[i].partition);
        object_put(o, "start", (uint64_t)r->spans[i].start);
        object_put(o, "end", (uint64_t)r->spans[i].end);
        json_array_append_new(all, o);
    }
    return all;
}

/* The item that is told, or `total`; a score that JSON has no number for is left out. */
static void object_put_sides(json_t *o, const struct difference *d) {
    if (d->subject == SUBJECT_LIST) return;
    if (d->subject == SUBJECT_ITEM) json_object_set_new(o, "item", text_json((struct bytes){d->item, d->item_n}));
    if (d->is_served) json_object_set_new(o, "served", json_real(d->served));
    object_put(o, "counted", d->counted);
}

static json_t *fault_json(const struct plan *plan, const struct fault *f) {
    char minute[MINUTE_TEXT_LEN + 1];
    const struct entry *e = f->entry;
    struct buf what = {0};
    json_t *o = json_object();
    minute_format(e->minute, minute);
    fault_write(f, &what);
    json_object_set_new(o, "location", text_json(names_get(&plan->locations, e->location)));
    json_object_set_new(o, "minute", json_string(minute));
    json_object_set_new(o, "state", json_string(served_state_name(e->state)));
    json_object_set_new(o, "what", json_string(buf_text(&what)));
    object_put_sides(o, &e->found.difference);
    object_put(o, "items_off", e->found.items_off);
    json_object_set_new(o, "off", json_real(e->found.off));
    buf_free(&what);
    return o;
}

static json_t *faults_json(const struct report *r) {
    json_t *all = json_array();
    for (size_t i = 0; i < report_shown(r); i++)
        json_array_append_new(all, fault_json(r->in->plan, &r->faults->list[i]));
    return all;
}

/* null while the events are as they should be. */
static json_t *look_at_json(const struct recount *r) {
    if (!rejects_outweigh(r)) return json_null();
    enum outcome o = rejects_largest(r);
    struct buf example = {0};
    json_t *said = json_object();
    json_object_set_new(said, "outcome", json_string(outcome_name(o)));
    json_object_set_new(said, "settings", json_string(rejects_look_at(o)));
    example_write(&r->examples[o], &example);
    json_object_set_new(said, "example", json_string(buf_text(&example)));
    buf_free(&example);
    return said;
}

static void object_write(json_t *o, struct buf *out) {
    char *text = json_dumps(o, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    buf_add_str(out, text != NULL ? text : "{}");
    buf_add_str(out, "\n");
    free(text);
    json_decref(o);
}

void report_json(const struct report *r, struct buf *out) {
    json_t *o = json_object(), *reasons = json_array();
    const struct summary *s = r->summary;
    for (size_t i = 0; i < s->reasons_n; i++) json_array_append_new(reasons, json_string(s->reasons[i]));
    json_object_set_new(o, "verdict", json_string(report_verdict_word(r)));
    json_object_set_new(o, "good", json_boolean(summary_is_good(s)));
    json_object_set_new(o, "reasons", reasons);
    object_put(o, "messages", r->recount->messages);
    object_put(o, "events", r->recount->events);
    json_object_set_new(o, "outcomes", outcomes_json(r->recount));
    object_put(o, "without_location", r->recount->without_location);
    json_object_set_new(o, "look_at", look_at_json(r->recount));
    json_object_set_new(o, "partitions", spans_json(r->in->reading));
    object_put(o, "behind", r->in->arrived->behind);
    json_object_set_new(o, "settled", json_boolean(r->in->arrived->settled));
    json_object_set_new(o, "lists", lists_json(s));
    json_object_set_new(o, "compared", totals_json(&s->compared));
    json_object_set_new(o, "lost", totals_json(&s->lost));
    object_put(o, "differences_total", r->faults->n);
    json_object_set_new(o, "differences", faults_json(r));
    json_object_set_new(o, "read_seconds", json_real((double)r->read_ms / 1000.0));
    json_object_set_new(o, "compare_seconds", json_real((double)r->compare_ms / 1000.0));
    object_write(o, out);
}

void report_json_unfinished(const char *why, struct buf *out) {
    json_t *o = json_object(), *reasons = json_array();
    json_array_append_new(reasons, json_string(why));
    json_object_set_new(o, "verdict", json_string("unfinished"));
    json_object_set_new(o, "good", json_false());
    json_object_set_new(o, "reasons", reasons);
    object_write(o, out);
}
