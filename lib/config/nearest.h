/* config/nearest.h - the name that somebody may have meant. */
#ifndef TOPKD_CONFIG_NEAREST_H
#define TOPKD_CONFIG_NEAREST_H

/* The setting (without prefix) whose name is nearest to NAME by edits; NULL if none is near. Static text. */
const char *setting_nearest(const char *name);

#endif
