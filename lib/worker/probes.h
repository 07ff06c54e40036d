/* worker/probes.h - what /healthz, /readyz and /metrics ask of a worker, answered from what its threads tell the hub.
 * A probe that says no fills WHY.
 * Threads: any.   Ownership: borrows the hub. */
#ifndef TOPKD_WORKER_PROBES_H
#define TOPKD_WORKER_PROBES_H

#include "hub/hub.h"
#include "source/kafka.h"

/* Does every consumer's loop turn? */
bool probe_turns(struct hub *h, char why[WHY_MAX]);
/* Is every consumer in the group, and nothing wrong with Kafka? */
bool probe_group(struct hub *h, struct kafka_shared *kafka, char why[WHY_MAX]);
/* Is Redis there, and every partition at its frontier, and does work get done? */
bool probe_work(struct hub *h, char why[WHY_MAX]);
/* Refreshes the gauges of the whole process. */
void probe_show(struct hub *h);

#endif
