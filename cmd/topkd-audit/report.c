/* topkd-audit/report.c - what the table and the JSON share. */
#include "report.h"

const char *report_verdict_word(const struct report *r) {
    static const char *const words[] = {[VERDICT_EXACT] = "exact",
                                        [VERDICT_WITHIN_BOUNDS] = "within bounds",
                                        [VERDICT_DIFFERENT] = "different",
                                        [VERDICT_NOTHING] = "nothing to compare"};
    return words[r->summary->verdict];
}

size_t report_shown(const struct report *r) {
    return r->faults->n < r->in->options->show ? r->faults->n : r->in->options->show;
}
