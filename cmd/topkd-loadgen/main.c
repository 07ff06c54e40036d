/* topkd-loadgen/main.c - traffic for topkd: options, a sink, a batcher, the drive; then the summary. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "drive.h"

enum { EXIT_DONE = 0, EXIT_UNACKNOWLEDGED = 1, EXIT_OPTIONS = 2 };

volatile sig_atomic_t stop_signals;

static void on_signal(int number) {
    (void)number;
    stop_signals = stop_signals + 1;
}

static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void write_out(struct buf *b, FILE *to) {
    fwrite(b->data, 1, b->len, to);
    fflush(to);
    buf_free(b);
}

/* batch_wait_ms in the clock of the events, which a paced replay of history runs fast. */
static int64_t batch_wait(const struct options *o) {
    if (o->replay == NULL || o->shift_now) return o->batch_wait_ms;
    return o->pace > 0 ? (int64_t)((double)o->batch_wait_ms * o->pace) : INT64_MAX / 2;
}

static struct batcher_config batcher_settings(const struct options *o) {
    bool side_by_side = o->replay == NULL && o->key == KEY_LOCATION && o->batch > 1;
    return (struct batcher_config){.events = o->batch,
                                   .slots = side_by_side ? o->traffic.locations : 1,
                                   .wait_ms = batch_wait(o),
                                   .shape = o->shape == SHAPE_ARRAY ? BATCH_ARRAY : BATCH_LINES,
                                   .random_keys = o->key == KEY_RANDOM,
                                   .seed = ~o->traffic.seed};
}

static void report(const struct options *o, const struct totals *totals, int64_t elapsed_ms) {
    struct buf line = {0};
    totals_write(totals, elapsed_ms, o->json, &line);
    write_out(&line, o->dry_run ? stderr : stdout);
}

static int run(const struct options *o, struct sink *sink, struct totals *totals, struct err *e) {
    const struct clock *clock = &clock_system;
    struct batcher_config settings = batcher_settings(o);
    struct drive d = {.o = o, .clock = clock, .sink = sink, .totals = totals, .started_ms = clock_mono_ms(clock)};
    d.deadline_ms = o->seconds > 0 ? d.started_ms + (int64_t)o->seconds * 1000 : INT64_MAX;
    d.batcher = batcher_create(&settings, sink->outlet);
    int rc = 0;
    if (o->replay != NULL)
        rc = drive_replay(&d, e);
    else
        drive_traffic(&d);
    sink->finish(sink->outlet.self, o->flush_timeout_ms);
    report(o, totals, clock_mono_ms(clock) - d.started_ms);
    batcher_destroy(d.batcher);
    if (rc == 0 && sink->failed(sink->outlet.self)) rc = ERR_IO;
    return rc;
}

static int fail(int rc, const struct err *e) {
    if (e->code != ERR_OK) log_event(LOG_ERROR, "loadgen_failed", "reason=%s", log_quote(e->text));
    return rc == ERR_INVALID ? EXIT_OPTIONS : EXIT_UNACKNOWLEDGED;
}

static int load(const struct options *o) {
    struct totals totals = {0};
    struct sink sink;
    struct err e = {0};
    log_set_level(o->config->log_level);
    catch_signals();
    int rc = o->dry_run ? sink_print_open(&totals, &sink) : sink_kafka_open(o, &totals, &sink, &e);
    if (rc != 0) return fail(rc, &e);
    rc = run(o, &sink, &totals, &e);
    sink.close(sink.outlet.self);
    if (rc != 0) return fail(rc, &e);
    return totals_complete(&totals) ? EXIT_DONE : EXIT_UNACKNOWLEDGED;
}

int main(int argc, char **argv) {
    struct options o;
    struct buf text = {0};
    int rc = options_parse(argc, argv, &o, &text);
    if (rc != 0) {
        write_out(&text, stderr);
        rc = EXIT_OPTIONS;
    } else if (o.help) {
        options_write_help(&text);
        write_out(&text, stdout);
    } else
        rc = load(&o);
    options_deinit(&o);
    return rc;
}
