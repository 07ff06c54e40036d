/* topkd/judge_field.c - finds fields in the tree of a message, and reads their values. */
#include "judge_field.h"

#include <string.h>

#include "decode/json_value.h"
#include "event/time.h"

/* -- where --------------------------------------------------------------------------------------- */

void judge_places_init(struct judge_places *p, const struct event_rules *rules) {
    for (int f = 0; f < EVENT_FIELDS; f++) place_take(rules->fields[f], &p->fields[f]);
    place_take(rules->events_at, &p->events_at);
}

static struct judge_found node_find(const struct judge_node *from, const struct place *place) {
    struct judge_found found = {.node = from, .nearest = from};
    for (size_t i = 0; i < place->tokens_n && found.node != NULL; i++) {
        found.node = judge_node_step(found.node, &place->tokens[i]);
        if (found.node == NULL) break;
        found.nearest = found.node;
        found.steps++;
    }
    return found;
}

struct judge_found judge_find(const struct judge_scene *s, const struct place *place) {
    switch (place->of) {
    case PLACE_EVENT:
        return node_find(s->event, place);
    case PLACE_WRAPPER:
        return node_find(s->wrapper, place);
    case PLACE_KEY:
        return (struct judge_found){.text = s->message->key};
    case PLACE_TOPIC:
        return (struct judge_found){.text = {s->message->topic, strlen(s->message->topic)}};
    case PLACE_HEADER:
        if (s->message->header == NULL) break;
        return (struct judge_found){.text = s->message->header(s->message->self, place->text)};
    case PLACE_NOWHERE:
        break;
    }
    return (struct judge_found){0};
}

static bool node_holds(const struct judge_node *node, const char *p) {
    return p >= node->raw.p && p < node->raw.p + node->raw.n;
}

/* The bytes of an only event may begin with white space, or with the framing. */
static void root_advance(struct judge_cursor *c, const char *p) {
    while (c->root != NULL && p >= c->root->raw.p + c->root->raw.n) *c = (struct judge_cursor){.root = c->root->next};
}

/* A message may have a million elements: none is looked at for each of them. */
static const struct judge_node *wrapped_next(struct judge_cursor *c, const struct place *events_at, const char *p) {
    const struct judge_node *node = node_find(c->root, events_at).node;
    if (node == NULL || node->kind != JUDGE_ARRAY) return node;
    for (node = c->element != NULL ? c->element : node->first; node != NULL && !node_holds(node, p);) node = node->next;
    if (node != NULL) c->element = node;
    return node;
}

struct judge_scene judge_scene_next(struct judge_cursor *c, const struct message *m, const struct judge_places *places,
                                    struct bytes raw) {
    root_advance(c, raw.p);
    struct judge_scene s = {.message = m, .event = c->root};
    if (s.event == NULL || places->events_at.of == PLACE_NOWHERE) return s;
    s.wrapper = c->root;
    s.event = wrapped_next(c, &places->events_at, raw.p);
    return s;
}

/* -- what ---------------------------------------------------------------------------------------- */

struct event_value judge_value_of_node(const struct judge_node *node, struct event_arena *texts) {
    struct event_value v = {.kind = node->kind == JUDGE_ARRAY ? EVENT_ARRAY : EVENT_OTHER, .text = node->raw};
    if (node->kind == JUDGE_STRING) json_value_of_string(node->raw, texts, &v);
    if (node->kind == JUDGE_WORD) json_value_of_word(node->raw, &v);
    return v;
}

struct event_value judge_value_of(const struct judge_found *found, struct event_arena *texts) {
    struct event_value v = {.kind = EVENT_ABSENT};
    if (found->node != NULL) return judge_value_of_node(found->node, texts);
    json_value_of_text(found->text, &v);
    return v;
}

/* -- whether ------------------------------------------------------------------------------------- */

/* An event that has nothing but this value, and an item if that is not it. */
bool judge_value_fits(const struct event_rules *rules, enum event_field field, const struct event_value *v,
                      int64_t *ms) {
    struct event_rules r = *rules;
    struct event_value values[EVENT_FIELDS] = {{0}};
    struct event ev = {.outcome = EVENT_MALFORMED, .time_ms = -1};
    r.has_global = r.adds_value = true;
    values[EVENT_FIELD_ITEM] = (struct event_value){.kind = EVENT_STRING, .text = {"x", 1}};
    values[field] = *v;
    if (v->kind == EVENT_ABSENT) return false;
    event_judge(&r, values, 0, &ev);
    *ms = ev.time_ms;
    if (field == EVENT_FIELD_LOCATION && ev.location.p == NULL) return false;
    return ev.outcome == EVENT_APPLIED || ev.outcome == EVENT_WEIGHTLESS;
}

static bool time_reads(const struct event_value *v, const struct time_zone *zone) {
    int64_t ms;
    if (v->kind == EVENT_STRING) return event_time_from_text(v->text, zone, &ms);
    return v->kind == EVENT_ARRAY && event_time_from_array(v->text, zone, &ms);
}

bool judge_time_has_no_zone(const struct event_value *v) {
    static const struct time_zone utc = {.kind = TIME_ZONE_OFFSET, .name = "UTC"};
    static const struct time_zone refused = {.kind = TIME_ZONE_REFUSED, .name = "none"};
    return time_reads(v, &utc) && !time_reads(v, &refused);
}
