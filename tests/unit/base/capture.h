/* unit/base/capture.h - what is written to stderr between begin and end. One at a time. */
#ifndef TOPKD_TESTS_UNIT_BASE_CAPTURE_H
#define TOPKD_TESTS_UNIT_BASE_CAPTURE_H

#include <stdio.h>

struct capture {
    FILE *file;
    int stderr_before;
    char text[16384]; /* after capture_end */
};

void capture_begin(struct capture *c);
const char *capture_end(struct capture *c); /* c->text */

#endif
