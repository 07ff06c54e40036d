/* decode/json_decoder.c - what stands before the JSON of a message and beside it, and which bytes an event goes by. */
#include "decode/json_decoder.h"

#include <assert.h>
#include <string.h>

#include "decode/json_scan.h"
#include "decode/json_value.h"
#include "event/batch.h"

/* A schema registry's serializers write a zero and the four bytes of the schema's number. */
enum { FRAME_BYTES = 5, MARK_BYTES = 3 };

static struct bytes bytes_from(struct bytes text, size_t n) { return (struct bytes){text.p + n, text.n - n}; }

/* Where the JSON begins. False: the message is framed otherwise. */
static bool json_find(struct bytes message, struct bytes *json) {
    *json = message;
    if (message.n == 0 || (message.p[0] != '\0' && message.p[0] != '\xef')) return true;
    if (message.p[0] != '\0') {
        bool mark = message.n >= MARK_BYTES && memcmp(message.p, "\xef\xbb\xbf", MARK_BYTES) == 0;
        *json = bytes_from(message, mark ? MARK_BYTES : 0);
        return true;
    }
    if (message.n <= FRAME_BYTES || (message.p[FRAME_BYTES] != '{' && message.p[FRAME_BYTES] != '[')) return false;
    *json = bytes_from(message, FRAME_BYTES);
    return true;
}

static struct bytes beside_text(const struct message *m, const struct place *place) {
    switch (place->of) {
    case PLACE_KEY:
        return m->key;
    case PLACE_TOPIC:
        return (struct bytes){m->topic, m->topic != NULL ? strlen(m->topic) : 0};
    case PLACE_HEADER:
        return m->header != NULL ? m->header(m->self, place->text) : (struct bytes){NULL, 0};
    case PLACE_NOWHERE:
    case PLACE_EVENT:
    case PLACE_WRAPPER:
        break;
    }
    return (struct bytes){NULL, 0};
}

static void beside_fill(const struct json_plan *plan, const struct message *m, struct event_value beside[JSON_SLOTS]) {
    for (size_t i = 0; i < plan->outside_n; i++) {
        const struct json_outside *o = &plan->outside[i];
        if (o->from == JSON_OF_MESSAGE) json_value_of_text(beside_text(m, &plan->places[o->field]), &beside[o->slot]);
    }
}

void json_decoder_init(struct json_decoder *d, const struct event_rules *rules) { json_plan_init(&d->plan, rules); }

/* What most messages are: an object, and no more. Returns what follows the first object; NULL: none was read. */
ALWAYS_INLINE const char *single_scan(struct json_scan *s, struct bytes message) {
    struct event_value values[JSON_SLOTS];
    const char *p = s->json.p, *end = s->text.end;
    if (s->json.n <= JSON_PIECE_BYTES || *p != '{' || end[-1] != '}' || json_plan_has_wrappers(s->plan)) return NULL;
    s->text.last = end - 1;
    const char *next = json_object_take(&s->plan->event, &s->text, p, values);
    if (next != NULL) json_scan_add(s, next == end ? message : (struct bytes){p, (size_t)(next - p)}, values);
    return next;
}

/* Field by field, because an initializer would also clear what the scan sets. */
void json_decoder_decode(struct json_decoder *d, const struct message *m, struct event_batch *out) {
    struct event_value beside[JSON_SLOTS];
    struct json_scan s;
    assert(m->value.p != NULL && out->n == 0);
    if (!json_find(m->value, &s.json)) {
        event_batch_add(out, m->value)->outcome = EVENT_FRAMED;
        return;
    }
    s.plan = &d->plan;
    s.batch = out;
    s.record_time_ms = m->time_ms;
    s.beside = beside;
    if (d->plan.outside_n > 0) beside_fill(&d->plan, m, beside);
    json_scan_begin(&s);
    const char *next = single_scan(&s, m->value);
    if (next == s.text.end) return;
    if (next == NULL)
        json_scan_any(&s);
    else
        json_scan_objects(&s, next);
    if (s.whole && out->n == 1) out->events[0].raw = m->value;
}
