/* source/kafka_check_patterns.c - which topics do the patterns fit now? */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/name_pattern.h"
#include "source/kafka_check_internal.h"

enum { NAMES_SHOWN = 3 };

static bool topic_is_known(const struct kafka_checked *k, const char *name) {
    for (uint32_t i = 0; i < k->topics_n; i++)
        if (strcmp(k->topics[i].name, name) == 0) return true;
    return false;
}

static bool topic_is_of_dead_letters(const struct kafka_checked *k, const char *name) {
    return k->options->dead_letter_topic != NULL && strcmp(k->options->dead_letter_topic, name) == 0;
}

/* What one pattern fits. */
struct fitting {
    uint32_t topics_n, left_out_n;
    bool dead_letters; /* it fits their topic, which is not read */
    struct buf names;  /* the first few */
};

static void fitting_add(struct kafka_checked *k, struct fitting *f, const struct rd_kafka_metadata_topic *found) {
    if (topic_is_of_dead_letters(k, found->topic)) {
        f->dead_letters = true;
        return;
    }
    if (f->topics_n < NAMES_SHOWN) buf_addf(&f->names, "%s%s", f->topics_n > 0 ? ", " : "", found->topic);
    if (f->topics_n++ == NAMES_SHOWN) buf_add_str(&f->names, ", ...");
    if (topic_is_known(k, found->topic)) return;
    if (k->found_n == KAFKA_FOUND_MAX) {
        f->left_out_n++;
        return;
    }
    k->found_n++;
    k->topics[k->topics_n++] =
        (struct check_topic){.name = found->topic, .partitions_n = (uint32_t)found->partition_cnt, .is_read = true};
}

static void tell_fitting(const struct kafka_checked *k, const char *pattern, struct fitting *f) {
    if (f->topics_n > 0)
        findings_add(k->findings, FINDING_GOOD, "kafka", "pattern %s: %u %s it now: %s", pattern, (unsigned)f->topics_n,
                     f->topics_n == 1 ? "topic fits" : "topics fit", buf_text(&f->names));
    else
        findings_add(k->findings, FINDING_WARNING, "kafka",
                     "pattern %s: expected a topic, got none: no topic fits it now that this user may see (Describe); "
                     "one that comes later is read",
                     pattern);
    if (f->dead_letters)
        findings_add(k->findings, FINDING_GOOD, "kafka", "pattern %s: it fits the dead-letter topic, which is not read",
                     pattern);
    if (f->left_out_n > 0)
        findings_add(k->findings, FINDING_PROBLEM, "kafka",
                     "pattern %s: expected at most %d topics of patterns, got %u more: make it fit fewer", pattern,
                     (int)KAFKA_FOUND_MAX, (unsigned)f->left_out_n);
}

static int topic_order(const void *a, const void *b) {
    return strcmp(((const struct rd_kafka_metadata_topic *)a)->topic,
                  ((const struct rd_kafka_metadata_topic *)b)->topic);
}

/* By name, so that the first few are the same every time. */
static void pattern_check(struct kafka_checked *k, const struct name_pattern *pattern) {
    struct fitting f = {0};
    size_t n = (size_t)k->all->topic_cnt;
    struct rd_kafka_metadata_topic *all = mem_dup(k->all->topics, n * sizeof *all);
    qsort(all, n, sizeof *all, topic_order);
    for (size_t i = 0; i < n; i++)
        if (!all[i].err && name_pattern_fits(pattern, all[i].topic)) fitting_add(k, &f, &all[i]);
    mem_free(all);
    tell_fitting(k, pattern->text, &f);
    buf_free(&f.names);
}

static void tell_unanswered(const struct kafka_checked *k, rd_kafka_resp_err_t err) {
    findings_add(k->findings, FINDING_PROBLEM, "kafka",
                 "patterns of TOPKD_TOPICS: expected a list of all topics, got \"%s\": %s", rd_kafka_err2str(err),
                 kafka_broker_remedy(err));
}

void kafka_check_patterns(struct kafka_checked *k) {
    const struct kafka_options *o = k->options;
    for (uint32_t i = 0; i < o->topics_n; i++) {
        struct name_pattern pattern;
        struct err e;
        if (!name_is_pattern(o->topics[i])) continue;
        rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
        if (k->all == NULL) err = rd_kafka_metadata(k->rk, 1, NULL, &k->all, CHECK_ANSWER_MS);
        if (err) {
            tell_unanswered(k, err);
            return;
        }
        int status = name_pattern_compile(o->topics[i], &pattern, &e);
        assert(status == 0); /* whoever reads the settings has refused what is no pattern */
        if (status != 0) return;
        pattern_check(k, &pattern);
        name_pattern_free(&pattern);
    }
}
