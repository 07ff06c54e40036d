/* model/replay.h - the crash test in miniature: one partition, whose readers die and are continued.
 *
 * What is published is a pure function of the log, whoever dies when. A first reader reads a log to its end, and every
 * copy that it hands out is kept. Then others read the same log, are killed, and successors begin at the last commit.
 * Each of their copies must be, byte for byte, what the first one said up to the same offset. No final copy that was
 * not settled may be missing. Sketches are tiny beside what they count, so that they overflow and their random
 * admission is part of what must repeat. Of some logs the ids of events matter: all that a reader knows of them has to
 * be read again, too. */
#ifndef TOPKD_TESTS_MODEL_REPLAY_H
#define TOPKD_TESTS_MODEL_REPLAY_H

#include <stdbool.h>

enum { REPLAY_CASES = 5, REPLAY_LOGS = 6, REPLAY_BAD_TEXT = 160 };

/* What case NUMBER claims of each of its REPLAY_LOGS logs. */
const char *replay_claim(int number);
/* True if it holds of log LOG, else BAD says what was wrong. */
bool replay_run(int number, int log, char bad[REPLAY_BAD_TEXT]);

#endif
