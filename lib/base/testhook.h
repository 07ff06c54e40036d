/* base/testhook.h - three doors that only a test build has (-DTOPKD_TESTHOOKS=1). In the product they are nothing.
 *   RULE(number, name)          A clause of the delivery rules (protocol/RULES.md). It is on unless the property test
 *                               switched it off, to see a check fail.
 *   FAULT(name)                 A named point. TOPKD_FAULT="name:kill|stop|hit[:nth]" (separated by commas) makes the
 *                               process kill or stop itself there.
 *   TOPKD_TEST_CODE_PATH=NAME   The hot code runs as on a lesser processor. */
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
