/* config/meaning.c - config_meaning_hash: do two configurations read the same log into the same lists?
 * The hash goes into every commit's metadata. A worker that finds another hash there rebuilds (rule 4). So it covers
 * what changes counts, and nothing else, in a canonical form: 1m and 60s are the same, and the order of WEIGHTS does
 * not matter. It must not change between versions of topkd unless the counting does; then FORMAT goes up. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "config/setting.h"

enum { FORMAT = 3 };

static void hash_add_text(struct buf *b, const char *text) {
    buf_add_varint(b, strlen(text));
    buf_add_str(b, text);
}

static int weights_order(const void *a, const void *b) {
    return strcmp(((const struct weight *)a)->type, ((const struct weight *)b)->type);
}

/* A type that weighs what any other does might as well not be there. */
static void hash_add_weights(struct buf *b, const struct weights *given) {
    struct weights w = *given;
    qsort(w.rows, w.n, sizeof w.rows[0], weights_order);
    buf_add_varint(b, w.other);
    for (uint32_t i = 0; i < w.n; i++) {
        if (w.rows[i].weight == w.other) continue;
        hash_add_text(b, w.rows[i].type);
        buf_add_varint(b, w.rows[i].weight);
    }
    hash_add_text(b, "");
}

/* Without an id nobody is asked for it, and the settings of ids mean nothing. */
static void hash_add_dedup(struct buf *b, const struct config *c) {
    if (c->field_id[0] == '\0') return;
    buf_add_varint(b, (uint64_t)c->dedup_ms);
    buf_add_varint(b, c->dedup_ids_max);
}

struct event_rules config_event_rules(const struct config *c) {
    return (struct event_rules){.fields = {[EVENT_FIELD_ITEM] = c->field_item,
                                           [EVENT_FIELD_LOCATION] = c->field_location,
                                           [EVENT_FIELD_TIME] = c->field_time,
                                           [EVENT_FIELD_TYPE] = c->field_type,
                                           [EVENT_FIELD_VALUE] = c->field_value,
                                           [EVENT_FIELD_ID] = c->field_id},
                                .events_at = c->events_at,
                                .weights = &c->weights,
                                .zone = &c->zone,
                                .has_global = c->global[0] != '\0'};
}

uint64_t config_meaning_hash(const struct config *c) {
    struct buf b = {0};
    buf_add_varint(&b, FORMAT);
    hash_add_weights(&b, &c->weights);
    hash_add_text(&b, c->field_item);
    hash_add_text(&b, c->field_location);
    hash_add_text(&b, c->field_type);
    hash_add_text(&b, c->field_time);
    hash_add_text(&b, c->field_user);
    hash_add_text(&b, c->field_value);
    hash_add_text(&b, c->field_id);
    hash_add_dedup(&b, c);
    hash_add_text(&b, c->events_at);
    hash_add_text(&b, c->zone.name);
    hash_add_text(&b, c->global);
    buf_add_varint(&b, (uint64_t)c->lateness_ms);
    buf_add_varint(&b, (uint64_t)c->future_ms);
    buf_add_varint(&b, (uint64_t)c->log_clock);
    buf_add_varint(&b, c->list_size);
    buf_add_varint(&b, c->sketch_kb);
    buf_add_varint(&b, c->locations_max);
    hash_add_text(&b, kafka_prop_get(c, "isolation.level", "read_committed"));
    uint64_t hash = hash64(b.data, b.len, 0);
    buf_free(&b);
    return hash;
}
