/* model/sim_log.c - the records, with holes, late, future and backward times, and the recount of them.
 *
 * One partition may be idle. The recount shares no code with lib/ on purpose. */
#include <inttypes.h>
#include <stdio.h>

#include "model/sim.h"

bool sim_is_last(const struct sim *s, int p) { return p == s->partitions_n - 1; }

static bool joins_later(const struct sim *s, int p) { return s->joining.added_ms > 0 && sim_is_last(s, p); }

static void record_make(struct sim *s, int p, int64_t offset, int64_t at_ms) {
    struct sim_record *rec = &s->partitions[p].records[offset];
    static const int shift[] = {0, -1, -2, -5, 1, 4};
    static const double weight[] = {80, 6, 6, 2, 4, 2};
    bool joins = joins_later(s, p); /* it brings much that is over already */
    int64_t back =
        chance_of(&s->chance, joins ? .6 : .15) ? (int64_t)(1 + chance_below(&s->chance, joins ? 50 : 8)) * UNIT_MS : 0;
    rec->appended_ms = at_ms;
    rec->time_ms = BASE_MS + at_ms - back;
    rec->minute = rec->time_ms / MINUTE_MS + shift[chance_pick(&s->chance, weight, 6)];
    rec->location = (char)('a' + chance_below(&s->chance, 3));
    rec->exists = !chance_of(&s->chance, .05);
    rec->id = sim_id_draw(s, p, offset);
}

static void record_write(struct sim *s, int p, int64_t offset) {
    struct sim_record *rec = &s->partitions[p].records[offset];
    snprintf(rec->value, sizeof rec->value,
             "{\"video_id\":\"%d.%" PRId64 "\",\"location\":\"%c\",\"ts\":%" PRId64 ",\"type\":\"%s\",\"id\":%s%" PRId64
             "}",
             p, offset, rec->location, rec->minute * MINUTE_MS + 1, offset % 3 == 0 ? "third" : "other",
             rec->id < 0 ? "null,\"no\":" : "", rec->id);
}

/* Two records long after everything else, so that all minutes seal. */
static void records_close(struct sim *s, int p) {
    for (int k = 0; k < 2; k++) {
        int64_t offset = s->partitions[p].records_n++;
        struct sim_record *rec = &s->partitions[p].records[offset];
        *rec = (struct sim_record){
            .exists = true, .location = 'z', .id = offset, .appended_ms = s->end_ms + 6 * MINUTE_MS};
        rec->time_ms = BASE_MS + s->end_ms + 6 * MINUTE_MS + k;
        rec->minute = rec->time_ms / MINUTE_MS;
        record_write(s, p, offset);
    }
}

static void partition_fill(struct sim *s, int p, bool idle) {
    static const double gaps[] = {1.5, 3, 6};
    struct sim_partition *partition = &s->partitions[p];
    double gap = gaps[chance_below(&s->chance, 3)] * UNIT_MS;
    double stop = (double)s->end_ms * (idle ? .2 + .7 * chance_real(&s->chance) : 1);
    bool gone = sim_is_last(s, p) && s->leaving.away_ms != SIM_NEVER && s->leaving.back_ms == SIM_NEVER;
    if (gone && stop > (double)s->leaving.away_ms) stop = (double)s->leaving.away_ms;
    double at = sim_is_last(s, p) ? (double)s->joining.added_ms : 0;
    while ((at += chance_exp(&s->chance, gap)) <= stop && partition->records_n < RECORDS_MAX - 2) {
        record_make(s, p, partition->records_n, (int64_t)at);
        record_write(s, p, partition->records_n++);
    }
    /* A sleeper wakes, long after its lists are gone. */
    if ((!idle && !gone) || s->theme == THEME_EXPIRY) records_close(s, p);
}

/* Every third one weighs nothing in the other configuration. */
bool sim_weighs(int configuration, int64_t offset) { return configuration == 0 || offset % 3 != 0; }

/* A few lines of its own. */
static void recount(struct sim_partition *partition, int configuration) {
    int64_t log_time_ms = INT64_MIN;
    for (int64_t offset = 0; offset < partition->records_n; offset++) {
        const struct sim_record *rec = &partition->records[offset];
        if (!rec->exists) continue;
        bool sealed = log_time_ms != INT64_MIN && (rec->minute + 1) * 60000 + 6 * UNIT_MS <= log_time_ms;
        bool late = sealed || rec->minute <= partition->closed_before_it;
        bool future = rec->minute > rec->time_ms / 60000 + 1;
        partition->accepted[configuration][0][offset] = !late && !future && sim_weighs(configuration, offset);
        if (rec->time_ms > log_time_ms) log_time_ms = rec->time_ms;
    }
}

void sim_recount(struct sim *s, int p) {
    for (int c = 0; c < CONFIGURATIONS; c++) recount(&s->partitions[p], c);
    if (s->with_ids) sim_recount_ids(s, p);
}

void sim_log_fill(struct sim *s) {
    /* This partition, if it exists, stops early and never seals. */
    int idle = (int)chance_below(&s->chance, (uint64_t)s->partitions_n * 3);
    if (s->theme == THEME_EXPIRY) idle %= s->partitions_n;
    for (int p = 0; p < s->partitions_n; p++) {
        s->partitions[p].closed_before_it = joins_later(s, p) ? INT64_MAX : INT64_MIN; /* nothing before it joins */
        partition_fill(s, p, p == idle);
        s->partitions[p].epochs[s->partitions[p].epochs_n++] = (struct sim_epoch){0, TIME_NEVER};
        sim_recount(s, p);
    }
}

bool sim_is_away(const struct sim *s) { return s->now_ms >= s->leaving.away_ms && s->now_ms < s->leaving.back_ms; }

bool sim_is_there(const struct sim *s, int p) {
    return !sim_is_last(s, p) || (s->now_ms >= s->joining.added_ms && !sim_is_away(s));
}

int64_t sim_log_end(const struct sim *s, int p) {
    const struct sim_partition *partition = &s->partitions[p];
    int64_t end = 0;
    while (end < partition->records_n && partition->records[end].appended_ms <= s->now_ms) end++;
    return end;
}

/* The largest record time below END. */
int64_t sim_log_time(const struct sim *s, int p, int64_t end) {
    int64_t log_time_ms = TIME_NEVER;
    for (int64_t offset = 0; offset < end; offset++) {
        const struct sim_record *rec = &s->partitions[p].records[offset];
        if (rec->exists && rec->time_ms > log_time_ms) log_time_ms = rec->time_ms;
    }
    return log_time_ms;
}
