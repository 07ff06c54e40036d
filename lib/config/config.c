/* config/config.c - see config.h: from the environment to a checked struct config. The steps: sort the variables by the
 * setting they name, read each setting's text (or its default), then look at what must hold between settings. Every
 * step adds its problems to one list and goes on. */
#include "config/config.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "config/nearest.h"
#include "config/setting.h"

const struct setting settings[SETTINGS] = {
#define X(field, name, kind, fallback, min, max, unit, help)                                                           \
    {#name, &setting_kind_##kind, offsetof(struct config, field), fallback, min, max, unit, help},
#include "config/config.def"
#undef X
};

struct load {
    struct config *config;
    struct buf *problems;
    const char *value[SETTINGS], *path[SETTINGS]; /* borrowed from envp; NULL if not there */
    bool good[SETTINGS];                          /* read without a problem */
    bool given[SETTINGS];                         /* by the user: not the default */
};

void problem_add(struct buf *problems, const char *name, const char *expected, const char *got, const char *remedy) {
    buf_addf(problems, SETTING_PREFIX "%s: expected %s, got %s: %s\n", name, expected, got, remedy);
}

/* -- sorting the variables ----------------------------------------------------------------------------------------- */

static bool is_for_tests(const char *name) {
#ifdef TOPKD_TESTHOOKS
    return strcmp(name, "FAULT") == 0 || strncmp(name, "TEST_", 5) == 0;
#else
    (void)name;
    return false;
#endif
}

/* Kubernetes describes every service to every pod by variables: TOPKD_SERVICE_HOST, TOPKD_PORT_9464_TCP, ... */
static bool is_service_link(const char *name) {
    return strcmp(name, "SERVICE_HOST") == 0 || strncmp(name, "SERVICE_PORT", 12) == 0 || strcmp(name, "PORT") == 0 ||
           strncmp(name, "PORT_", 5) == 0;
}

static void report_unknown(struct buf *problems, const char *name) {
    struct buf remedy = {0};
    const char *nearest = setting_nearest(name);
    if (is_service_link(name))
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
static const char **find_slot(struct load *l, const char *name) {
    for (size_t i = 0; i < SETTINGS; i++) {
        size_t n = strlen(settings[i].name);
        if (strncmp(name, settings[i].name, n) != 0) continue;
        if (name[n] == '\0') return &l->value[i];
        if (strcmp(name + n, SETTING_FROM_FILE) == 0) return &l->path[i];
    }
    return NULL;
}

static void sort_variable(struct load *l, const char *name, const char *value) {
    const char **slot = find_slot(l, name);
    if (strncmp(name, SETTING_KAFKA, strlen(SETTING_KAFKA)) == 0)
        kafka_prop_load(l->config, name, value, l->problems);
    else if (slot != NULL && *slot != NULL)
        problem_add(l->problems, name, "one value", "two", "set it once");
    else if (slot != NULL)
        *slot = value;
    else if (!is_for_tests(name))
        report_unknown(l->problems, name);
}

static void sort_environment(struct load *l, const char *const *envp) {
    size_t prefix_len = strlen(SETTING_PREFIX);
    for (; *envp != NULL; envp++) {
        const char *equals = strchr(*envp, '=');
        if (equals == NULL || strncmp(*envp, SETTING_PREFIX, prefix_len) != 0) continue;
        struct buf name = {0};
        buf_add(&name, *envp + prefix_len, (size_t)(equals - *envp) - prefix_len);
        sort_variable(l, buf_text(&name), equals + 1);
        buf_free(&name);
    }
    kafka_props_sort(l->config);
}

/* -- reading one setting ------------------------------------------------------------------------------------------- */

static void report_value(struct load *l, size_t i, const char *got, const char *remedy) {
    struct buf expected = {0};
    settings[i].kind->describe(&settings[i], &expected);
    problem_add(l->problems, settings[i].name, buf_text(&expected), got, remedy);
    buf_free(&expected);
}

/* The text may hold a password. */
static const char *shown_value(size_t i, const char *text, bool from_file) {
    if (from_file) return "something else in the file";
    if (i == SETTING_REDIS && strchr(text, '@') != NULL) return "a URL with a password";
    return log_quote(text);
}

static void read_text(struct load *l, size_t i, const char *text, bool from_file) {
    const struct setting *s = &settings[i];
    struct err e = {0};
    bool is_default = text == NULL || (*text == '\0' && !setting_may_be_empty(s));
    l->given[i] = !is_default;
    l->good[i] = s->kind->parse(s, is_default ? s->fallback : text, l->config, &e) == 0;
    if (!l->good[i]) report_value(l, i, shown_value(i, text, from_file), e.text);
}

static void read_from_file(struct load *l, size_t i) {
    struct buf content = {0}, name = {0};
    struct err e = {0};
    if (setting_file_read(l->path[i], &content, &e) == 0) {
        read_text(l, i, buf_text(&content), true);
    } else {
        buf_addf(&name, "%s" SETTING_FROM_FILE, settings[i].name);
        problem_add(l->problems, buf_text(&name), "a readable file", log_quote(l->path[i]), e.text);
    }
    buf_free(&content);
    buf_free(&name);
}

static void read_setting(struct load *l, size_t i) {
    const char *value = l->value[i];
    bool has_path = l->path[i] != NULL && *l->path[i];
    if (has_path && value != NULL && (*value || setting_may_be_empty(&settings[i])))
        problem_add(l->problems, settings[i].name, "a value or a file", "both", "unset one of them");
    else if (has_path)
        read_from_file(l, i);
    else
        read_text(l, i, value, false);
}

/* -- what must hold between settings ------------------------------------------------------------------------------- */

static void check_list_size(struct load *l) {
    const struct config *c = l->config;
    if (!l->good[SETTING_K] || !l->good[SETTING_LIST_SIZE] || c->list_size >= c->k) return;
    struct buf got = {0};
    buf_addf(&got, "%u, which is below %u", (unsigned)c->list_size, (unsigned)c->k);
    problem_add(l->problems, "LIST_SIZE", "at least TOPKD_K", buf_text(&got), "raise it, or lower TOPKD_K");
    buf_free(&got);
}

static void report_duration(struct load *l, const char *name, const char *expected, int64_t ms, const char *remedy) {
    struct buf got = {0};
    units_write_duration((uint64_t)ms, &got);
    problem_add(l->problems, name, expected, buf_text(&got), remedy);
    buf_free(&got);
}

/* The last open minutes must still be in Redis when they become final. */
static void check_retention(struct load *l) {
    const struct config *c = l->config;
    if (!l->good[SETTING_RETENTION] || !l->good[SETTING_LATENESS]) return;
    if (c->retention_ms < c->lateness_ms + (int64_t)MINUTES(2))
        report_duration(l, "RETENTION", "at least TOPKD_LATENESS + 2m", c->retention_ms, "raise it");
}

/* A window that the user asked for must fit; of the default those that do not fit are left out, so that a short
 * RETENTION alone is a whole configuration. */
static void check_windows(struct load *l) {
    struct config *c = l->config;
    uint32_t kept_n = 0;
    if (!l->good[SETTING_RETENTION] || !l->good[SETTING_WINDOWS]) return;
    for (uint32_t i = 0; i < c->windows_n; i++) {
        if (c->windows_ms[i] <= c->retention_ms)
            c->windows_ms[kept_n++] = c->windows_ms[i];
        else if (l->given[SETTING_WINDOWS])
            report_duration(l, "WINDOWS", "windows no longer than TOPKD_RETENTION", c->windows_ms[i],
                            "raise TOPKD_RETENTION, or leave this window out");
    }
    c->windows_n = kept_n;
}

static void check_dead_letters(struct load *l) {
    const struct config *c = l->config;
    if (!l->good[SETTING_DLQ_TOPIC] || !l->good[SETTING_TOPICS]) return;
    for (uint32_t i = 0; i < c->topics_n; i++)
        if (strcmp(c->topics[i], c->dlq_topic) == 0)
            problem_add(l->problems, "DLQ_TOPIC", "a topic that is not read", log_quote(c->dlq_topic),
                        "choose another, or its dead letters come back for ever");
}

static void check_fields(struct load *l) {
    static const enum setting_id fields[] = {SETTING_FIELD_ITEM, SETTING_FIELD_LOCATION, SETTING_FIELD_TYPE,
                                             SETTING_FIELD_TIME, SETTING_FIELD_USER,     SETTING_FIELD_VALUE};
    for (size_t i = 1; i < ARRAY_LEN(fields); i++)
        for (size_t j = 0; j < i; j++) {
            const struct setting *a = &settings[fields[j]], *b = &settings[fields[i]];
            if (!l->good[fields[i]] || !l->good[fields[j]]) continue;
            const char *name = *(char *const *)setting_value(b, l->config);
            if (strcmp(*(char *const *)setting_value(a, l->config), name) != 0) continue;
            struct buf got = {0};
            buf_addf(&got, "%s, which " SETTING_PREFIX "%s uses too", log_quote(name), a->name);
            problem_add(l->problems, b->name, "a field of its own", buf_text(&got), "rename one of them");
            buf_free(&got);
        }
}

static void load_all(struct load *l, const char *const *envp) {
    sort_environment(l, envp);
    for (size_t i = 0; i < SETTINGS; i++) read_setting(l, i);
    check_list_size(l);
    check_retention(l);
    check_windows(l);
    check_dead_letters(l);
    check_fields(l);
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
        if (!l.good[i]) (void)!settings[i].kind->parse(&settings[i], settings[i].fallback, l.config, &e);
    return l.config;
}

void config_destroy(struct config *c) {
    if (c == NULL) return;
    char *const texts[] = {c->brokers,    c->group,        c->redis,       c->board,      c->global,
                           c->dlq_topic,  c->weights_text, c->field_item,  c->field_type, c->field_location,
                           c->field_time, c->field_user,   c->field_value, c->listen_host};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) mem_free(texts[i]);
    for (uint32_t i = 0; i < c->topics_n; i++) mem_free(c->topics[i]);
    for (uint32_t i = 0; i < c->kafka_props_n; i++) {
        mem_free(c->kafka_props[i].name);
        mem_free(c->kafka_props[i].value);
    }
    mem_free(c);
}
