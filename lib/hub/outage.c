/* hub/outage.c - what was told last, and whether this is the same. */
#include "hub/outage.h"

#include <stdio.h>
#include <string.h>

bool outage_is_news(struct outage *o, const char *why) {
    int cause = (int)strcspn(why, "(");
    bool news = !o->is_on || strncmp(o->told, why, (size_t)cause) != 0 || o->told[cause] != '\0';
    if (news) snprintf(o->told, sizeof o->told, "%.*s", cause, why);
    o->is_on = true;
    return news;
}

void outage_ends(struct outage *o) { o->is_on = false; }
