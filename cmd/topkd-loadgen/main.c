/* topkd-loadgen/main.c - traffic for topkd: options, a sink, a batcher and the drive, then the summary. */
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

static void signals_catch(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void text_write(struct buf *b, FILE *to) {
    fwrite(b->data, 1, b->len, to);
    fflush(to);
    buf_free(b);
}

/* batch_wait_ms by the clock of the events, which runs fast in a paced replay of history. */
static int64_t batch_wait_ms_of(const struct options *o) {
    if (o->replay == NULL || o->shift_now) return o->batch_wait_ms;
    return o->pace > 0 ? (int64_t)((double)o->batch_wait_ms * o->pace) : INT64_MAX / 2;
}

static struct batcher_config batcher_config_of(const struct options *o) {
    bool side_by_side = o->replay == NULL && o->key == KEY_LOCATION && o->batch > 1;
    return (struct batcher_config){.events = o->batch,
                                   .slots = side_by_side ? o->traffic.locations : 1,
                                   .wait_ms = batch_wait_ms_of(o),
                                   .shape = o->shape == SHAPE_ARRAY ? BATCH_ARRAY : BATCH_LINES,
                                   .random_keys = o->key == KEY_RANDOM,
                                   .seed = ~o->traffic.seed};
}

static void totals_report(const struct options *o, const struct totals *totals, int64_t elapsed_ms) {
    struct buf line = {0};
    totals_write(totals, elapsed_ms, o->json, &line);
    text_write(&line, o->dry_run ? stderr : stdout);
}

static int load_run(const struct options *o, struct sink *sink, struct totals *totals, struct err *e) {
    const struct clock *clock = &clock_system;
    struct batcher_config settings = batcher_config_of(o);
    struct drive d = {.options = o, .clock = clock, .sink = sink, .totals = totals, .started_ms = clock_mono_ms(clock)};
    d.deadline_ms = o->seconds > 0 ? d.started_ms + (int64_t)o->seconds * 1000 : INT64_MAX;
    d.batcher = batcher_create(&settings, sink->outlet);
    int status = 0;
    if (o->replay != NULL)
        status = drive_replay(&d, e);
    else
        drive_traffic(&d);
    sink->finish(sink->outlet.self, o->flush_timeout_ms);
    totals_report(o, totals, clock_mono_ms(clock) - d.started_ms);
    batcher_destroy(d.batcher);
    if (status == 0 && sink->failed(sink->outlet.self)) status = ERR_IO;
    return status;
}

static int failure_report(int status, const struct err *e) {
    if (e->code != ERR_OK) log_event(LOG_ERROR, "loadgen_failed", "reason=%s", log_quote(e->text));
    return status == ERR_INVALID ? EXIT_OPTIONS : EXIT_UNACKNOWLEDGED;
}

static int load_main(const struct options *o) {
    struct totals totals = {0};
    struct sink sink;
    struct err e = {0};
    log_set_level(o->config->log_level);
    signals_catch();
    int status = o->dry_run ? sink_print_open(&totals, &sink) : sink_kafka_open(o, &totals, &sink, &e);
    if (status != 0) return failure_report(status, &e);
    status = load_run(o, &sink, &totals, &e);
    sink.close(sink.outlet.self);
    if (status != 0) return failure_report(status, &e);
    return totals_complete(&totals) ? EXIT_DONE : EXIT_UNACKNOWLEDGED;
}

int main(int argc, char **argv) {
    struct options o;
    struct buf text = {0};
    int status = options_parse(argc, argv, &o, &text);
    if (status != 0) {
        text_write(&text, stderr);
        status = EXIT_OPTIONS;
    } else if (o.help) {
        options_write_help(&text);
        text_write(&text, stdout);
    } else
        status = load_main(&o);
    options_deinit(&o);
    return status;
}
