/* topkd/judge_show.h - texts that came from outside, safe for a terminal: printable ASCII, on one line, not too long.
 * Threads: any. */
#ifndef TOPKD_JUDGE_SHOW_H
#define TOPKD_JUDGE_SHOW_H

#include "base/base.h"
#include "base/buf.h"

enum { JUDGE_SHOWN_BYTES_MAX = 60 }; /* of one value; what is longer is cut, and it is said how long it is */

/* As it is, but other bytes than printable ASCII as \xNN: JSON keeps its own quotes. */
void judge_show_raw(struct buf *out, struct bytes text);
/* For key=value: as it is, or in quotes if it holds a blank, a quote, '=' or something that is not printable. */
void judge_show_word(struct buf *out, struct bytes text);
/* In quotes. */
void judge_show_text(struct buf *out, struct bytes text);

#endif
