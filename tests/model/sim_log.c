/* Records with holes, late, future and backward times; an idle partition; and the recount, which shares no code with
 * lib/. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "model/sim.h"

uint64_t rng_next(struct rng *r) { /* splitmix64 */
    uint64_t z = (r->s += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
uint64_t rng_below(struct rng *r, uint64_t n) { return rng_next(r) % n; }
double rng_real(struct rng *r) { return (double)(rng_next(r) >> 11) / 9007199254740992.0; }
bool rng_chance(struct rng *r, double p) { return rng_real(r) < p; }
double rng_exp(struct rng *r, double mean) { return -log(1 - rng_real(r)) * mean; }

int rng_pick(struct rng *r, const double *weights, int n) {
    double sum = 0, at;
    for (int i = 0; i < n; i++) sum += weights[i];
    at = rng_real(r) * sum;
    for (int i = 0; i < n - 1; i++)
        if ((at -= weights[i]) < 0) return i;
    return n - 1;
}

static void record_make(struct sim *s, int p, int64_t offset, int64_t at_ms) {
    struct sim_record *rec = &s->log[p].records[offset];
    static const int shift[] = {0, -1, -2, -5, 1, 4};
    static const double weight[] = {80, 6, 6, 2, 4, 2};
    bool joins = s->added_ms > 0 && p == s->partitions - 1; /* it brings much that is over already */
    int64_t back =
        rng_chance(&s->rng, joins ? .6 : .15) ? (int64_t)(1 + rng_below(&s->rng, joins ? 50 : 8)) * UNIT_MS : 0;
    rec->appended_ms = at_ms;
    rec->time_ms = BASE_MS + at_ms - back;
    rec->minute = rec->time_ms / MINUTE_MS + shift[rng_pick(&s->rng, weight, 6)];
    rec->location = (char)('a' + rng_below(&s->rng, 3));
    rec->exists = !rng_chance(&s->rng, .05);
}

static void record_write(struct sim *s, int p, int64_t offset) {
    struct sim_record *rec = &s->log[p].records[offset];
    snprintf(rec->value, sizeof rec->value,
             "{\"video_id\":\"%d.%" PRId64 "\",\"location\":\"%c\",\"ts\":%" PRId64 ",\"type\":\"%s\"}", p, offset,
             rec->location, rec->minute * MINUTE_MS + 1, offset % 3 == 0 ? "third" : "other");
}

/* Two records long after everything else, so that all minutes seal. */
static void records_close(struct sim *s, int p) {
    for (int k = 0; k < 2; k++) {
        int64_t offset = s->log[p].n++;
        struct sim_record *rec = &s->log[p].records[offset];
        *rec = (struct sim_record){.exists = true, .location = 'z', .appended_ms = s->end_ms + 6 * MINUTE_MS};
        rec->time_ms = BASE_MS + s->end_ms + 6 * MINUTE_MS + k;
        rec->minute = rec->time_ms / MINUTE_MS;
        record_write(s, p, offset);
    }
}

static void partition_fill(struct sim *s, int p, bool idle) {
    static const double gaps[] = {1.5, 3, 6};
    double gap = gaps[rng_below(&s->rng, 3)] * UNIT_MS;
    double stop = (double)s->end_ms * (idle ? .2 + .7 * rng_real(&s->rng) : 1);
    bool gone = p == s->partitions - 1 && s->away_ms != SIM_NEVER && s->back_ms == SIM_NEVER;
    if (gone && stop > (double)s->away_ms) stop = (double)s->away_ms;
    double at = p == s->partitions - 1 ? (double)s->added_ms : 0;
    while ((at += rng_exp(&s->rng, gap)) <= stop && s->log[p].n < RECORDS_MAX - 2) {
        record_make(s, p, s->log[p].n, (int64_t)at);
        record_write(s, p, s->log[p].n++);
    }
    if ((!idle && !gone) || s->theme == THEME_EXPIRY)
        records_close(s, p); /* a sleeper wakes, long after its lists are gone */
}

/* The recount: a few lines of its own, kept apart from lib/ on purpose. */
static void recount(struct sim *s, int p, int configuration) {
    int64_t w = INT64_MIN;
    for (int64_t o = 0; o < s->log[p].n; o++) {
        const struct sim_record *rec = &s->log[p].records[o];
        if (!rec->exists) continue;
        bool late = (w != INT64_MIN && (rec->minute + 1) * 60000 + 6 * UNIT_MS <= w) || rec->minute <= s->log[p].above;
        bool future = rec->minute > rec->time_ms / 60000 + 1;
        s->log[p].accepted[configuration][o] = !late && !future && !(configuration == 1 && o % 3 == 0);
        if (rec->time_ms > w) w = rec->time_ms;
    }
}

void sim_recount(struct sim *s, int p) {
    recount(s, p, 0);
    recount(s, p, 1);
}

void sim_log_fill(struct sim *s) {
    int idle = (int)rng_below(&s->rng, (uint64_t)s->partitions *
                                           3); /* this partition, if it exists, stops early and never seals */
    if (s->theme == THEME_EXPIRY) idle %= s->partitions;
    for (int p = 0; p < s->partitions; p++) {
        s->log[p].above =
            s->added_ms > 0 && p == s->partitions - 1 ? INT64_MAX : INT64_MIN; /* nothing before it joins */
        partition_fill(s, p, p == idle);
        sim_recount(s, p);
    }
}

bool sim_is_away(const struct sim *s) { return s->now_ms >= s->away_ms && s->now_ms < s->back_ms; }

bool sim_is_there(const struct sim *s, int p) {
    return p < s->partitions - 1 || (s->now_ms >= s->added_ms && !sim_is_away(s));
}

int64_t sim_log_end(const struct sim *s, int p) {
    int64_t o = 0;
    while (o < s->log[p].n && s->log[p].records[o].appended_ms <= s->now_ms) o++;
    return o;
}

/* Time of the record before OFFSET, else of the first at or above it, else the wall clock (rule 5). */
int64_t sim_log_time_near(const struct sim *s, int p, int64_t offset) {
    for (int64_t o = offset - 1; o >= s->log[p].start; o--)
        if (s->log[p].records[o].exists) return s->log[p].records[o].time_ms;
    for (int64_t o = offset; o < sim_log_end(s, p); o++)
        if (s->log[p].records[o].exists) return s->log[p].records[o].time_ms;
    return BASE_MS + s->now_ms;
}

int64_t sim_log_time_max(const struct sim *s, int p, int64_t end) {
    int64_t w = TIME_NEVER;
    for (int64_t o = 0; o < end; o++)
        if (s->log[p].records[o].exists && s->log[p].records[o].time_ms > w) w = s->log[p].records[o].time_ms;
    return w;
}
