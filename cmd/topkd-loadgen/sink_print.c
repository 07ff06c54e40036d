/* topkd-loadgen/sink_print.c - prints the messages to standard output, one a line. */
#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "sink.h"

struct sink_print {
    struct totals *totals;
    bool failed;
};

static void print_send(void *self, const struct message *m) {
    struct sink_print *s = self;
    s->totals->sent_messages++;
    s->totals->sent_events += tally_events(&m->tally);
    if (m->value.n > 0) fwrite(m->value.p, 1, m->value.n, stdout);
    putc('\n', stdout);
    totals_acknowledge(s->totals, &m->tally, m->value.n + m->key.n);
}

static void print_wait(void *self, int64_t ms) {
    (void)self;
    struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    if (ms > 0) nanosleep(&ts, NULL);
}

static void print_finish(void *self, int64_t timeout_ms) {
    struct sink_print *s = self;
    (void)timeout_ms;
    if (fflush(stdout) == 0 && !ferror(stdout)) return;
    log_event(LOG_ERROR, "loadgen_failed", "reason=\"cannot write to stdout\"");
    s->totals->sent_messages++; /* nobody knows what was lost, so the run is never complete */
    s->failed = true;
}

static bool print_failed(const void *self) { return ((const struct sink_print *)self)->failed || ferror(stdout); }

int sink_print_open(struct totals *totals, struct sink *out) {
    struct sink_print *s = mem_zalloc(1, sizeof *s);
    s->totals = totals;
    *out = (struct sink){{print_send, s}, print_wait, print_finish, print_failed, mem_free, 1};
    return 0;
}
