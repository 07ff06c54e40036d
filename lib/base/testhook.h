/* base/testhook.h - three doors that only a test build has (-DTOPKD_TESTHOOKS=1); in the product they are nothing.
 * RULE(number, name): a clause of the delivery rules (protocol/RULES.md), on unless the property test switched it off to see the check fail.
 * FAULT(name): a named point at which TOPKD_FAULT="name:kill|stop|hit[:nth]" (comma list) makes the process kill or
 * stop itself.
 * TOPKD_TEST_CODE_PATH=NAME: the hot code runs as on a lesser processor. */
#ifndef TOPKD_BASE_TESTHOOK_H
#define TOPKD_BASE_TESTHOOK_H

#include "base/base.h"

#ifdef TOPKD_TESTHOOKS
bool rule_on(const char *name);
void rule_switch_off(const char *name); /* NULL: all on again */
void fault_point(const char *name);     /* logs `event=fault_hit point=<name>` before it acts */
void fault_reload(void);                /* reads TOPKD_FAULT anew: for a child that was forked by a test */
const char *code_path_wanted(void);     /* NULL: the best that there is */
#define RULE(number, name) rule_on(#name)
#define FAULT(name)        fault_point(#name)
#else
#define RULE(number, name) true
#define FAULT(name)        ((void)0)
#endif

#endif
