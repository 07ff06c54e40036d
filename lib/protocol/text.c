/* protocol/text.c - numbers in the texts of commits and rows. */
#include "protocol/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char *number_text(int64_t v, char out[NUMBER_TEXT_BYTES]) {
    if (v == INT64_MIN) return "-";
    if (v == INT64_MAX) return "+";
    snprintf(out, NUMBER_TEXT_BYTES, "%" PRId64, v);
    return out;
}

bool number_read(const char **p, char sep, int64_t *v) {
    char *end;
    if ((**p == '-' || **p == '+') && (*p)[1] == sep) {
        *v = **p == '-' ? INT64_MIN : INT64_MAX;
        *p += sep == 0 ? 1 : 2;
        return true;
    }
    errno = 0;
    long long n = strtoll(*p, &end, 10);
    if (errno != 0 || end == *p || *end != sep) return false;
    *v = n;
    *p = sep == 0 ? end : end + 1;
    return true;
}
