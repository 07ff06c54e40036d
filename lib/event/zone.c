/* event/zone.c - zones: none, an offset, or a name. */
#include "event/zone.h"

#include <string.h>

int time_zone_parse(const char *text, struct time_zone *out, struct err *e) {
    *out = (struct time_zone){.kind = TIME_ZONE_OFFSET};
    if (strcmp(text, "UTC") != 0) return err_set(e, ERR_INVALID, "use UTC");
    memcpy(out->name, text, strlen(text) + 1);
    return 0;
}

void time_zone_enter(const struct time_zone *z) { (void)z; }

bool time_zone_to_utc(const struct time_zone *z, int64_t local_s, int64_t *unix_s) {
    if (z->kind == TIME_ZONE_REFUSED) return false;
    *unix_s = local_s - (int64_t)z->offset_min * 60;
    return true;
}
