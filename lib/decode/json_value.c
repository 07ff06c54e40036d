/* decode/json_value.c - single values, by jansson. They are rare: plain ones are read where they stand. */
#include "decode/json_value.h"

#include <string.h>

#include <jansson.h>

/* -- strings -- */

void json_value_of_string(struct bytes json, struct event_arena *arena, struct event_value *value) {
    json_t *v = json_loadb(json.p, json.n, JSON_DECODE_ANY, NULL);
    *value = (struct event_value){.kind = EVENT_OTHER};
    if (json_is_string(v)) {
        struct bytes text = {json_string_value(v), json_string_length(v)};
        *value = (struct event_value){.kind = EVENT_STRING, .text = event_arena_copy(arena, text)};
    }
    json_decref(v);
}

void json_value_of_text(struct bytes text, struct event_value *value) {
    *value = (struct event_value){.kind = EVENT_ABSENT};
    if (text.p == NULL) return;
    json_t *v = memchr(text.p, '\0', text.n) == NULL ? json_stringn(text.p, text.n) : NULL;
    *value = (struct event_value){.kind = v != NULL ? EVENT_STRING : EVENT_OTHER, .text = text};
    json_decref(v);
}

/* -- words -- */

static bool word_is(struct bytes json, const char *word) {
    return json.n == strlen(word) && memcmp(json.p, word, json.n) == 0;
}

/* As JSON has it: no plus, no leading zero. */
static bool word_is_integer(struct bytes json) {
    size_t first = json.p[0] == '-', i = first;
    while (i < json.n && json.p[i] >= '0' && json.p[i] <= '9') i++;
    return i == json.n && i > first && (json.p[first] != '0' || json.n == first + 1);
}

/* jansson refuses integers of more than 64 bits. Their digits are as good a name as any. */
static void value_of_integer(struct bytes json, struct event_value *value) {
    json_t *v = json_loadb(json.p, json.n, JSON_DECODE_ANY, NULL);
    *value = (struct event_value){.kind = EVENT_BIG_INTEGER, .text = json};
    if (json_is_integer(v)) {
        value->kind = EVENT_INTEGER;
        value->integer = json_integer_value(v);
    }
    if (word_is(json, "-0")) value->text = (struct bytes){json.p + 1, 1};
    json_decref(v);
}

/* jansson refuses numbers that are too large for a double, so all are finite. */
static void value_of_real(struct bytes json, struct event_value *value) {
    json_t *v = json_loadb(json.p, json.n, JSON_DECODE_ANY, NULL);
    *value = (struct event_value){.kind = EVENT_OTHER};
    if (json_is_real(v)) *value = (struct event_value){.kind = EVENT_REAL, .real = json_real_value(v)};
    json_decref(v);
}

void json_value_of_word(struct bytes json, struct event_value *value) {
    if (word_is(json, "null"))
        value->kind = EVENT_ABSENT;
    else if (word_is_integer(json))
        value_of_integer(json, value);
    else
        value_of_real(json, value);
}
