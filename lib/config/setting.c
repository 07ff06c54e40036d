/* config/setting.c - config.def as an array. */
#include "config/setting.h"

#include "base/units.h"

const struct setting settings[SETTINGS] = {
#define X(field, name, kind, fallback, min, max, unit, help)                                                           \
    {#name, &setting_kind_##kind, offsetof(struct config, field), fallback, min, max, unit, help},
#include "config/config.def"
#undef X
};
