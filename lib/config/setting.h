/* config/setting.h - what the files of this folder share: the rows of config.def, and how each kind is read and shown.
 * Not for: anybody outside lib/config.   Threads: const data; the functions work on the caller's storage.
 * The files, in reading order:
 *   config.def, setting.c                          the table
 *   kinds_number.c, kinds_text.c, kind_windows.c   how a text becomes a value, and back
 *   problems.c, nearest.c, file.c                  helpers: what is wrong, what was meant, values from files
 *   kafka_props.c                                  settings that go through to librdkafka
 *   config.c                                       from the environment to a struct config
 *   show.c, meaning.c                              a struct config as text, and as a hash */
#ifndef TOPKD_CONFIG_SETTING_H
#define TOPKD_CONFIG_SETTING_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include "config/problems.h"

#define SETTING_KAFKA     "RDKAFKA_" /* TOPKD_RDKAFKA_FETCH_WAIT_MAX_MS is fetch.wait.max.ms */
#define SETTING_FROM_FILE "_FILE"

enum setting_id {
#define X(field, name, kind, fallback, min, max, unit, help) SETTING_##name,
#include "config/config.def"
#undef X
    SETTINGS
};

struct setting {
    const char *name; /* without the prefix */
    const struct setting_kind *kind;
    size_t offset;        /* of the field in struct config */
    const char *fallback; /* the default, as a user would write it */
    uint64_t min, max;
    const char *unit;
    const char *help;
};

extern const struct setting settings[SETTINGS];

/* One way of reading a text into fields of struct config. */
struct setting_kind {
    /* 0, or ERR_INVALID with what to do in E. The configuration is then only good for destroying. */
    int (*parse)(const struct setting *s, const char *text, struct config *c, struct err *e);
    /* The value in force, in a form that parse takes (but passwords are masked). */
    void (*format)(const struct setting *s, const struct config *c, struct buf *out);
    /* What is allowed, in words: "a duration 0s..24h". */
    void (*describe)(const struct setting *s, struct buf *out);
    bool may_be_empty; /* with min == 0 an empty text is a value of its own, not the default */
};

extern const struct setting_kind setting_kind_u32, setting_kind_power, setting_kind_threads, setting_kind_duration,
    setting_kind_size, setting_kind_bool, setting_kind_choice, setting_kind_text, setting_kind_brokers,
    setting_kind_topics, setting_kind_topic, setting_kind_board, setting_kind_redis, setting_kind_weights,
    setting_kind_listen, setting_kind_windows, setting_kind_field, setting_kind_pointer, setting_kind_zone;

static inline bool setting_may_be_empty(const struct setting *s) { return s->kind->may_be_empty && s->min == 0; }
static inline void *setting_field(const struct setting *s, struct config *c) { return (char *)c + s->offset; }
static inline const void *setting_value(const struct setting *s, const struct config *c) {
    return (const char *)c + s->offset;
}

/* Of a setting whose value is an owned text: format, and whether it has a control character. */
void setting_text_format(const struct setting *s, const struct config *c, struct buf *out);
bool setting_text_has_control(const char *text);
/* Replace the owned text at *FIELD by a copy of TEXT. */
void field_set_text(char **field, const char *text);
/* The whole of the file at PATH without the line ends at its end, at most 64 KB, no NUL. */
int setting_file_read(const char *path, struct buf *out, struct err *e) MUST_CHECK;

/* The variable TOPKD_<NAME>=VALUE, where NAME begins with SETTING_KAFKA: adds a property to C, or a problem. */
void kafka_prop_load(struct config *c, const char *name, const char *value, struct buf *problems);
void kafka_props_sort(struct config *c);
/* What librdkafka was told for NAME; FALLBACK if nothing. */
const char *kafka_prop_get(const struct config *c, const char *name, const char *fallback);

#endif
