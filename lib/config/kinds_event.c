/* config/kinds_event.c - the kinds of settings that say how events are written: places and time zones. */
#include <string.h>

#include "config/setting.h"
#include "event/place.h"

/* -- FIELD: where a field stands ----------------------------------------------------------------------------------- */

static int place_check(const char *text, struct err *e) {
    struct place place;
    if (setting_text_has_control(text)) return err_set(e, ERR_INVALID, "remove the control character");
    return place_parse(text, &place, e);
}

static int field_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    if (strlen(text) < s->min) return err_set(e, ERR_INVALID, "give it a value");
    int status = place_check(text, e);
    if (status == 0) field_set_text(setting_field(s, c), text);
    return status;
}

static void field_describe(const struct setting *s, struct buf *out) {
    buf_addf(out, "%sa name, a path like /data/id or ^/geo/id, @key, @topic or @header:NAME",
             s->min == 0 ? "empty, or " : "");
}

const struct setting_kind setting_kind_field = {field_parse, setting_text_format, field_describe, true};

/* -- POINTER: into a wrapper --------------------------------------------------------------------------------------- */

static int pointer_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    if (*text != '\0' && *text != '/') return err_set(e, ERR_INVALID, "begin it with a slash");
    return field_parse(s, text, c, e);
}

static void pointer_describe(const struct setting *s, struct buf *out) {
    (void)s;
    buf_add_str(out, "empty, or a JSON pointer like /records");
}

const struct setting_kind setting_kind_pointer = {pointer_parse, setting_text_format, pointer_describe, true};

/* -- ZONE ---------------------------------------------------------------------------------------------------------- */

static int zone_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    return time_zone_parse(text, setting_field(s, c), e);
}

static void zone_format(const struct setting *s, const struct config *c, struct buf *out) {
    buf_add_str(out, ((const struct time_zone *)setting_value(s, c))->name);
}

static void zone_describe(const struct setting *s, struct buf *out) {
    (void)s;
    buf_add_str(out, "UTC, an offset like +05:30, a zone like Europe/Berlin, or none");
}

const struct setting_kind setting_kind_zone = {zone_parse, zone_format, zone_describe, false};
