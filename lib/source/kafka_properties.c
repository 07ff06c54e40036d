/* source/kafka_properties.c - which handle gets a property of the user, and how a refusal of librdkafka is told. */
#include "source/kafka_properties.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The first row that fits decides; a name that is in none is the consumer's. A name that ends in '.' is a prefix. */
static const struct {
    const char *name;
    enum kafka_client client;
} client_rows[] = {
    {"acks", KAFKA_PRODUCER},
    {"batch.", KAFKA_PRODUCER},
    {"compression.", KAFKA_PRODUCER},
    {"delivery.", KAFKA_PRODUCER},
    {"enable.idempotence", KAFKA_PRODUCER},
    {"linger.", KAFKA_PRODUCER},
    {"message.send.", KAFKA_PRODUCER},
    {"message.timeout.ms", KAFKA_PRODUCER},
    {"partitioner", KAFKA_PRODUCER},
    {"queue.buffering.", KAFKA_PRODUCER},
    {"retries", KAFKA_PRODUCER},
    {"sticky.", KAFKA_PRODUCER},
    {"api.", KAFKA_EVERYBODY},
    {"broker.", KAFKA_EVERYBODY},
    {"client.", KAFKA_EVERYBODY},
    {"connections.", KAFKA_EVERYBODY},
    {"debug", KAFKA_EVERYBODY},
    {"enable.sasl.", KAFKA_EVERYBODY},
    {"enable.ssl.", KAFKA_EVERYBODY},
    {"log.", KAFKA_EVERYBODY},
    {"message.", KAFKA_EVERYBODY},
    {"metadata.", KAFKA_EVERYBODY},
    {"reconnect.", KAFKA_EVERYBODY},
    {"resolve.", KAFKA_EVERYBODY},
    {"retry.", KAFKA_EVERYBODY},
    {"sasl.", KAFKA_EVERYBODY},
    {"security.", KAFKA_EVERYBODY},
    {"socket.", KAFKA_EVERYBODY},
    {"ssl.", KAFKA_EVERYBODY},
};

static enum kafka_client property_client(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(client_rows); i++) {
        const char *row = client_rows[i].name;
        size_t n = strlen(row);
        if (strncmp(name, row, n) == 0 && (row[n - 1] == '.' || name[n] == '\0')) return client_rows[i].client;
    }
    return KAFKA_CONSUMER;
}

/* "fetch.wait.max.ms" -> "TOPKD_RDKAFKA_FETCH_WAIT_MAX_MS" */
static void property_env_name(const char *name, char *out, size_t size) {
    assert(size > 0);
    int n = snprintf(out, size, "TOPKD_RDKAFKA_%s", name);
    for (int i = 0; i < n && (size_t)i < size - 1; i++)
        out[i] = out[i] == '.' ? '_' : (char)toupper((unsigned char)out[i]);
}

int kafka_property_set(rd_kafka_conf_t *conf, const char *name, const char *value, const char *env, struct err *e) {
    char text[200];
    assert(name != NULL && value != NULL);
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) == RD_KAFKA_CONF_OK) return 0;
    return err_set(e, ERR_INVALID, "%s: %s", env != NULL ? env : name, text);
}

int kafka_property_set_number(rd_kafka_conf_t *conf, const char *name, uint64_t value, struct err *e) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return kafka_property_set(conf, name, text, NULL, e);
}

int kafka_properties_pass(rd_kafka_conf_t *conf, const struct kafka_options *o, enum kafka_client client,
                          struct err *e) {
    assert(o->properties_n <= KAFKA_PROPERTIES_MAX);
    for (uint32_t i = 0; i < o->properties_n; i++) {
        const struct kafka_property *p = &o->properties[i];
        enum kafka_client meant = property_client(p->name);
        if (meant != KAFKA_EVERYBODY && meant != client) continue;
        char env[128];
        property_env_name(p->name, env, sizeof env);
        if (kafka_property_set(conf, p->name, p->value, env, e) != 0) return ERR_INVALID;
    }
    return 0;
}
