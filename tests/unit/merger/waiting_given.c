/* unit/merger/waiting_given.c - a memory of lists, its rows and its rounds. */
#include "waiting_given.h"

#include <stdio.h>
#include <string.h>

#include <check.h>

struct given_waiting waiting;

const struct progress_row nothing_yet = {
    .log_time_ms = 0, .settled = NO_MINUTE, .older_until = NO_MINUTE, .unsure_until = NO_MINUTE, .end_ms = TIME_NEVER};
const char token_a[] = "aaaaaaaaaaaaaaaa", token_b[] = "aaaaaaaaaaaaaaab";

static const struct delivery_rules rules = {.lateness_ms = 60000, .slack_ms = 5000};

void waiting_begin(void) {
    waiting = (struct given_waiting){.lists = waiting_create(1 << 24)};
    waiting.round = (struct waiting_round){&rules, &waiting.progress, 1};
    row_says("events/0", &nothing_yet);
    row_says("events/1", &nothing_yet);
}

void waiting_end(void) {
    ck_assert(waiting_check_all(waiting.lists));
    waiting_destroy(waiting.lists);
    progress_deinit(&waiting.progress);
}

void given_room_for(int n) {
    for (int i = 0; i < n; i++) merged("US", MINUTE + i, token_a);
    size_t bytes = waiting_bytes(waiting.lists);
    waiting_destroy(waiting.lists);
    waiting.lists = waiting_create(bytes);
}

struct bytes location_text(const char *s) {
    return (struct bytes){s, strlen(s)};
}

void row_says(const char *partition_name, const struct progress_row *row) {
    progress_add(&waiting.progress, partition_name, 5, row);
}

void row_settles(const char *partition_name, int64_t settled) {
    struct progress_row row = nothing_yet;
    row.settled = settled;
    row_says(partition_name, &row);
}

static void merge(const char *location, int64_t minute, const char *token, struct waiting_merge *m,
                  struct list_part *parts) {
    m->state = list_judge(&rules, &waiting.progress, minute, 0, parts, m->parts_n);
    m->digest = progress_digest(&rules, &waiting.progress, minute);
    m->settled = progress_settled_everywhere(&waiting.progress, minute);
    m->parts = parts;
    waiting_merged(waiting.lists, location_text(location), minute, token, m);
}

void merged_from(const char *location, int64_t minute, const char *token, struct list_part *parts, size_t n) {
    merge(location, minute, token, &(struct waiting_merge){.parts_n = n, .mono_ms = MERGED_MS}, parts);
}

void merged_at(const char *location, int64_t minute, const char *token, int64_t mono_ms) {
    struct list_part part = {"events/0", 5, true, false};
    merge(location, minute, token, &(struct waiting_merge){.parts_n = 1, .mono_ms = mono_ms}, &part);
}

void merged(const char *location, int64_t minute, const char *token) { merged_at(location, minute, token, MERGED_MS); }

bool asked(const struct waiting_note *note, struct waiting_last *last) {
    return waiting_is_news(waiting.lists, note, &waiting.round, last);
}

bool is_news(const char *location, int64_t minute, const char *token) {
    struct waiting_last last;
    return asked(&(struct waiting_note){location_text(location), minute, token, false}, &last);
}

bool is_waiting_news(const char *location, int64_t minute, const char *token) {
    struct waiting_last last;
    return asked(&(struct waiting_note){location_text(location), minute, token, true}, &last);
}

static void offer_take(void *ctx, const struct waiting_note *note, const struct waiting_last *last) {
    (void)ctx;
    ck_assert_uint_lt(waiting.offers_n, ARRAY_LEN(waiting.offers));
    struct offer *o = &waiting.offers[waiting.offers_n++];
    ck_assert_uint_lt(note->location.n, sizeof o->location);
    memcpy(o->location, note->location.p, note->location.n);
    snprintf(o->token, sizeof o->token, "%s", note->token);
    o->minute = note->minute;
    o->last = *last;
}

static void offers_clear(void) {
    waiting.offers_n = 0;
    memset(waiting.offers, 0, sizeof waiting.offers);
}

size_t offered_by_rows(void) {
    offers_clear();
    waiting_changed(waiting.lists, &waiting.round, offer_take, NULL);
    waiting.round.number++;
    return waiting.offers_n;
}

size_t offered_as_old(int64_t mono_ms) {
    offers_clear();
    waiting_old(waiting.lists, &waiting.round, mono_ms, offer_take, NULL);
    return waiting.offers_n;
}
