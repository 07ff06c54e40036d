/* config/kinds_number.c - the kinds of settings that are a number, or one of a few words. */
#include <assert.h>
#include <inttypes.h>
#include <sched.h>
#include <string.h>

#include "base/units.h"
#include "config/setting.h"

static int number_check_range(const struct setting *s, uint64_t v, struct err *e) {
    if (v < s->min) return err_set(e, ERR_INVALID, "raise it");
    if (v > s->max) return err_set(e, ERR_INVALID, "lower it");
    return 0;
}

static void u32_set(const struct setting *s, struct config *c, uint64_t v) {
    assert(s->max <= UINT32_MAX);
    *(uint32_t *)setting_field(s, c) = (uint32_t)v;
}

static uint32_t u32_get(const struct setting *s, const struct config *c) {
    return *(const uint32_t *)setting_value(s, c);
}

static void u32_format(const struct setting *s, const struct config *c, struct buf *out) {
    buf_addf(out, "%" PRIu32, u32_get(s, c));
}

/* -- U32 ----------------------------------------------------------------------------------------------------------- */

static int u32_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    uint64_t v;
    int status = units_parse_number(text, &v, e);
    if (status == 0) status = number_check_range(s, v, e);
    if (status == 0) u32_set(s, c, v);
    return status;
}

static void u32_describe(const struct setting *s, struct buf *out) {
    buf_addf(out, "a whole number %" PRIu64 "..%" PRIu64, s->min, s->max);
}

const struct setting_kind setting_kind_u32 = {u32_parse, u32_format, u32_describe, false};

/* -- POWER: a U32 that is a power of two --------------------------------------------------------------------------- */

static int power_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    uint64_t v;
    int status = units_parse_number(text, &v, e);
    if (status == 0) status = number_check_range(s, v, e);
    if (status == 0 && (v & (v - 1)) != 0) status = err_set(e, ERR_INVALID, "use the nearest power of two");
    if (status == 0) u32_set(s, c, v);
    return status;
}

static void power_describe(const struct setting *s, struct buf *out) {
    buf_addf(out, "a power of two %" PRIu64 "..%" PRIu64 "%s%s", s->min, s->max, *s->unit ? ", in " : "", s->unit);
}

const struct setting_kind setting_kind_power = {power_parse, u32_format, power_describe, false};

/* -- THREADS: a U32, or the number of cores ------------------------------------------------------------------------ */

/* The cores that this process may run on, which in a container are often fewer than the machine has. */
static uint64_t cores_usable(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1; /* a machine with more than 1024 of them */
    return (uint64_t)CPU_COUNT(&set);
}

static int threads_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    if (strcmp(text, "cores") != 0) return u32_parse(s, text, c, e);
    uint64_t n = cores_usable();
    u32_set(s, c, n < s->max ? n : s->max);
    return 0;
}

static void threads_describe(const struct setting *s, struct buf *out) {
    u32_describe(s, out);
    buf_add_str(out, ", or cores");
}

const struct setting_kind setting_kind_threads = {threads_parse, u32_format, threads_describe, false};

/* -- DURATION and SIZE --------------------------------------------------------------------------------------------- */

static int duration_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    uint64_t ms;
    int status = units_parse_duration(text, &ms, e);
    if (status == 0) status = number_check_range(s, ms, e);
    if (status == 0) *(int64_t *)setting_field(s, c) = (int64_t)ms;
    return status;
}

static void duration_format(const struct setting *s, const struct config *c, struct buf *out) {
    units_write_duration((uint64_t) * (const int64_t *)setting_value(s, c), out);
}

static void duration_describe(const struct setting *s, struct buf *out) {
    buf_add_str(out, "a duration ");
    units_write_duration(s->min, out);
    buf_add_str(out, "..");
    units_write_duration(s->max, out);
}

const struct setting_kind setting_kind_duration = {duration_parse, duration_format, duration_describe, false};

static int size_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    uint64_t bytes;
    int status = units_parse_size(text, &bytes, e);
    if (status == 0) status = number_check_range(s, bytes, e);
    if (status == 0) *(uint64_t *)setting_field(s, c) = bytes;
    return status;
}

static void size_format(const struct setting *s, const struct config *c, struct buf *out) {
    units_write_size(*(const uint64_t *)setting_value(s, c), out);
}

static void size_describe(const struct setting *s, struct buf *out) {
    buf_add_str(out, "a size of at least ");
    units_write_size(s->min, out);
}

const struct setting_kind setting_kind_size = {size_parse, size_format, size_describe, false};

/* -- BOOL ---------------------------------------------------------------------------------------------------------- */

static int bool_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0) return err_set(e, ERR_INVALID, "use 1 for yes, 0 for no");
    *(bool *)setting_field(s, c) = text[0] == '1';
    return 0;
}

static void bool_format(const struct setting *s, const struct config *c, struct buf *out) {
    buf_add_byte(out, *(const bool *)setting_value(s, c) ? '1' : '0');
}

static void bool_describe(const struct setting *s, struct buf *out) {
    (void)s;
    buf_add_str(out, "0 or 1");
}

const struct setting_kind setting_kind_bool = {bool_parse, bool_format, bool_describe, false};

/* -- CHOICE: the value of an enum is the number of the word in `unit` ---------------------------------------------- */

static struct bytes choice_word(const struct setting *s, unsigned i) {
    const char *p = s->unit;
    for (; i > 0; i--) p += strcspn(p, "|") + 1;
    return (struct bytes){p, strcspn(p, "|")};
}

static unsigned choice_words_n(const struct setting *s) {
    unsigned n = 1;
    for (const char *p = s->unit; *p; p++) n += *p == '|';
    return n;
}

static int choice_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    for (unsigned i = 0; i < choice_words_n(s); i++) {
        struct bytes word = choice_word(s, i);
        if (strlen(text) != word.n || memcmp(text, word.p, word.n) != 0) continue;
        *(unsigned *)setting_field(s, c) = i; /* an enum without negative values is an unsigned int */
        return 0;
    }
    return err_set(e, ERR_INVALID, "use one of these words");
}

static void choice_format(const struct setting *s, const struct config *c, struct buf *out) {
    struct bytes word = choice_word(s, *(const unsigned *)setting_value(s, c));
    buf_add(out, word.p, word.n);
}

static void choice_describe(const struct setting *s, struct buf *out) {
    unsigned n = choice_words_n(s);
    for (unsigned i = 0; i < n; i++) {
        struct bytes word = choice_word(s, i);
        if (i > 0) buf_add_str(out, i + 1 < n ? ", " : " or ");
        buf_add(out, word.p, word.n);
    }
}

const struct setting_kind setting_kind_choice = {choice_parse, choice_format, choice_describe, false};
