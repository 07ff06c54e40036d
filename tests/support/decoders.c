/* support/decoders.c - reads a message several times, and compares each reading with the first. */
#include "support/decoders.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "decode/json_decoder.h"
#include "event/batch.h"
#include "support/by_jansson.h"
#include "support/event_text.h"
#include "topkd-audit/decode.h"

struct decoders {
    struct event_rules rules;
    struct json_decoder cold; /* made anew for each message */
    struct decoder *warm;
    struct decode_rules *audit;
    struct config config;            /* of the audit, which knows no other rules */
    struct event_batch first, other; /* what the cold decoder said; what another says */
    struct message message;          /* FIRST's texts point into its value, which is owned */
    bool jansson_spoke;
    struct buf difference;
};

/* -- the audit's settings -- */

static char *text_of(const char *text) { return mem_strdup(text != NULL ? text : ""); }

static struct config config_of(const struct event_rules *r) {
    return (struct config){.field_item = text_of(r->fields[EVENT_FIELD_ITEM]),
                           .field_location = text_of(r->fields[EVENT_FIELD_LOCATION]),
                           .field_time = text_of(r->fields[EVENT_FIELD_TIME]),
                           .field_type = text_of(r->fields[EVENT_FIELD_TYPE]),
                           .field_id = text_of(r->fields[EVENT_FIELD_ID]),
                           .events_at = text_of(r->events_at),
                           .global = text_of(r->has_global ? "global" : ""),
                           .weights = *r->weights,
                           .zone = *r->zone};
}

static void config_free(struct config *c) {
    char *const texts[] = {c->field_item, c->field_location, c->field_time, c->field_type,
                           c->field_id,   c->events_at,      c->global};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) mem_free(texts[i]);
}

struct decoders *decoders_create(const struct event_rules *rules) {
    struct decoders *d = mem_zalloc(1, sizeof *d);
    d->rules = *rules;
    d->warm = decoder_create(rules);
    d->config = config_of(rules);
    d->audit = decode_rules_create(&d->config);
    event_batch_init(&d->first);
    event_batch_init(&d->other);
    return d;
}

void decoders_destroy(struct decoders *d) {
    if (d == NULL) return;
    decoder_destroy(d->warm);
    decode_rules_destroy(d->audit);
    config_free(&d->config);
    event_batch_deinit(&d->first);
    event_batch_deinit(&d->other);
    mem_free((char *)d->message.value.p);
    buf_free(&d->difference);
    mem_free(d);
}

void decoders_forget(struct decoders *d) {
    decoder_destroy(d->warm);
    d->warm = decoder_create(&d->rules);
}

void decoders_teach(struct decoders *d, struct bytes value) {
    decoder_decode(d->warm, &(struct message){.value = value, .topic = ""}, &d->other);
}

const struct event_batch *decoders_said(const struct decoders *d) { return &d->first; }
bool decoders_jansson_spoke(const struct decoders *d) { return d->jansson_spoke; }

/* -- what differs -- */

static void add_events(struct decoders *d, const char *who, const struct event_batch *b) {
    buf_addf(&d->difference, "%s says:\n", who);
    for (size_t i = 0; i < b->n; i++) {
        buf_add_str(&d->difference, "  ");
        event_text_add(&d->difference, &b->events[i], d->message.value.p);
        buf_addf(&d->difference, " id %016llx\n", (unsigned long long)b->events[i].id_hash);
    }
}

/* Always false. */
static bool differs(struct decoders *d, const char *who, const struct event_batch *b) {
    buf_clear(&d->difference);
    buf_addf(&d->difference, "%s and the cold decoder differ on %zu bytes:\n%.*s\n", who, d->message.value.n,
             (int)d->message.value.n, d->message.value.p);
    add_events(d, "cold", &d->first);
    add_events(d, who, b);
    return false;
}

static bool same_bytes(struct bytes a, struct bytes b) {
    return (a.p == NULL) == (b.p == NULL) && a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static bool same_fields(const struct event *a, const struct event *b) {
    return a->outcome == b->outcome && same_bytes(a->item, b->item) && same_bytes(a->location, b->location) &&
           a->time_ms == b->time_ms && a->weight == b->weight && a->id_hash == b->id_hash;
}

static bool same_raw(const struct event *a, const struct event *b) {
    return a->raw.p == b->raw.p && a->raw.n == b->raw.n;
}

/* Does D->OTHER say what was said first? */
static bool expect_first(struct decoders *d, const char *who, bool with_raw) {
    if (d->other.n != d->first.n) return differs(d, who, &d->other);
    for (size_t i = 0; i < d->other.n; i++) {
        const struct event *a = &d->first.events[i], *b = &d->other.events[i];
        if (!same_fields(a, b) || (with_raw && !same_raw(a, b))) return differs(d, who, &d->other);
    }
    return true;
}

/* -- the decoder's ways -- */

static void blocks_choose(bool portable) {
#ifdef TOPKD_TESTHOOKS
    json_block_portable = portable;
#else
    (void)portable;
#endif
}

static void cold_decode(struct decoders *d, struct event_batch *b) {
    event_batch_clear(b);
    if (d->message.value.p == NULL)
        event_batch_add(b, d->message.value)->outcome = EVENT_TOMBSTONE;
    else
        json_decoder_decode(&d->cold, &d->message, b);
}

static bool cold_expect(struct decoders *d, const char *who) {
    cold_decode(d, &d->other);
    return expect_first(d, who, true);
}

static bool warm_expect(struct decoders *d, const char *who) {
    decoder_decode(d->warm, &d->message, &d->other);
    return expect_first(d, who, true);
}

static bool decoder_is_of_one_mind(struct decoders *d) {
    json_decoder_init(&d->cold, &d->rules);
    cold_decode(d, &d->first);
    bool same = cold_expect(d, "again") && warm_expect(d, "warm");
    blocks_choose(true);
    same = same && warm_expect(d, "warm by words") && cold_expect(d, "again by words");
    if (same) json_decoder_init(&d->cold, &d->rules);
    same = same && cold_expect(d, "cold by words");
    blocks_choose(false);
    return same;
}

/* -- jansson -- */

/* It knows no place beside the value, and no NUL. In an array it writes -0 as 0, so a time would be read that is none.
 */
static bool jansson_may_speak(const struct decoders *d) {
    struct bytes m = d->message.value;
    if (m.p == NULL || m.n == 0) return false;
    for (size_t f = 0; f < EVENT_FIELDS; f++)
        if (d->cold.plan.places[f].of > PLACE_WRAPPER) return false;
    return memchr(m.p, '\0', m.n) == NULL && memmem(m.p, m.n, "-0", 2) == NULL;
}

static bool jansson_agrees(struct decoders *d) {
    event_batch_clear(&d->other);
    d->jansson_spoke =
        jansson_may_speak(d) && by_jansson_decode(&d->cold.plan, d->message.value, d->message.time_ms, &d->other);
    return !d->jansson_spoke || expect_first(d, "jansson", false);
}

/* -- the audit -- */

/* Its events, as they come, beside the first decoder's. */
struct hearing {
    struct decoders *decoders;
    size_t n;
    bool same;
};

static uint64_t id_hash_of(struct bytes id) {
    if (id.p == NULL) return 0;
    uint64_t hash = hash64(id.p, id.n, 0);
    return hash != 0 ? hash : 1;
}

static bool event_is_judged_by(const struct event *ev, const struct judgement *j) {
    if (strcmp(event_outcome_name(ev->outcome), outcome_name(j->outcome)) != 0) return false;
    if (ev->id_hash != id_hash_of(j->id)) return false;
    if (j->outcome != OUTCOME_APPLIED && j->outcome != OUTCOME_WEIGHTLESS) return true;
    return same_bytes(ev->item, j->item) && same_bytes(ev->location, j->location) && ev->time_ms == j->time_ms &&
           ev->weight == j->weight;
}

/* Does the text of the message begin with a bracket? */
static bool message_is_array(struct bytes m) {
    size_t i = 0;
    if (m.n > 5 && m.p[0] == '\0') i = 5;
    if (m.n >= 3 && memcmp(m.p, "\xef\xbb\xbf", 3) == 0) i = 3;
    while (i < m.n && strchr(" \t\r\n", m.p[i]) != NULL && m.p[i] != '\0') i++;
    return i < m.n && m.p[i] == '[';
}

/* The audit tells the bytes of the object or the piece. A message that is one event is sent on as it came. */
static bool raw_is_as_told(const struct decoders *d, const struct event *ev, struct bytes told) {
    bool alone = d->first.n == 1 && !json_plan_has_wrappers(&d->cold.plan) && !message_is_array(d->message.value);
    struct bytes wanted = alone ? d->message.value : told;
    return ev->raw.p == wanted.p && ev->raw.n == wanted.n;
}

static void hear(void *self, const struct judgement *j) {
    struct hearing *h = self;
    size_t i = h->n++;
    if (i >= h->decoders->first.n) return;
    const struct event *ev = &h->decoders->first.events[i];
    h->same = h->same && event_is_judged_by(ev, j) && raw_is_as_told(h->decoders, ev, j->raw);
}

static void add_judgement(void *self, const struct judgement *j) {
    struct decoders *d = self;
    bool judged = j->outcome == OUTCOME_APPLIED || j->outcome == OUTCOME_WEIGHTLESS;
    struct event ev = {.time_ms = -1, .raw = j->raw};
    for (int o = 0; o < EVENT_OUTCOMES; o++)
        if (strcmp(event_outcome_name((enum event_outcome)o), outcome_name(j->outcome)) == 0)
            ev.outcome = (enum event_outcome)o;
    if (judged) {
        ev.item = j->item;
        ev.location = j->location;
        ev.time_ms = j->time_ms;
        ev.weight = j->weight;
    }
    buf_add_str(&d->difference, "  ");
    event_text_add(&d->difference, &ev, d->message.value.p);
    buf_addf(&d->difference, " id %016llx\n", (unsigned long long)id_hash_of(j->id));
}

static struct bytes record_header(const void *from, const char *name) {
    const struct message *m = from;
    return m->header != NULL ? m->header(m->self, name) : (struct bytes){NULL, 0};
}

static bool audit_agrees(struct decoders *d) {
    const struct message *m = &d->message;
    const struct record record = {.time_ms = m->time_ms,
                                  .value = m->value,
                                  .key = m->key,
                                  .topic = m->topic != NULL ? m->topic : "",
                                  .header = record_header,
                                  .from = m};
    struct hearing h = {.decoders = d, .same = true};
    decode_message(d->audit, &record, hear, &h);
    if (h.same && h.n == d->first.n) return true;
    event_batch_clear(&d->other);
    differs(d, "audit", &d->other);
    decode_message(d->audit, &record, add_judgement, d);
    return false;
}

/* -- all of them -- */

static void message_take(struct decoders *d, const struct message *m) {
    mem_free((char *)d->message.value.p);
    d->message = *m;
    if (m->value.p == NULL) return;
    char *copy = mem_alloc(m->value.n + (m->value.n == 0)); /* never NULL: that would be a tombstone */
    if (m->value.n > 0) memcpy(copy, m->value.p, m->value.n);
    d->message.value.p = copy;
}

const char *decoders_differ(struct decoders *d, const struct message *m) {
    message_take(d, m);
    d->jansson_spoke = false;
    bool same = decoder_is_of_one_mind(d) && jansson_agrees(d) && (d->rules.adds_value || audit_agrees(d));
    return same ? NULL : buf_text(&d->difference);
}
