/* topkd/judge_options.h - the command line of `topkd judge`.   Threads: any. */
#ifndef TOPKD_JUDGE_OPTIONS_H
#define TOPKD_JUDGE_OPTIONS_H

#include "base/base.h"
#include "base/err.h"

enum { JUDGE_LAST_DEFAULT = 20 };

struct judge_options {
    const char *topic; /* NULL: events come from standard input */
    uint32_t last;     /* how many records of the topic */
    bool whole;        /* the input is one message */
    bool suggest;
    bool help;
};

extern const char *const judge_usage; /* the command line */
extern const char *const judge_help;  /* what it does, its options and its exit status */

/* ARGV[0] is "judge". 0, or ERR_INVALID with what to do. */
int judge_options_parse(int argc, char **argv, struct judge_options *o, struct err *e) MUST_CHECK;

#endif
