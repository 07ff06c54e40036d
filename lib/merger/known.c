/* merger/known.c - metadata and rows become one progress. */
#include "merger/known.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/testhook.h"

static void topic_add(const struct topic_seen *topic, struct progress *out) {
    char name[PARTITION_NAME_BYTES_MAX];
    if (topic->partitions == 0 && RULE(18, unknown_topic)) progress_add_unknown_topic(out, topic->name);
    for (uint32_t i = 0; i < topic->partitions; i++) {
        snprintf(name, sizeof name, "%s/%" PRIu32, topic->name, i);
        progress_add(out, name, 0, NULL);
    }
}

/* An odd row is a partition that has said nothing yet, not one that is not there. */
static void row_add(const struct store_progress_row *r, struct progress *out) {
    struct progress_row row;
    bool good = progress_row_parse((struct bytes){r->value, r->value_len}, &row);
    progress_add(out, r->partition_name, fence_incarnation(r->fence), good ? &row : NULL);
}

/* Rows of topics that are not read here have their say: another worker may read them, while a setting changes from one
 * to the other. Once nobody does they are retired. */
void known_progress(const struct topics_view *topics, const struct store_progress *rows, struct progress *out) {
    assert(out->n == 0);
    out->rows_version = rows->rows_version;
    out->members = rows->members;
    out->closable_until = rows->closable_until;
    for (size_t t = 0; t < topics->n; t++) topic_add(&topics->all[t], out);
    if (topics->incomplete && RULE(18, unknown_topic)) progress_add_unknown_topic(out, "^");
    for (size_t i = 0; i < rows->n; i++) row_add(&rows->rows[i], out);
}
