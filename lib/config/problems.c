/* config/problems.c - writes a problem with the settings as a line. */
#include "config/problems.h"

void problem_add(struct buf *problems, const char *name, const char *expected, const char *got, const char *remedy) {
    buf_addf(problems, SETTING_PREFIX "%s: expected %s, got %s: %s\n", name, expected, got, remedy);
}
