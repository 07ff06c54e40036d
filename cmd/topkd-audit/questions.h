/* topkd-audit/questions.h - asks an event one question after the other; the first bad answer is its outcome.
 * The questions come in the order of the outcomes.   Threads: as decode.h. */
#ifndef TOPKD_AUDIT_QUESTIONS_H
#define TOPKD_AUDIT_QUESTIONS_H

#include "rules.h"
#include "value.h"

/* What the answers stand in. */
struct answers {
    struct value values[RULES];
};

/* The event at TOKENS, which came in RECORD. The texts of *J lie in *A until answers_deinit. */
void questions_ask(const struct decode_rules *r, const struct record *record, const struct tokens *tokens,
                   struct answers *a, struct judgement *j);
void answers_deinit(struct answers *a);

#endif
