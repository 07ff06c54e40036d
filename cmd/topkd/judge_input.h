/* topkd/judge_input.h - the messages that are judged: lines of standard input, or the last records of a topic.
 * Threads: one owner. */
#ifndef TOPKD_JUDGE_INPUT_H
#define TOPKD_JUDGE_INPUT_H

#include <stdio.h>

#include "config/config.h"
#include "decode/decoder.h"
#include "judge_options.h"

enum { JUDGE_MESSAGE_BYTES_MAX = 64 << 20 }; /* no broker takes larger ones in practice */

struct judge_record {
    struct message message;
    /* Of header number I of the message's self; NULL behind the last. NULL: lines have neither keys nor headers. */
    const char *(*header_name)(void *self, size_t i);
    uint64_t line;     /* where it begins; 0: it is of a topic */
    int32_t partition; /* of a topic */
    int64_t offset;
    int64_t before_ms; /* largest time of the records of its partition that were read before it, or TIME_NEVER */
};

struct judge_input;

/* The topic is read here, lines are read one by one. IN is borrowed, and so are the others. 0, or an error with what to
 * do. */
int judge_input_open(const struct judge_options *o, const struct config *c, FILE *in, struct judge_input **out,
                     struct err *e) MUST_CHECK;
void judge_input_close(struct judge_input *input); /* NULL is allowed */

/* The next record, valid until the next call; of a topic: until the close. NULL: there is none, or *E says why. */
const struct judge_record *judge_input_next(struct judge_input *input, struct err *e);

#endif
