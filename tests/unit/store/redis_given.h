/* unit/store/redis_given.h - a word for the tests on a real Redis: what a command answers.   Threads: one. */
#ifndef TOPKD_UNIT_STORE_REDIS_GIVEN_H
#define TOPKD_UNIT_STORE_REDIS_GIVEN_H

#include "support/redis_server.h"

/* COMMAND is answered with the text, or the number, WANT; "nil": with nothing. */
void expect_answer(const struct redis_server *server, const char *want, const char *command);

#endif
