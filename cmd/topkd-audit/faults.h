/* topkd-audit/faults.h - the lists that count against the verdict, the worst first.   Threads: one owner. */
#ifndef TOPKD_AUDIT_FAULTS_H
#define TOPKD_AUDIT_FAULTS_H

#include "summary.h"

struct fault {
    const struct entry *entry; /* borrowed from the plan */
    enum fate fate;
};

struct faults {
    struct fault *list; /* owned; the larger found.off first, but what only its state speaks against last */
    size_t n;
};

void faults_make(struct faults *f, const struct summary_input *in);
void faults_deinit(struct faults *f); /* zero-initialised is empty */
/* One line of text: what is wrong with it. */
void fault_write(const struct fault *f, struct buf *out);

#endif
