/* consumer/consumer.h - one member of the group: polls, decodes, counts, copies at ticks, commits.
 * It never waits for Redis.
 * Threads: one, the consumer's own; it talks to others through the hub only.
 * Ownership: it owns its partitions outright; it borrows hub and source for its whole life.
 * Times: _mono_ms and _wall_ms are milliseconds of the hub's clock. */
#ifndef TOPKD_CONSUMER_CONSUMER_H
#define TOPKD_CONSUMER_CONSUMER_H

#include "hub/hub.h"
#include "partition/partition.h"
#include "source/source.h"

struct consumer;

/* NUMBER: its box in the hub. SOURCE: of nobody else. SKETCH_BYTES: its share of the memory for buckets. */
struct consumer *consumer_create(struct hub *hub, uint32_t number, struct source source, uint64_t sketch_bytes);
void consumer_destroy(struct consumer *c); /* NULL is allowed */

/* Poll for at most TIMEOUT_MS, apply what comes, do what is due. */
void consumer_step(struct consumer *c, int timeout_ms);
/* The last words: copy what is dirty, wait for the answers, commit. False if something could not be stored or committed
 * before DEADLINE_MONO_MS; nothing is lost then, the next owner rewinds. */
bool consumer_finish(struct consumer *c, int64_t deadline_mono_ms);

/* Look at every partition that runs here: for tests. PARTITION_NAME and V are valid during the call. */
typedef void consumer_visit(void *ctx, const char *partition_name, const struct partition_view *v);
void consumer_look(struct consumer *c, consumer_visit *visit, void *ctx);

#endif
