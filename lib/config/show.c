/* config/show.c - the settings for people: in the log, in --help, in deploy/env.example and in the README. */
#include <ctype.h>
#include <string.h>

#include "base/log.h"
#include "base/units.h"
#include "config/setting.h"

enum {
    HELP_COLUMNS = 100,
    REREAD_LONG_MS = 15 * 60 * 1000 /* above, a restart reads a quarter of an hour of log before it is fresh */
};

static void name_write_lower(struct buf *out, const char *name) {
    for (; *name; name++) buf_add_byte(out, (unsigned char)tolower((unsigned char)*name));
}

static void values_write(const struct config *c, struct buf *line) {
    for (size_t i = 0; i < SETTINGS; i++) {
        struct buf value = {0};
        settings[i].kind->format(&settings[i], c, &value);
        if (i > 0) buf_add_byte(line, ' ');
        name_write_lower(line, settings[i].name);
        buf_addf(line, "=%s", log_quote(buf_text(&value)));
        buf_free(&value);
    }
    for (uint32_t i = 0; i < c->kafka_props_n; i++) {
        const struct config_kafka_prop *p = &c->kafka_props[i];
        buf_addf(line, " rdkafka.%s=%s", p->name, p->secret ? "***" : log_quote(p->value));
    }
}

static void warn_of_reread(const char *event, const char *name, int64_t ms) {
    struct buf text = {0};
    if (ms <= REREAD_LONG_MS) return;
    units_write_duration((uint64_t)ms, &text);
    log_event(LOG_WARN, event, "%s=%s effect=\"a restart reads this much of the log again\"", name, buf_text(&text));
    buf_free(&text);
}

void config_log(const struct config *c) {
    struct buf line = {0};
    values_write(c, &line);
    log_event(LOG_INFO, "config_loaded", "%s", buf_text(&line));
    warn_of_reread("config_lateness_long", "lateness", c->lateness_ms);
    if (c->field_id[0] != '\0') warn_of_reread("config_dedup_long", "dedup", c->dedup_ms);
    buf_free(&line);
}

/* TEXT in lines of at most HELP_COLUMNS, each beginning with INDENT. */
static void text_wrap(struct buf *out, const char *indent, const char *text) {
    size_t room = HELP_COLUMNS - strlen(indent);
    while (*text) {
        size_t n = strlen(text);
        if (n > room) {
            n = room;
            while (n > 0 && text[n] != ' ') n--;
            if (n == 0) n = strcspn(text, " ");
        }
        buf_add_str(out, indent);
        buf_add(out, text, n);
        buf_add_byte(out, '\n');
        text += n;
        text += strspn(text, " ");
    }
}

/* "Help: a duration 0s..24h." */
static void setting_explain(struct buf *out, const char *indent, const struct setting *s) {
    struct buf text = {0};
    buf_addf(&text, "%s (", s->help);
    s->kind->describe(s, &text);
    buf_add_str(&text, ").");
    text_wrap(out, indent, buf_text(&text));
    buf_free(&text);
}

static const char notes[] =
    "An empty value means the default, except where the setting says what it means. TOPKD_<NAME>_FILE=path reads the "
    "value of TOPKD_<NAME> from a file (passwords). TOPKD_RDKAFKA_FETCH_WAIT_MAX_MS=100 sets fetch.wait.max.ms=100 in "
    "librdkafka, and so on for its other settings, but those that topkd owns are refused.";

void config_write_help(struct buf *out) {
    buf_add_str(out, "Settings (environment variables) and their defaults:\n\n");
    for (size_t i = 0; i < SETTINGS; i++) {
        buf_addf(out, "  " SETTING_PREFIX "%s=%s\n", settings[i].name, settings[i].fallback);
        setting_explain(out, "      ", &settings[i]);
    }
    buf_add_byte(out, '\n');
    text_wrap(out, "", notes);
}

void config_write_env(struct buf *out) {
    buf_add_str(out, "# Every setting of topkd with its default. Made from lib/config/config.def: change it there.\n");
    text_wrap(out, "# ", notes);
    for (size_t i = 0; i < SETTINGS; i++) {
        buf_add_byte(out, '\n');
        setting_explain(out, "# ", &settings[i]);
        buf_addf(out, "#" SETTING_PREFIX "%s=%s\n", settings[i].name, settings[i].fallback);
    }
}

void config_write_markdown(struct buf *out) {
    buf_add_str(out, "| `TOPKD_...` | default | what | values |\n|---|---|---|---|\n");
    for (size_t i = 0; i < SETTINGS; i++) {
        const struct setting *s = &settings[i];
        const char *tick = *s->fallback ? "`" : "";
        buf_addf(out, "| `%s` | %s%s%s | %s | ", s->name, tick, *s->fallback ? s->fallback : "none", tick, s->help);
        s->kind->describe(s, out);
        buf_add_str(out, " |\n");
    }
}
