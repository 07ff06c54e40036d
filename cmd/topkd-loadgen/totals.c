/* topkd-loadgen/totals.c - adds up tallies and writes the summary. */
#include "totals.h"

uint64_t tally_events(const struct tally *t) {
    uint64_t n = 0;
    for (unsigned o = 0; o < EVENT_OUTCOMES; o++) n += t->outcomes[o];
    return n;
}

void totals_acknowledge(struct totals *t, const struct tally *tally, size_t bytes) {
    t->messages++;
    t->bytes += bytes;
    t->copies += tally->copies;
    t->events += tally_events(tally);
    for (unsigned o = 0; o < EVENT_OUTCOMES; o++) t->outcomes[o] += tally->outcomes[o];
}

static void count_add(struct buf *out, bool json, const char *name, uint64_t v) {
    buf_addf(out, json ? ",\"%s\":%llu" : " %s=%llu", name, (unsigned long long)v);
}

void totals_write(const struct totals *t, int64_t elapsed_ms, bool json, struct buf *out) {
    double seconds = (double)(elapsed_ms > 0 ? elapsed_ms : 1) / 1000;
    buf_add_str(out, json ? "{\"event\":\"loadgen_finished\"" : "event=loadgen_finished");
    count_add(out, json, "messages", t->messages);
    count_add(out, json, "events", t->events);
    for (unsigned o = 0; o < EVENT_OUTCOMES; o++)
        count_add(out, json, event_outcome_name((enum event_outcome)o), t->outcomes[o]);
    count_add(out, json, "duplicates", t->copies);
    count_add(out, json, "bytes", t->bytes);
    count_add(out, json, "unacknowledged_messages", t->sent_messages - t->messages);
    count_add(out, json, "unacknowledged_events", t->sent_events - t->events);
    buf_addf(out, json ? ",\"seconds\":%.3f,\"rate\":%.0f}\n" : " seconds=%.3f rate=%.0f\n", seconds,
             (double)t->events / seconds);
}
