/* unit/worker/worker_given.c - a hub whose clocks, memory and partitions are what the test says. */
#include "worker_given.h"

#include <string.h>

#include <check.h>

#include "unit/config/given_env.h"

enum { PARTITIONS = 4 };

struct given_worker worker;

static int64_t read_mono(void *self) {
    struct given_worker *w = self;
    return w->mono_ms += w->look_ms;
}
static int64_t read_wall(void *self) { return ((struct given_worker *)self)->wall_ms; }

static uint64_t read_resident(void) { return worker.resident_bytes; }

static uint32_t read_partitions(void *self, uint32_t number) {
    return number == 0 ? ((struct given_worker *)self)->partitions : 0;
}

void given_hub(const char *const *entries) {
    memset(&worker, 0, sizeof worker);
    worker.config = must_load(entries);
    worker.metrics = metrics_create();
    worker.clock = (struct clock){read_wall, read_mono, &worker};
    worker.mono_ms = 1000000;
    worker.wall_ms = INT64_C(1795219680000);
    worker.partitions = PARTITIONS;
    worker.topics = (struct fake_topics){
        .names = worker.config->topics, .n = worker.config->topics_n, .partitions = read_partitions, .self = &worker};
    hub_init(&worker.hub, worker.config, &worker.clock, worker.metrics, fake_topics(&worker.topics));
    worker.hub.resident_bytes = read_resident;
}

void worker_gone(void) {
    hub_deinit(&worker.hub);
    metrics_destroy(worker.metrics);
    config_destroy(worker.config);
}
