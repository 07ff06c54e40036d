/* topkd-audit/rejects.h - events that do not count, told where they outweigh those that do.
 * A person hears which setting to look at, and sees one of the events.   Pure. */
#ifndef TOPKD_AUDIT_REJECTS_H
#define TOPKD_AUDIT_REJECTS_H

#include "recount.h"

/* Is there a cause to look at the settings: more events rejected than applied, or none applied at all? Tombstones,
 * weightless events and duplicates are as their producer means them, unless there is nothing else. */
bool rejects_outweigh(const struct recount *r);
/* The outcome of most events that do not count. Only where rejects_outweigh says so. */
enum outcome rejects_largest(const struct recount *r);
/* What to look at for O: settings, or a sentence. Never NULL; "" for APPLIED. */
const char *rejects_look_at(enum outcome o);

#endif
