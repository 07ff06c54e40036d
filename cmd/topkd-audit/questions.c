/* topkd-audit/questions.c - the questions, each a function. */
#include "questions.h"

#include <string.h>

#include "moment.h"

enum { ITEM_BYTES_MAX = 256, LOCATION_BYTES_MAX = 64, TYPE_BYTES_MAX = 256, ID_BYTES_MAX = 256 };

static bool value_is_text(const struct value *v) { return v->kind == VALUE_STRING || v->kind == VALUE_INTEGER; }

static enum outcome ask_item(const struct value *v, struct judgement *j) {
    if (v->kind == VALUE_ABSENT) return OUTCOME_NO_ITEM;
    j->item = v->text;
    if (!value_is_text(v) || v->text.n < 1 || v->text.n > ITEM_BYTES_MAX) return OUTCOME_BAD_ITEM;
    return OUTCOME_APPLIED;
}

static bool text_has_control(struct bytes t) {
    for (size_t i = 0; i < t.n; i++)
        if ((unsigned char)t.p[i] < 0x20 || t.p[i] == 0x7f) return true;
    return false;
}

static enum outcome ask_location(const struct value *v, bool has_global, struct judgement *j) {
    bool is_empty = v->kind == VALUE_STRING && v->text.n == 0;
    if (v->kind == VALUE_ABSENT || is_empty) return has_global ? OUTCOME_APPLIED : OUTCOME_NO_LOCATION;
    if (!value_is_text(v) || v->text.n > LOCATION_BYTES_MAX || text_has_control(v->text)) return OUTCOME_BAD_LOCATION;
    j->location = v->text;
    return OUTCOME_APPLIED;
}

static enum outcome ask_time(const struct value *v, const struct zone *zone, int64_t record_ms, struct judgement *j) {
    if (v->kind != VALUE_ABSENT) return moment_of_value(v, zone, &j->time_ms) ? OUTCOME_APPLIED : OUTCOME_BAD_TIME;
    j->time_ms = record_ms;
    return moment_in_range(record_ms) ? OUTCOME_APPLIED : OUTCOME_BAD_TIME;
}

static uint32_t weight_of(const struct weights *w, struct bytes type) {
    for (uint32_t i = 0; i < w->n; i++)
        if (w->rows[i].type_len == type.n && memcmp(w->rows[i].type, type.p, type.n) == 0) return w->rows[i].weight;
    return w->other;
}

/* Of a type that nobody needs there is no value here: every event weighs the same. */
static enum outcome ask_type(const struct value *v, const struct weights *w, struct judgement *j) {
    struct bytes type = v->kind == VALUE_ABSENT ? (struct bytes){"view", 4} : v->text;
    bool is_type = v->kind == VALUE_ABSENT || value_is_text(v);
    if (!is_type || type.n > TYPE_BYTES_MAX) return OUTCOME_BAD_TYPE;
    j->weight = weight_of(w, type);
    return j->weight > 0 ? OUTCOME_APPLIED : OUTCOME_WEIGHTLESS;
}

/* No outcome comes of an id. */
static void ask_id(const struct value *v, struct judgement *j) {
    if (value_is_text(v) && v->text.n >= 1 && v->text.n <= ID_BYTES_MAX) j->id = v->text;
}

/* What stands beside the message's value. */
static struct bytes beside_bytes(const struct field *f, const struct record *record) {
    if (f->place == FIELD_IS_KEY) return record->key;
    if (f->place == FIELD_IS_TOPIC) return (struct bytes){record->topic, strlen(record->topic)};
    return record->header != NULL ? record->header(record->from, f->text) : (struct bytes){NULL, 0};
}

static struct value field_value(const struct field *f, const struct record *record, struct bytes token) {
    bool is_beside = f->place == FIELD_IS_KEY || f->place == FIELD_IS_TOPIC || f->place == FIELD_IS_HEADER;
    return is_beside ? value_of_bytes(beside_bytes(f, record)) : value_of_token(token);
}

void questions_ask(const struct decode_rules *r, const struct record *record, const struct tokens *tokens,
                   struct answers *a, struct judgement *j) {
    const struct value *v = a->values;
    for (int i = 0; i < RULES; i++) a->values[i] = field_value(&r->fields[i], record, tokens->at[i]);
    enum outcome o = ask_item(&v[RULE_ITEM], j);
    if (o == OUTCOME_APPLIED) o = ask_location(&v[RULE_LOCATION], r->config->global[0] != '\0', j);
    if (o == OUTCOME_APPLIED) o = ask_time(&v[RULE_TIME], &r->zone, record->time_ms, j);
    if (o == OUTCOME_APPLIED) o = ask_type(&v[RULE_TYPE], &r->config->weights, j);
    ask_id(&v[RULE_ID], j);
    j->outcome = o;
}

void answers_deinit(struct answers *a) {
    for (int i = 0; i < RULES; i++) value_deinit(&a->values[i]);
}
