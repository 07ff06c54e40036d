/* config/problems.h - what is wrong with the settings, a line each.   Threads: caller's storage. */
#ifndef TOPKD_CONFIG_PROBLEMS_H
#define TOPKD_CONFIG_PROBLEMS_H

#include "base/buf.h"

#define SETTING_PREFIX "TOPKD_"

/* Adds `TOPKD_<NAME>: expected EXPECTED, got GOT: REMEDY`. NAME is without the prefix; REMEDY says what to do. */
void problem_add(struct buf *problems, const char *name, const char *expected, const char *got, const char *remedy);

#endif
