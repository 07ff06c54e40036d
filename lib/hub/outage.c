#include "hub/outage.h"

#include <stdio.h>
#include <string.h>

bool outage_says(struct outage *o, const char *why) {
    int same = (int)strcspn(why, "(");
    bool news = !o->on || strncmp(o->said, why, (size_t)same) != 0 || o->said[same] != '\0';
    if (news) snprintf(o->said, sizeof o->said, "%.*s", same, why);
    o->on = true;
    return news;
}

void outage_ends(struct outage *o) { o->on = false; }
