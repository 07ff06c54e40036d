/* loadgen/traffic.c - draws the kind, the location's rank, the item's rank and the user, then writes the text.
 * The text is written by hand, because printf would cost more than all draws together.
 *
 * The order of the items in a location is the affine map item = (rank * mul + add) mod items, with mul coprime to
 * items. That is a permutation in eight bytes, whatever the number of items. */
#include "loadgen/traffic.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "loadgen/badevent.h"
#include "loadgen/places.h"
#include "loadgen/rng.h"
#include "loadgen/zipf.h"

struct place {
    uint32_t mul, add;
    char name[PLACE_NAME_MAX];
    uint8_t name_len;
};

enum { TEXT_MAX = 256 }; /* a good event has at most 85 bytes and five numbers and names of at most 20 */

struct traffic {
    struct traffic_config config;
    struct rng rng;
    struct zipf item_ranks, location_ranks;
    struct place *places;
    char text[TEXT_MAX];
    struct buf bad_text;
    uint64_t bad_events;
    struct traffic_event last;
    bool repeat;   /* the next event is last once more */
    bool has_late; /* late events may come */
};

static char *text_put(char *to, const char *from, size_t n) {
    memcpy(to, from, n);
    return to + n;
}
#define TEXT_PUT_LITERAL(to, literal) text_put(to, literal, sizeof(literal) - 1)

static char *text_put_u64(char *to, uint64_t v) {
    char digits[20];
    char *p = digits + sizeof digits;
    do *--p = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    return text_put(to, p, (size_t)(digits + sizeof digits - p));
}

static uint32_t gcd(uint32_t a, uint32_t b) {
    while (b != 0) {
        uint32_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

static void place_init(struct place *place, uint32_t index, uint32_t items, struct rng *r) {
    place->name_len = (uint8_t)place_name(index, place->name);
    place->add = rng_below(r, items);
    do place->mul = 1 + rng_below(r, items);
    while (gcd(place->mul, items) != 1);
}

static uint32_t place_item(const struct place *place, uint32_t rank, uint32_t items) {
    return (uint32_t)(((uint64_t)(rank - 1) * place->mul + place->add) % items);
}

struct traffic *traffic_create(const struct traffic_config *config) {
    assert(config->items >= 1 && config->items <= TRAFFIC_ITEMS_MAX);
    assert(config->users >= 1 && config->users <= TRAFFIC_USERS_MAX);
    assert(config->locations >= 1 && config->locations <= PLACES_MAX);
    struct traffic *t = mem_zalloc(1, sizeof *t);
    t->config = *config;
    rng_init(&t->rng, config->seed);
    zipf_init(&t->item_ranks, config->items, config->zipf_items);
    zipf_init(&t->location_ranks, config->locations, config->zipf_locations);
    t->places = mem_zalloc(config->locations, sizeof *t->places);
    for (uint32_t i = 0; i < config->locations; i++) place_init(&t->places[i], i, config->items, &t->rng);
    return t;
}

void traffic_destroy(struct traffic *t) {
    if (t == NULL) return;
    buf_free(&t->bad_text);
    mem_free(t->places);
    mem_free(t);
}

static enum event_outcome next_bad_class(struct traffic *t) {
    uint32_t set = t->config.bad_classes;
    uint64_t skip = t->bad_events % (uint64_t)__builtin_popcount(set);
    while (skip-- > 0) set &= set - 1;
    return (enum event_outcome)__builtin_ctz(set);
}

static enum event_outcome outcome_draw(struct traffic *t) {
    const struct traffic_config *c = &t->config;
    double u = rng_unit(&t->rng);
    if (u < c->bad) return next_bad_class(t);
    if (u < c->bad + c->late) return EVENT_LATE;
    if (u < c->bad + c->late + c->future) return EVENT_FUTURE;
    return EVENT_APPLIED;
}

static uint32_t item_draw(struct traffic *t, const struct place *place, int64_t clock_ms) {
    const struct traffic_config *c = &t->config;
    uint32_t item = place_item(place, zipf_draw(&t->item_ranks, &t->rng), c->items);
    if (c->spike <= 0 || clock_ms % c->spike_every_ms >= c->spike_ms || rng_unit(&t->rng) >= c->spike) return item;
    return (uint32_t)(rng_mix(rng_mix(c->seed) + (uint64_t)(clock_ms / c->spike_every_ms)) % c->items);
}

static int64_t event_time(const struct traffic_config *c, enum event_outcome o, int64_t clock_ms) {
    int64_t ms = o == EVENT_LATE ? clock_ms - c->late_ms : o == EVENT_FUTURE ? clock_ms + c->future_ms : clock_ms;
    return ms < 0 ? 0 : ms;
}

static void event_write_good(struct traffic *t, uint32_t item, const struct place *place, int64_t time_ms,
                             uint32_t user) {
    char *p = TEXT_PUT_LITERAL(t->text, "{\"video_id\":\"v");
    p = text_put_u64(p, item);
    p = TEXT_PUT_LITERAL(p, "\",\"location\":\"");
    p = text_put(p, place->name, place->name_len);
    if (rng_unit(&t->rng) < t->config.likes)
        p = TEXT_PUT_LITERAL(p, "\",\"type\":\"like\",\"ts\":");
    else
        p = TEXT_PUT_LITERAL(p, "\",\"type\":\"view\",\"ts\":");
    p = text_put_u64(p, (uint64_t)time_ms);
    p = TEXT_PUT_LITERAL(p, ",\"user_id\":\"");
    char *user_text = p;
    *p++ = 'u';
    p = text_put_u64(p, user);
    t->last.user = (struct bytes){user_text, (size_t)(p - user_text)};
    p = TEXT_PUT_LITERAL(p, "\"}");
    t->last.text = (struct bytes){t->text, (size_t)(p - t->text)};
}

static void event_write_bad(struct traffic *t, uint32_t item, const struct place *place, int64_t time_ms,
                            uint32_t user) {
    char item_text[16], location_text[16], time_text[24];
    snprintf(item_text, sizeof item_text, "\"v%u\"", item);
    snprintf(location_text, sizeof location_text, "\"%.*s\"", (int)place->name_len, place->name);
    snprintf(time_text, sizeof time_text, "%lld", (long long)time_ms);
    int user_len = snprintf(t->text, sizeof t->text, "\"u%u\"", user);
    struct badevent_parts parts = {item_text, location_text, time_text, t->text};
    uint64_t variant = t->bad_events / (uint64_t)__builtin_popcount(t->config.bad_classes);
    buf_clear(&t->bad_text);
    t->last.user = (struct bytes){t->text + 1, (size_t)user_len - 2};
    t->last.text = (struct bytes){NULL, 0};
    if (t->last.outcome != EVENT_TOMBSTONE) {
        badevent_write(t->last.outcome, variant, &parts, &t->bad_text);
        t->last.text = (struct bytes){t->bad_text.data, t->bad_text.len};
    }
    t->bad_events++;
}

static void event_make(struct traffic *t, int64_t clock_ms) {
    const struct traffic_config *c = &t->config;
    enum event_outcome outcome = outcome_draw(t);
    if (outcome == EVENT_LATE && !t->has_late) outcome = EVENT_APPLIED;
    uint32_t location = zipf_draw(&t->location_ranks, &t->rng) - 1;
    const struct place *place = &t->places[location];
    uint32_t item = item_draw(t, place, clock_ms), user = rng_below(&t->rng, c->users);
    t->last = (struct traffic_event){
        .location_name = {place->name, place->name_len}, .location = location, .outcome = outcome};
    int64_t time_ms = event_time(c, outcome, clock_ms);
    if (outcome == EVENT_APPLIED || outcome == EVENT_LATE || outcome == EVENT_FUTURE)
        event_write_good(t, item, place, time_ms, user);
    else
        event_write_bad(t, item, place, time_ms, user);
    t->repeat = outcome == EVENT_APPLIED && rng_unit(&t->rng) < c->duplicates;
}

void traffic_begin_late(struct traffic *t) { t->has_late = true; }

void traffic_next(struct traffic *t, int64_t clock_ms, struct traffic_event *out) {
    if (t->repeat) {
        t->repeat = false;
        t->last.copy = true;
    } else
        event_make(t, clock_ms);
    *out = t->last;
}
