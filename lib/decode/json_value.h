/* decode/json_value.h - what a needed value means where that takes more than a look: jansson decides.
 * Use when: a string has escapes or is not UTF-8, or a word is no plain number.   Threads: any, with an arena of their
 * own.   Memory: texts that are not in the JSON as they are meant are copied to the arena. */
#ifndef TOPKD_DECODE_JSON_VALUE_H
#define TOPKD_DECODE_JSON_VALUE_H

#include "event/arena.h"
#include "event/judge.h"

/* JSON: a string with its quotes. EVENT_OTHER: jansson refuses it. */
void json_value_of_string(struct bytes json, struct event_arena *arena, struct event_value *value);
/* JSON: a word. null is EVENT_ABSENT; what is no number JSON knows, or one that no double holds, is EVENT_OTHER. */
void json_value_of_word(struct bytes json, struct event_value *value);
/* A text from beside the message's value: EVENT_ABSENT if P is NULL, EVENT_OTHER if it is not UTF-8 or has a NUL. */
void json_value_of_text(struct bytes text, struct event_value *value);

#endif
