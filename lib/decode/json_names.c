/* The names of the fields, once per configuration instead of once per message. */
#include "decode/json_names.h"

#include "decode/json_block.h"

static struct event_name name_of(const char *text) {
    struct event_name name = {.text = text, .n = text != NULL ? strlen(text) : 0};
    char head[8] = {0};
    if (name.n > 0) memcpy(head, text, name.n < sizeof head ? name.n : sizeof head);
    name.head = event_names_head(event_load8(head), name.n);
    return name;
}

static bool are_distinct(const struct event_name names[EVENT_FIELDS]) {
    for (size_t i = 0; i < EVENT_FIELDS; i++) {
        if (names[i].text == NULL) return false;
        for (size_t j = 0; j < i; j++)
            if (strcmp(names[i].text, names[j].text) == 0) return false;
    }
    return true;
}

void event_names_set(struct event_names *names, const struct event_rules *r) {
    struct event_name *of = names->of;
    of[EVENT_FIELD_ITEM] = name_of(r->field_item);
    of[EVENT_FIELD_LOCATION] = name_of(r->field_location);
    of[EVENT_FIELD_TIME] = name_of(r->field_time);
    of[EVENT_FIELD_TYPE] = name_of(r->field_type);
    of[EVENT_FIELD_VALUE] = name_of(r->field_value);
    names->distinct = are_distinct(of);
    event_form_init(&names->form);
}
