/* protocol/text.h - numbers in the texts of commits and rows: decimal, or '-' and '+' for the infinities.
 * Threads: any; no state. */
#ifndef TOPKD_PROTOCOL_TEXT_H
#define TOPKD_PROTOCOL_TEXT_H

#include "base/base.h"

enum { NUMBER_TEXT_BYTES = 24 };

/* V as text, in OUT or constant. */
const char *number_text(int64_t v, char out[NUMBER_TEXT_BYTES]);
/* Reads the field up to SEP (0: up to the end of the text) and moves *P behind it. False: there is none. */
bool number_read(const char **p, char sep, int64_t *v) MUST_CHECK;

#endif
