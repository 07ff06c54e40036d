/* config/config.c - from the environment to a checked struct config.
 *   1. Each variable goes to the setting that it names.
 *   2. Each setting's text, or its default, is read.
 *   3. What must hold between settings is looked at.
 * Every step adds its problems to one list and goes on. */
#include "config/config.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "config/nearest.h"
#include "config/problems.h"
#include "config/setting.h"
#include "event/place.h"

struct load {
    struct config *config;
    struct buf *problems;
    struct {
        const char *value, *path; /* borrowed from envp; NULL if not there */
        bool is_good;             /* read without a problem */
        bool is_given;            /* by the user: not the default */
    } of[SETTINGS];
};

/* -- sorting the variables ----------------------------------------------------------------------------------------- */

static bool name_is_for_tests(const char *name) {
#ifdef TOPKD_TESTHOOKS
    return strcmp(name, "FAULT") == 0 || strncmp(name, "TEST_", 5) == 0;
#else
    (void)name;
    return false;
#endif
}

/* Kubernetes describes every service to every pod by variables: TOPKD_SERVICE_HOST, TOPKD_PORT_9464_TCP, ... */
static bool name_is_service_link(const char *name) {
    return strcmp(name, "SERVICE_HOST") == 0 || strncmp(name, "SERVICE_PORT", 12) == 0 || strcmp(name, "PORT") == 0 ||
           strncmp(name, "PORT_", 5) == 0;
}

static void load_report_unknown(struct buf *problems, const char *name) {
    struct buf remedy = {0};
    const char *nearest = setting_nearest(name);
    if (name_is_service_link(name))
        buf_add_str(&remedy,
                    "Kubernetes sets it for a service called topkd: put enableServiceLinks: false into the pod");
    else if (nearest != NULL)
        buf_addf(&remedy, "did you mean " SETTING_PREFIX "%s?", nearest);
    else
        buf_add_str(&remedy, "topkd --help lists all of them");
    problem_add(problems, log_quote(name), "the name of a setting", "an unknown one", buf_text(&remedy));
    buf_free(&remedy);
}

/* Where the text of NAME belongs, NULL if it is no setting. */
static const char **load_place(struct load *l, const char *name) {
    for (size_t i = 0; i < SETTINGS; i++) {
        size_t n = strlen(settings[i].name);
        if (strncmp(name, settings[i].name, n) != 0) continue;
        if (name[n] == '\0') return &l->of[i].value;
        if (strcmp(name + n, SETTING_FROM_FILE) == 0) return &l->of[i].path;
    }
    return NULL;
}

static void load_variable(struct load *l, const char *name, const char *value) {
    const char **slot = load_place(l, name);
    if (strncmp(name, SETTING_KAFKA, strlen(SETTING_KAFKA)) == 0)
        kafka_prop_load(l->config, name, value, l->problems);
    else if (slot != NULL && *slot != NULL)
        problem_add(l->problems, name, "one value", "two", "set it once");
    else if (slot != NULL)
        *slot = value;
    else if (!name_is_for_tests(name))
        load_report_unknown(l->problems, name);
}

static void load_environment(struct load *l, const char *const *envp) {
    size_t prefix_len = strlen(SETTING_PREFIX);
    for (; *envp != NULL; envp++) {
        const char *equals = strchr(*envp, '=');
        if (equals == NULL || strncmp(*envp, SETTING_PREFIX, prefix_len) != 0) continue;
        struct buf name = {0};
        buf_add(&name, *envp + prefix_len, (size_t)(equals - *envp) - prefix_len);
        load_variable(l, buf_text(&name), equals + 1);
        buf_free(&name);
    }
    kafka_props_sort(l->config);
}

/* -- reading one setting ------------------------------------------------------------------------------------------- */

static void load_report_value(struct load *l, size_t i, const char *got, const char *remedy) {
    struct buf expected = {0};
    settings[i].kind->describe(&settings[i], &expected);
    problem_add(l->problems, settings[i].name, buf_text(&expected), got, remedy);
    buf_free(&expected);
}

/* The text may hold a password. */
static const char *value_shown(size_t i, const char *text, bool from_file) {
    if (from_file) return "something else in the file";
    if (i == SETTING_REDIS && strchr(text, '@') != NULL) return "a URL with a password";
    return log_quote(text);
}

static void load_text(struct load *l, size_t i, const char *text, bool from_file) {
    const struct setting *s = &settings[i];
    struct err e = {0};
    bool is_default = text == NULL || (*text == '\0' && !setting_may_be_empty(s));
    l->of[i].is_given = !is_default;
    l->of[i].is_good = s->kind->parse(s, is_default ? s->fallback : text, l->config, &e) == 0;
    if (!l->of[i].is_good) load_report_value(l, i, value_shown(i, text, from_file), e.text);
}

static void load_file(struct load *l, size_t i) {
    struct buf content = {0}, name = {0};
    struct err e = {0};
    if (setting_file_read(l->of[i].path, &content, &e) == 0) {
        load_text(l, i, buf_text(&content), true);
    } else {
        buf_addf(&name, "%s" SETTING_FROM_FILE, settings[i].name);
        problem_add(l->problems, buf_text(&name), "a readable file", log_quote(l->of[i].path), e.text);
    }
    buf_free(&content);
    buf_free(&name);
}

static void load_setting(struct load *l, size_t i) {
    const char *value = l->of[i].value;
    bool has_path = l->of[i].path != NULL && *l->of[i].path;
    if (has_path && value != NULL && (*value || setting_may_be_empty(&settings[i])))
        problem_add(l->problems, settings[i].name, "a value or a file", "both", "unset one of them");
    else if (has_path)
        load_file(l, i);
    else
        load_text(l, i, value, false);
}

/* -- what must hold between settings ------------------------------------------------------------------------------- */

static void load_check_list_size(struct load *l) {
    const struct config *c = l->config;
    if (!l->of[SETTING_K].is_good || !l->of[SETTING_LIST_SIZE].is_good || c->list_size >= c->k) return;
    struct buf got = {0};
    buf_addf(&got, "%u, which is below %u", (unsigned)c->list_size, (unsigned)c->k);
    problem_add(l->problems, "LIST_SIZE", "at least TOPKD_K", buf_text(&got), "raise it, or lower TOPKD_K");
    buf_free(&got);
}

static void load_report_duration(struct load *l, const char *name, const char *expected, int64_t ms,
                                 const char *remedy) {
    struct buf got = {0};
    units_write_duration((uint64_t)ms, &got);
    problem_add(l->problems, name, expected, buf_text(&got), remedy);
    buf_free(&got);
}

/* The last open minutes must still be in Redis when they become final. */
static void load_check_retention(struct load *l) {
    const struct config *c = l->config;
    if (!l->of[SETTING_RETENTION].is_good || !l->of[SETTING_LATENESS].is_good) return;
    if (c->retention_ms < c->lateness_ms + (int64_t)MINUTES(2))
        load_report_duration(l, "RETENTION", "at least TOPKD_LATENESS + 2m", c->retention_ms, "raise it");
}

/* A window that the user asked for must fit into RETENTION. Windows of the default that do not fit are left out, so
 * that nobody has to set WINDOWS because of a short RETENTION. */
static void load_check_windows(struct load *l) {
    struct config *c = l->config;
    uint32_t kept_n = 0;
    if (!l->of[SETTING_RETENTION].is_good || !l->of[SETTING_WINDOWS].is_good) return;
    for (uint32_t i = 0; i < c->windows_n; i++) {
        if (c->windows_ms[i] <= c->retention_ms)
            c->windows_ms[kept_n++] = c->windows_ms[i];
        else if (l->of[SETTING_WINDOWS].is_given)
            load_report_duration(l, "WINDOWS", "windows no longer than TOPKD_RETENTION", c->windows_ms[i],
                                 "raise TOPKD_RETENTION, or leave this window out");
    }
    c->windows_n = kept_n;
}

static void load_check_dead_letters(struct load *l) {
    const struct config *c = l->config;
    if (!l->of[SETTING_DLQ_TOPIC].is_good || !l->of[SETTING_TOPICS].is_good) return;
    for (uint32_t i = 0; i < c->topics_n; i++)
        if (strcmp(c->topics[i], c->dlq_topic) == 0)
            problem_add(l->problems, "DLQ_TOPIC", "a topic that is not read", log_quote(c->dlq_topic),
                        "choose another, or its dead letters come back for ever");
}

static const char *load_text_of(const struct load *l, enum setting_id id) {
    return *(char *const *)setting_value(&settings[id], l->config);
}

static void load_check_field_pair(struct load *l, enum setting_id first, enum setting_id second) {
    if (!l->of[first].is_good || !l->of[second].is_good) return;
    const char *name = load_text_of(l, second);
    struct place places[2];
    struct buf got = {0};
    struct err e;
    if (place_parse(load_text_of(l, first), &places[0], &e) != 0 || place_parse(name, &places[1], &e) != 0) return;
    if (!place_is(&places[0], &places[1])) return;
    buf_addf(&got, "%s, which " SETTING_PREFIX "%s uses too", log_quote(name), settings[first].name);
    problem_add(l->problems, settings[second].name, "a field of its own", buf_text(&got), "rename one of them");
    buf_free(&got);
}

/* Only what came in a wrapper has one to look into. */
static void load_check_wrapper(struct load *l, enum setting_id field) {
    const char *place = load_text_of(l, field);
    if (!l->of[field].is_good || !l->of[SETTING_EVENTS_AT].is_good || *place != '^' || *l->config->events_at) return;
    if (place[1] == '/')
        problem_add(l->problems, settings[field].name, "^/.. only with TOPKD_EVENTS_AT", log_quote(place),
                    "say with TOPKD_EVENTS_AT where the events stand in the wrapper, or leave out the ^");
}

static void load_check_fields(struct load *l) {
    static const enum setting_id fields[] = {SETTING_FIELD_ITEM, SETTING_FIELD_LOCATION, SETTING_FIELD_TYPE,
                                             SETTING_FIELD_TIME, SETTING_FIELD_USER,     SETTING_FIELD_VALUE,
                                             SETTING_FIELD_ID};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        load_check_wrapper(l, fields[i]);
        for (size_t j = 0; j < i; j++) load_check_field_pair(l, fields[j], fields[i]);
    }
}

static void load_all(struct load *l, const char *const *envp) {
    load_environment(l, envp);
    for (size_t i = 0; i < SETTINGS; i++) load_setting(l, i);
    load_check_list_size(l);
    load_check_retention(l);
    load_check_windows(l);
    load_check_dead_letters(l);
    load_check_fields(l);
}

int config_load(const char *const *envp, struct config **out, struct buf *problems) {
    struct load l = {.config = mem_zalloc(1, sizeof *l.config), .problems = problems};
    size_t before = problems->len;
    *out = NULL;
    load_all(&l, envp);
    if (problems->len > before) {
        config_destroy(l.config);
        return ERR_INVALID;
    }
    *out = l.config;
    return 0;
}

struct config *config_load_rest(const char *const *envp, struct buf *problems) {
    struct load l = {.config = mem_zalloc(1, sizeof *l.config), .problems = problems};
    struct err e;
    load_all(&l, envp);
    for (size_t i = 0; i < SETTINGS; i++)
        if (!l.of[i].is_good) (void)!settings[i].kind->parse(&settings[i], settings[i].fallback, l.config, &e);
    return l.config;
}

void config_destroy(struct config *c) {
    if (c == NULL) return;
    char *const texts[] = {c->brokers,     c->group,          c->redis,        c->board,
                           c->global,      c->dlq_topic,      c->weights_text, c->field_item,
                           c->field_type,  c->field_location, c->field_time,   c->field_user,
                           c->field_value, c->field_id,       c->events_at,    c->listen_host};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) mem_free(texts[i]);
    for (uint32_t i = 0; i < c->topics_n; i++) mem_free(c->topics[i]);
    for (uint32_t i = 0; i < c->kafka_props_n; i++) {
        mem_free(c->kafka_props[i].name);
        mem_free(c->kafka_props[i].value);
    }
    mem_free(c);
}
