/* loadgen/batcher.c - the messages that are being filled, and when each goes out. */
#include "loadgen/batcher.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "loadgen/rng.h"

enum { RANDOM_KEY_LEN = 16 };

struct slot {
    struct buf text, key;
    bool has_key;
    uint32_t events;
    int64_t first_ms, newest_ms;
    struct tally tally;
};

struct batcher {
    struct batcher_config config;
    struct outlet outlet;
    struct slot *slots;
    int64_t expiry_ms; /* when to look for messages that waited long enough */
    struct rng rng;
    char random_key[RANDOM_KEY_LEN];
};

struct batcher *batcher_create(const struct batcher_config *config, struct outlet outlet) {
    assert(config->events >= 1 && config->events <= BATCHER_EVENTS_MAX && config->slots >= 1);
    struct batcher *b = mem_zalloc(1, sizeof *b);
    b->config = *config;
    b->outlet = outlet;
    b->slots = mem_zalloc(config->slots, sizeof *b->slots);
    b->expiry_ms = INT64_MIN;
    rng_init(&b->rng, config->seed);
    return b;
}

void batcher_destroy(struct batcher *b) {
    if (b == NULL) return;
    for (uint32_t i = 0; i < b->config.slots; i++) {
        buf_free(&b->slots[i].text);
        buf_free(&b->slots[i].key);
    }
    mem_free(b->slots);
    mem_free(b);
}

static struct bytes key_draw(struct batcher *b) {
    uint64_t v = rng_next(&b->rng);
    for (unsigned i = 0; i < RANDOM_KEY_LEN; i++, v >>= 4) b->random_key[i] = "0123456789abcdef"[v & 15];
    return (struct bytes){b->random_key, RANDOM_KEY_LEN};
}

static void message_send(struct batcher *b, struct message *m) {
    if (b->config.random_keys) m->key = key_draw(b);
    b->outlet.send(b->outlet.self, m);
}

static void slot_flush(struct batcher *b, struct slot *slot) {
    if (slot->events == 0) return;
    if (b->config.shape == BATCH_ARRAY) buf_add_byte(&slot->text, ']');
    struct message m = {.key = {slot->has_key ? slot->key.data : NULL, slot->has_key ? slot->key.len : 0},
                        .value = {slot->text.data, slot->text.len},
                        .time_ms = slot->newest_ms,
                        .tally = slot->tally};
    message_send(b, &m);
    buf_clear(&slot->text);
    slot->events = 0;
    slot->tally = (struct tally){0};
}

static void slot_start(struct batcher *b, struct slot *slot, const struct batch_event *ev) {
    slot->first_ms = slot->newest_ms = ev->clock_ms;
    slot->has_key = ev->key.p != NULL;
    buf_clear(&slot->key);
    if (slot->has_key) buf_add(&slot->key, ev->key.p, ev->key.n);
    if (b->config.shape == BATCH_ARRAY) buf_add_byte(&slot->text, '[');
}

static bool slot_same_key(const struct slot *slot, struct bytes key) {
    if (!slot->has_key || key.p == NULL) return slot->has_key == (key.p != NULL);
    return slot->key.len == key.n && memcmp(slot->key.data, key.p, key.n) == 0;
}

static void tally_add(struct tally *t, const struct batch_event *ev) {
    t->outcomes[ev->outcome]++;
    t->copies += ev->copy;
}

static void slot_add(struct batcher *b, struct slot *slot, const struct batch_event *ev) {
    if (slot->events > 0 && (slot->text.len + ev->text.n + 2 > BATCHER_MESSAGE_BYTES || !slot_same_key(slot, ev->key)))
        slot_flush(b, slot);
    if (slot->events == 0)
        slot_start(b, slot, ev);
    else
        buf_add_byte(&slot->text, b->config.shape == BATCH_ARRAY ? ',' : '\n');
    buf_add(&slot->text, ev->text.p, ev->text.n);
    if (ev->clock_ms > slot->newest_ms) slot->newest_ms = ev->clock_ms;
    tally_add(&slot->tally, ev);
    if (++slot->events == b->config.events) slot_flush(b, slot);
}

static void message_send_alone(struct batcher *b, const struct batch_event *ev) {
    struct message m = {.key = ev->key, .value = ev->text, .time_ms = ev->clock_ms};
    tally_add(&m.tally, ev);
    message_send(b, &m);
}

/* Sends what has waited long enough. A look at many slots is not free: the next one is an eighth of the wait later. */
static void slots_expire(struct batcher *b, int64_t clock_ms) {
    for (uint32_t i = 0; i < b->config.slots; i++) {
        struct slot *slot = &b->slots[i];
        if (slot->events > 0 && clock_ms - slot->first_ms >= b->config.wait_ms) slot_flush(b, slot);
    }
    b->expiry_ms = clock_ms + b->config.wait_ms / 8;
}

void batcher_add(struct batcher *b, const struct batch_event *ev) {
    assert(ev->slot < b->config.slots);
    if (ev->clock_ms >= b->expiry_ms) slots_expire(b, ev->clock_ms);
    if (ev->text.p == NULL || (b->config.shape == BATCH_ARRAY && ev->outcome == EVENT_MALFORMED))
        message_send_alone(b, ev);
    else
        slot_add(b, &b->slots[ev->slot], ev);
}

void batcher_flush(struct batcher *b) {
    for (uint32_t i = 0; i < b->config.slots; i++) slot_flush(b, &b->slots[i]);
}
