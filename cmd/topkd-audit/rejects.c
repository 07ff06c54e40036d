/* topkd-audit/rejects.c - the outcome of most events that do not count, and the settings to look at for each
 * outcome. */
#include "rejects.h"

#include <string.h>

static const struct {
    const char *outcome, *look_at;
} ADVICE[] = {
    {"tombstone", "TOPKD_TOPICS: every value is null"},
    {"malformed", "TOPKD_TOPICS: a message is a JSON object, an array of them, or objects one behind the other"},
    {"framed", "TOPKD_TOPICS: the messages are Avro, Protobuf or UTF-16, not JSON"},
    {"no_events", "TOPKD_EVENTS_AT"},
    {"no_item", "TOPKD_FIELD_ITEM"},
    {"bad_item", "TOPKD_FIELD_ITEM"},
    {"no_location", "TOPKD_FIELD_LOCATION, TOPKD_GLOBAL"},
    {"bad_location", "TOPKD_FIELD_LOCATION"},
    {"bad_time", "TOPKD_FIELD_TIME, TOPKD_TIME_ZONE"},
    {"bad_type", "TOPKD_FIELD_TYPE"},
    {"bad_value", "TOPKD_FIELD_VALUE"},
    {"weightless", "TOPKD_WEIGHTS, TOPKD_FIELD_TYPE"},
    {"future", "TOPKD_FUTURE, TOPKD_LOG_CLOCK, TOPKD_FIELD_TIME, TOPKD_TIME_ZONE"},
    {"late", "TOPKD_LATENESS, TOPKD_LOG_CLOCK, TOPKD_FIELD_TIME, TOPKD_TIME_ZONE"},
    {"duplicate", "TOPKD_FIELD_ID, TOPKD_DEDUP"},
};

const char *rejects_look_at(enum outcome o) {
    if (o == OUTCOME_APPLIED) return "";
    for (size_t i = 0; i < ARRAY_LEN(ADVICE); i++)
        if (strcmp(ADVICE[i].outcome, outcome_name(o)) == 0) return ADVICE[i].look_at;
    return "the outcomes of events in EVENTS.md";
}

static bool is_meant(enum outcome o) {
    return o == OUTCOME_TOMBSTONE || o == OUTCOME_WEIGHTLESS || o == OUTCOME_DUPLICATE;
}

static bool is_asked(const struct recount *r, enum outcome o) {
    if (o == OUTCOME_APPLIED) return false;
    return !is_meant(o) || r->outcomes[OUTCOME_APPLIED] == 0;
}

bool rejects_outweigh(const struct recount *r) {
    uint64_t n = 0;
    for (int o = 0; o < OUTCOMES; o++)
        if (is_asked(r, (enum outcome)o)) n += r->outcomes[o];
    return n > r->outcomes[OUTCOME_APPLIED];
}

enum outcome rejects_largest(const struct recount *r) {
    enum outcome best = OUTCOME_APPLIED;
    for (int o = 0; o < OUTCOMES; o++) {
        if (!is_asked(r, (enum outcome)o)) continue;
        if (best == OUTCOME_APPLIED || r->outcomes[o] > r->outcomes[best]) best = (enum outcome)o;
    }
    return best;
}
