/* topkd-loadgen/totals.h - what was sent, what of it was acknowledged, and the summary of a run. */
#ifndef TOPKD_LOADGEN_TOTALS_H
#define TOPKD_LOADGEN_TOTALS_H

#include "base/buf.h"
#include "loadgen/batcher.h"

struct totals {
    uint64_t sent_messages, sent_events;
    /* acknowledged */
    uint64_t messages, events, bytes, copies, outcomes[EVENT_OUTCOMES];
};

uint64_t tally_events(const struct tally *t);
void totals_acknowledge(struct totals *t, const struct tally *tally, size_t bytes);
static inline bool totals_complete(const struct totals *t) { return t->messages == t->sent_messages; }
/* One line, logfmt or JSON, with its line end. */
void totals_write(const struct totals *t, int64_t elapsed_ms, bool json, struct buf *out);

#endif
