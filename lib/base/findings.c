/* base/findings.c - writes a finding and counts it. */
#include "base/findings.h"

#include <stdarg.h>

void findings_add(struct findings *f, enum finding kind, const char *about, const char *fmt, ...) {
    static const char *const names[] = {"ok", "warning", "problem"};
    va_list ap;
    f->warnings_n += kind == FINDING_WARNING;
    f->problems_n += kind == FINDING_PROBLEM;
    fprintf(f->out, "%-8s %-9s ", names[kind], about);
    va_start(ap, fmt);
    vfprintf(f->out, fmt, ap);
    va_end(ap);
    fputc('\n', f->out);
    fflush(f->out);
}
