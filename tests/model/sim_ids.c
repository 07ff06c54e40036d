/* model/sim_ids.c - records that say again what another one said, and the recount of these.
 *
 * It is a list of sightings, and shares no code with lib/ on purpose. All that it has to be told is where sightings
 * begin anew, and by which log time. */
#include "model/sim.h"

int64_t sim_id_draw(struct sim *s, int p, int64_t offset) {
    int64_t back = 1 + (int64_t)chance_below(&s->by_ids, 12);
    double luck = chance_real(&s->by_ids);
    if (luck < .05) return -1;
    return luck < .4 && back <= offset ? s->partitions[p].records[offset - back].id : offset;
}

struct sighting {
    int64_t id, second;
};

/* One reading from where an epoch begins. */
struct reading {
    const struct sim *sim;
    struct sim_partition *partition;
    int configuration, epoch;
    int64_t log_time_ms; /* before the record; TIME_NEVER: none */
    struct sighting seen[RECORDS_MAX];
    size_t seen_n;
};

static bool was_seen(const struct reading *r, const struct sighting *now) {
    for (size_t i = r->seen_n; i > 0 && r->seen_n - i < r->sim->ids_max; i--)
        if (r->seen[i - 1].id == now->id && now->second - r->seen[i - 1].second < SIM_DEDUP_MS / 1000) return true;
    return false;
}

/* What is late only because it was closed without the partition is seen, and does not count. */
static bool record_counts(struct reading *r, int64_t offset) {
    const struct sim_record *rec = &r->partition->records[offset];
    int64_t behind_ms = rec->time_ms > r->log_time_ms ? rec->time_ms : r->log_time_ms;
    bool sealed = r->log_time_ms != TIME_NEVER && (rec->minute + 1) * 60000 + 6 * UNIT_MS <= r->log_time_ms;
    bool future = rec->minute > rec->time_ms / 60000 + 1;
    struct sighting now = {rec->id, behind_ms / 1000};
    if (sealed || future || !sim_weighs(r->configuration, offset)) return false;
    bool again = rec->id >= 0 && was_seen(r, &now);
    if (rec->id >= 0) r->seen[r->seen_n++] = now;
    return !again && rec->minute > r->partition->closed_before_it;
}

static void read_on(struct reading *r, int64_t from) {
    bool *accepted = r->partition->accepted[r->configuration][r->epoch];
    for (int64_t offset = from; offset < r->partition->records_n; offset++) {
        const struct sim_record *rec = &r->partition->records[offset];
        if (!rec->exists) continue;
        accepted[offset] = record_counts(r, offset);
        if (rec->time_ms > r->log_time_ms) r->log_time_ms = rec->time_ms;
    }
}

static void recount_epoch(const struct sim *s, struct sim_partition *partition, int configuration, int epoch) {
    static struct reading r;
    const struct sim_epoch *e = &partition->epochs[epoch];
    bool(*accepted)[RECORDS_MAX] = partition->accepted[configuration];
    r = (struct reading){s, partition, configuration, epoch, e->log_time_ms, {{0, 0}}, 0};
    for (int64_t offset = 0; offset < e->from; offset++) accepted[epoch][offset] = accepted[epoch - 1][offset];
    read_on(&r, e->from);
}

void sim_recount_ids(struct sim *s, int p) {
    struct sim_partition *partition = &s->partitions[p];
    for (int c = 0; c < CONFIGURATIONS; c++)
        for (int epoch = 0; epoch < partition->epochs_n; epoch++) recount_epoch(s, partition, c, epoch);
}

/* With the log time of what is read from there. */
void sim_epoch_begin(struct sim *s, int p, int64_t from, int64_t log_time_ms) {
    struct sim_partition *partition = &s->partitions[p];
    if (!s->with_ids) return;
    if (partition->epochs_n == EPOCHS_MAX) {
        sim_fail(s, "more epochs than this world can hold");
        return;
    }
    partition->epochs[partition->epochs_n++] = (struct sim_epoch){i64_larger(from, partition->start), log_time_ms};
    sim_recount_ids(s, p);
}
