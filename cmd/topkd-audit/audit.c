/* topkd-audit/audit.c - the steps of one audit: check Redis, read the log, wait for the workers, compare, conclude. */
#include "audit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "compare.h"
#include "report.h"

/* What an audit holds, in the order in which it comes to be. */
struct audit {
    const struct config *config;
    const struct options *options;
    struct progress progress;
    struct kafka_log *log;
    struct recount recount;
    struct reading reading;
    redisContext *link;
    struct served served;
    struct arrived arrived;
    struct plan plan;
    int64_t read_ms, compare_ms;
};

static void audit_deinit(struct audit *a) {
    plan_deinit(&a->plan);
    if (a->link != NULL) redisFree(a->link);
    reading_deinit(&a->reading);
    recount_deinit(&a->recount);
    kafka_log_close(a->log);
}

static int audit_read_log(struct audit *a, struct err *e) {
    size_t n;
    int64_t started_ms = clock_mono_ms(&clock_system);
    int status = kafka_log_open(a->config, &a->log, e);
    if (status != 0) return status;
    struct span *spans = kafka_log_spans(a->log, &n);
    status = options_apply_offsets(a->options, spans, n, e);
    recount_init(&a->recount, a->config, a->options->from, a->options->to);
    a->reading.progress = &a->progress;
    if (status == 0) status = reading_run(&a->reading, a->log, &a->recount, e);
    a->read_ms = clock_mono_ms(&clock_system) - started_ms;
    return status;
}

static int audit_wait(struct audit *a, struct err *e) {
    const struct arrival arrival = {.config = a->config,
                                    .log = a->log,
                                    .reading = &a->reading,
                                    .tally = &a->recount.tally,
                                    .served = &a->served,
                                    .from = a->options->from,
                                    .to = a->options->to,
                                    .open_is_fine = a->options->allow_open,
                                    .progress = &a->progress};
    return arrive_wait(&arrival, a->options->wait_ms, &a->arrived, e);
}

struct comparing {
    struct comparer comparer;
    struct plan *plan;
};

static void comparing_one(void *self, size_t i, const struct served_list *list) {
    struct comparing *c = self;
    compare_list(&c->comparer, &c->plan->entries[i], list);
}

static int audit_compare(struct audit *a, struct err *e) {
    struct comparing c = {.plan = &a->plan};
    int64_t started_ms = clock_mono_ms(&clock_system);
    int status = plan_make(&a->plan, &a->recount.tally, &a->served, a->options->from, a->options->to, e);
    if (status != 0) return status;
    struct list_name *names = mem_zalloc(a->plan.n + 1, sizeof *names);
    for (size_t i = 0; i < a->plan.n; i++)
        names[i] =
            (struct list_name){names_get(&a->plan.locations, a->plan.entries[i].location), a->plan.entries[i].minute};
    comparer_init(&c.comparer, &a->recount.tally, a->config->k);
    status = served_lists(&a->served, names, a->plan.n, comparing_one, &c, e);
    comparer_deinit(&c.comparer);
    mem_free(names);
    a->compare_ms = clock_mono_ms(&clock_system) - started_ms;
    return status;
}

/* What the log has grown by is asked last: a list can only hold what was written before it was read. */
static int audit_conclude(struct audit *a, struct buf *out, struct err *e) {
    struct summary summary;
    struct faults faults;
    int64_t *ends = mem_zalloc(a->reading.n + 1, sizeof *ends);
    int status = kafka_log_ends_now(a->log, ends, e);
    const struct summary_input in = {.options = a->options,
                                     .config = a->config,
                                     .reading = &a->reading,
                                     .arrived = &a->arrived,
                                     .plan = &a->plan,
                                     .settled_until = reading_settled_until(&a->reading, a->config, ends),
                                     .wall_ms = clock_wall_ms(&clock_system)};
    mem_free(ends);
    if (status != 0) return status;
    summary_make(&summary, &in);
    faults_make(&faults, &in);
    const struct report report = {&in, &summary, &a->recount, &faults, a->read_ms, a->compare_ms};
    if (a->options->json)
        report_json(&report, out);
    else
        report_table(&report, out);
    status = summary_is_good(&summary) ? 0 : err_set(e, ERR_REFUSED, "the verdict is not good");
    faults_deinit(&faults);
    summary_deinit(&summary);
    return status;
}

/* Before the log is read, which may take minutes: too long for an idle connection, and for learning of a wrong URL. */
static int audit_check_redis(const struct config *c, struct err *e) {
    redisContext *link;
    int status = redis_link_open(c->redis, &link, e);
    if (status == 0) redisFree(link);
    return status;
}

int audit_run(const struct config *c, const struct options *o, struct buf *out, struct err *e) {
    struct audit a = {.config = c, .options = o};
    progress_init(&a.progress, &clock_system, stderr, isatty(STDERR_FILENO) == 1);
    int status = audit_check_redis(c, e);
    if (status == 0) status = audit_read_log(&a, e);
    if (status == 0) status = redis_link_open(c->redis, &a.link, e);
    a.served = (struct served){a.link, c->board};
    if (status == 0) status = audit_wait(&a, e);
    if (status == 0) status = audit_compare(&a, e);
    if (status == 0) status = audit_conclude(&a, out, e);
    audit_deinit(&a);
    return status;
}
