/* config/kafka_props.c - settings that go through to librdkafka: TOPKD_RDKAFKA_FETCH_WAIT_MAX_MS=100 is
 * fetch.wait.max.ms=100 (lower case, '_' is '.': no property that a text can set holds an underscore). librdkafka
 * judges the values; what topkd's own rules rest on is refused here. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/setting.h"

/* VALUE: only values that contain it are refused. NULL: all are. */
static const struct refused {
    const char *name, *value, *reason;
} refused_props[] = {
    {"enable.auto.commit", NULL, "leave it out, topkd itself commits what is stored"},
    {"auto.commit.enable", NULL, "leave it out, topkd itself commits what is stored"},
    {"enable.auto.offset.store", NULL, "leave it out, topkd itself commits what is stored"},
    {"auto.offset.reset", NULL, "set TOPKD_START instead"},
    {"enable.partition.eof", NULL, "leave it out, topkd has to see the end of each partition"},
    {"allow.auto.create.topics", NULL,
     "leave it out, topkd waits for a missing topic and never creates one by accident"},
    {"group.id", NULL, "set TOPKD_GROUP instead"},
    {"bootstrap.servers", NULL, "set TOPKD_BROKERS instead"},
    {"metadata.broker.list", NULL, "set TOPKD_BROKERS instead"},
    {"partition.assignment.strategy", "cooperative",
     "use another, several versions of librdkafka lose messages with it"},
    {"enable.idempotence", "true",
     "leave it out, a missing right ends such a producer for good, and the headers of dead letters tell repeats apart"},
    {"group.protocol", "consumer", "use classic, which topkd relies on"},
};

/* The last part of the names of librdkafka's secrets: sasl.password, ssl.key.password, ssl.keystore.password,
 * ssl.key.pem, sasl.oauthbearer.client.secret, and whatever is made after their pattern. */
static const char *const secret_endings[] = {"password", "passphrase", "secret", "key.pem"};

static bool prop_ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static bool prop_is_secret(const char *prop) {
    for (size_t i = 0; i < ARRAY_LEN(secret_endings); i++)
        if (prop_ends_with(prop, secret_endings[i])) return true;
    return false;
}

static const char *prop_refusal(const char *prop, const char *value) {
    for (size_t i = 0; i < ARRAY_LEN(refused_props); i++) {
        const struct refused *r = &refused_props[i];
        if (strcmp(r->name, prop) == 0 && (r->value == NULL || strstr(value, r->value) != NULL)) return r->reason;
    }
    return NULL;
}

/* The name behind SETTING_KAFKA as librdkafka spells it: in lower case, with '.' for '_'. Owned by the caller. */
static char *prop_name(const char *name, bool from_file) {
    char *prop = mem_strdup(name);
    if (from_file) prop[strlen(prop) - strlen(SETTING_FROM_FILE)] = '\0';
    for (char *p = prop; *p; p++) *p = *p == '_' ? '.' : (char)tolower((unsigned char)*p);
    return prop;
}

const char *kafka_prop_get(const struct config *c, const char *name, const char *fallback) {
    for (uint32_t i = 0; i < c->kafka_props_n; i++)
        if (strcmp(c->kafka_props[i].name, name) == 0) return c->kafka_props[i].value;
    return fallback;
}

/* The reason why PROP may not be added, NULL if it may. */
static const char *prop_objection(const struct config *c, const char *prop, const char *value) {
    if (*prop == '\0' || prop[strspn(prop, "abcdefghijklmnopqrstuvwxyz0123456789.")] != '\0')
        return "write the property in upper case, with '_' for '.'";
    if (kafka_prop_get(c, prop, NULL) != NULL) return "set it once, perhaps it is also set as _FILE";
    if (c->kafka_props_n == CONFIG_KAFKA_PROPS_MAX) return "leave some out, there are too many of these";
    return prop_refusal(prop, value);
}

static void prop_add(struct config *c, const char *name, char *prop, const char *value, struct buf *problems) {
    const char *reason = prop_objection(c, prop, value);
    if (reason != NULL) {
        problem_add(problems, name, "a property of librdkafka that is yours to set", log_quote(prop), reason);
        return;
    }
    struct config_kafka_prop *p = &c->kafka_props[c->kafka_props_n++];
    *p = (struct config_kafka_prop){mem_strdup(prop), mem_strdup(value), prop_is_secret(prop)};
}

void kafka_prop_load(struct config *c, const char *name, const char *value, struct buf *problems) {
    if (*value == '\0') return; /* empty is librdkafka's default */
    bool from_file = prop_ends_with(name, SETTING_FROM_FILE);
    char *prop = prop_name(name + strlen(SETTING_KAFKA), from_file);
    struct buf content = {0};
    struct err e;
    if (from_file && setting_file_read(value, &content, &e) != 0)
        problem_add(problems, name, "a readable file", log_quote(value), e.text);
    else
        prop_add(c, name, prop, from_file ? buf_text(&content) : value, problems);
    buf_free(&content);
    mem_free(prop);
}

static int props_order(const void *a, const void *b) {
    return strcmp(((const struct config_kafka_prop *)a)->name, ((const struct config_kafka_prop *)b)->name);
}

void kafka_props_sort(struct config *c) {
    qsort(c->kafka_props, c->kafka_props_n, sizeof c->kafka_props[0], props_order);
}
