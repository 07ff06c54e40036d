/* unit/audit/check_audit_reports.c - every reader of messages makes the same of the cases in tests/data/reports.json.
 * A reader is a row of READERS: a function that reads one message and says what its events are. */
#include <check.h>

#include "decode/decoder.h"
#include "reports.h"
#include "topkd-audit/decode.h"

static void audit_says(void *said, const struct judgement *j) {
    const struct report_event event = {.outcome = outcome_name(j->outcome),
                                       .item = j->item,
                                       .location = j->location,
                                       .id = j->id,
                                       .time_ms = j->time_ms,
                                       .weight = j->weight,
                                       .is_judged = j->outcome == OUTCOME_APPLIED || j->outcome == OUTCOME_WEIGHTLESS,
                                       .tells_id = true};
    report_say(said, &event);
}

static void audit_reads(const struct report *r, json_t *said) {
    const struct record record = {.time_ms = r->record_ms,
                                  .value = report_bytes_of(&r->value),
                                  .key = report_bytes_of(&r->key),
                                  .topic = r->topic,
                                  .header = report_header,
                                  .from = r};
    struct decode_rules *rules = decode_rules_create(r->config);
    decode_message(rules, &record, audit_says, said);
    decode_rules_destroy(rules);
}

/* It keeps of an id no more than a hash. */
static void worker_says(json_t *said, const struct event *ev) {
    const struct report_event event = {.outcome = event_outcome_name(ev->outcome),
                                       .item = ev->item,
                                       .location = ev->location,
                                       .time_ms = ev->time_ms,
                                       .weight = ev->weight,
                                       .is_judged = ev->outcome == EVENT_APPLIED || ev->outcome == EVENT_WEIGHTLESS};
    report_say(said, &event);
}

static struct bytes worker_header(void *self, const char *name) { return report_header(self, name); }

static void worker_reads(const struct report *r, json_t *said) {
    const struct message message = {.value = report_bytes_of(&r->value),
                                    .key = report_bytes_of(&r->key),
                                    .topic = r->topic,
                                    .time_ms = r->record_ms,
                                    .header = worker_header,
                                    .self = (void *)r};
    const struct event_rules rules = config_event_rules(r->config);
    struct event_batch batch;
    event_batch_init(&batch);
    time_zone_enter(&r->config->zone);
    struct decoder *decoder = decoder_create(&rules);
    decoder_decode(decoder, &message, &batch);
    for (size_t i = 0; i < batch.n; i++) worker_says(said, &batch.events[i]);
    decoder_destroy(decoder);
    event_batch_deinit(&batch);
}

static const struct report_reader READERS[] = {{"the audit", audit_reads}, {"the worker", worker_reads}};

START_TEST(a_reader_makes_of_every_case_what_it_wants) { reports_expect(&READERS[_i]); }
END_TEST

Suite *audit_reports_suite(void);
Suite *audit_reports_suite(void) {
    Suite *s = suite_create("audit_reports");
    TCase *c = tcase_create("readers");
    tcase_add_loop_test(c, a_reader_makes_of_every_case_what_it_wants, 0, ARRAY_LEN(READERS));
    suite_add_tcase(s, c);
    return s;
}
