/* base/err.c - an error's text is cut to its room and kept on one line. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

int err_set(struct err *e, int code, const char *fmt, ...) {
    if (e == NULL) return code;
    e->code = code;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    for (char *c = e->text; *c; c++)
        if (*c == '\n' || *c == '\r') *c = ' '; /* texts of libraries and servers may hold line ends */
    return code;
}
