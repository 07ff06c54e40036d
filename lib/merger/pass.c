/* merger/pass.c - the states of a pass and their moves. */
#include "merger/pass.h"

#include <assert.h>
#include <string.h>

#include "store/keys.h"

bool pass_check(const struct pass *p) {
    if (p->state != PASS_RESTING && p->state != PASS_RUNNING && p->state != PASS_REPEATING) return false;
    return p->next < STORE_SHARDS && (p->state != PASS_RESTING || p->next == 0);
}

void pass_start(struct pass *p) {
    assert(pass_check(p));
    if (p->state == PASS_RESTING) p->state = PASS_RUNNING;
    p->next = 0;
}

void pass_repeat(struct pass *p) {
    assert(pass_check(p));
    if (p->state == PASS_RESTING)
        pass_start(p);
    else
        p->state = PASS_REPEATING;
}

bool pass_is_due(const struct pass *p, int64_t now_mono_ms) {
    return p->state == PASS_RESTING && now_mono_ms - p->ended_mono_ms >= PASS_INTERVAL_MS;
}

size_t pass_turn(struct pass *p, uint32_t *shards, size_t n) {
    uint32_t turned[STORE_SHARDS];
    assert(pass_check(p) && n <= STORE_SHARDS);
    if (p->state == PASS_RESTING) return 0;
    if (p->next >= n) p->next = 0;
    for (size_t i = 0; i < n; i++) turned[i] = shards[(p->next + i) % n];
    memcpy(shards, turned, n * sizeof *shards);
    size_t left = n - p->next;
    return left < PASS_SHARDS_MAX ? left : PASS_SHARDS_MAX;
}

void pass_advance(struct pass *p, size_t read, size_t shards_n, int64_t now_mono_ms) {
    assert(pass_check(p) && p->next + read <= shards_n);
    if (p->state == PASS_RESTING) return;
    p->next += read;
    if (p->next < shards_n) return;
    p->state = p->state == PASS_REPEATING ? PASS_RUNNING : PASS_RESTING;
    p->next = 0;
    p->ended_mono_ms = now_mono_ms;
}
