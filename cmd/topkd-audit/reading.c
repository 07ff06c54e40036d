/* topkd-audit/reading.c - gives each record to the recount, with the clock of its partition. */
#include "reading.h"

#include "base/clock.h"
#include "base/mem.h"
#include "moment.h"

enum { PROGRESS_RECORDS = 4096 }; /* so rarely is the clock looked at */

void reading_deinit(struct reading *r) {
    for (size_t i = 0; i < r->n; i++) track_deinit(&r->tracks[i]);
    mem_free(r->tracks);
    r->tracks = NULL;
}

/* Events of records that are gone may have had the ids of later ones: so long are duplicates not told from others. */
static int64_t reading_dedup_ms(const struct reading *r, size_t span) {
    const struct span *s = &r->spans[span];
    bool is_cut = s->low > 0 && s->start == s->low;
    return is_cut && r->recount->config->field_id[0] != '\0' ? r->recount->config->dedup_ms + 1000 : 0;
}

static void reading_cannot_know(struct reading *r, size_t span, int64_t log_time_ms) {
    /* A record that is gone may be up to a minute later than the next one, and its events later than that by FUTURE. */
    int64_t until = minute_of(log_time_ms + reading_dedup_ms(r, span) + r->recount->config->future_ms) + 1;
    if (until > r->unknowable_until) r->unknowable_until = until;
}

static void reading_progress(struct reading *r) {
    if (++r->records_read % PROGRESS_RECORDS == 0)
        progress_say(r->progress, "read %llu of about %llu messages", (unsigned long long)r->records_read,
                     (unsigned long long)r->records_all);
}

/* A partition that does not begin at offset 0 takes its clock from the record before, or from the first one if there is
 * none before. The workers do the same. */
static void reading_visit(void *self, size_t span, const struct record *rec) {
    struct reading *r = self;
    struct track *t = &r->tracks[span];
    bool counts = rec->offset >= r->spans[span].start;
    bool clock_unset = t->log_time_ms == INT64_MIN && r->spans[span].start > 0;
    if (!counts || clock_unset) {
        recount_clock_only(r->recount, t, rec);
        int64_t log_ms = t->log_time_ms != INT64_MIN ? t->log_time_ms : rec->time_ms;
        if (moment_in_range(log_ms)) reading_cannot_know(r, span, log_ms);
    }
    r->recount->origin = (struct origin){r->spans[span].topic, r->spans[span].partition, rec->offset};
    if (counts) recount_record(r->recount, t, rec);
    reading_progress(r);
}

int reading_run(struct reading *r, struct kafka_log *log, struct recount *recount, struct err *e) {
    r->recount = recount;
    r->spans = kafka_log_spans(log, &r->n);
    r->tracks = mem_zalloc(r->n, sizeof *r->tracks);
    r->unknowable_until = INT64_MIN;
    for (size_t i = 0; i < r->n; i++) {
        r->tracks[i].log_time_ms = INT64_MIN;
        bool all_gone = r->spans[i].start > 0 && r->spans[i].start >= r->spans[i].end;
        if (all_gone) reading_cannot_know(r, i, clock_wall_ms(&clock_system));
        if (r->spans[i].start < r->spans[i].end) r->records_all += (uint64_t)(r->spans[i].end - r->spans[i].start);
    }
    int status = kafka_log_read(log, reading_visit, r, e);
    progress_clear(r->progress);
    return status;
}

int64_t reading_settled_until(const struct reading *r, const struct config *c, const int64_t *ends_now) {
    int64_t until = INT64_MAX;
    for (size_t i = 0; i < r->n; i++) {
        int64_t sealed = recount_sealed(c, &r->tracks[i]);
        if (ends_now[i] > r->spans[i].end && sealed < until) until = sealed;
    }
    return until;
}
