/* source/kafka_notes.c - the last error of each kind, written by librdkafka's callbacks. */
#include "source/kafka_notes.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void kafka_notes_init(struct kafka_notes *notes, const struct clock *clock, struct metrics *m) {
    assert(clock != NULL && m != NULL);
    *notes = (struct kafka_notes){.clock = clock, .metrics = m};
    pthread_mutex_init(&notes->lock, NULL);
}

void kafka_notes_deinit(struct kafka_notes *notes) { pthread_mutex_destroy(&notes->lock); }

/* That all brokers are down follows from what was noted of them one by one, and says less. */
static bool note_says_more(const struct kafka_note *noted, rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && noted->code != RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Without what librdkafka adds on states and times: the same error is to read the same. */
static void note_text(char out[KAFKA_TEXT_MAX], const char *text) {
    const char *extra = strstr(text, " (after ");
    int n = extra != NULL ? (int)(extra - text) : (int)strlen(text);
    snprintf(out, KAFKA_TEXT_MAX, "%.*s", n, text);
}

void kafka_notes_add(struct kafka_notes *notes, rd_kafka_resp_err_t code, const char *text) {
    char labels[96];
    struct kafka_note *note = &notes->of[kafka_scope_of(code)];
    snprintf(labels, sizeof labels, "kind=\"%s\"", rd_kafka_err2name(code));
    metric_add(metrics_get(notes->metrics, METRIC_KAFKA_ERRORS, labels), 1);
    pthread_mutex_lock(&notes->lock);
    if (!note_says_more(note, code)) {
        note->code = code;
        note->mono_ms = clock_mono_ms(notes->clock);
        note_text(note->text, text != NULL ? text : rd_kafka_err2str(code));
    }
    note->fresh = true;
    pthread_mutex_unlock(&notes->lock);
}

void kafka_notes_over(struct kafka_notes *notes, enum kafka_scope scope) {
    assert(scope < KAFKA_SCOPES);
    pthread_mutex_lock(&notes->lock);
    notes->of[scope] = (struct kafka_note){0};
    pthread_mutex_unlock(&notes->lock);
}

static struct kafka_note note_copy(struct kafka_notes *notes, enum kafka_scope scope, bool take) {
    assert(scope < KAFKA_SCOPES);
    pthread_mutex_lock(&notes->lock);
    struct kafka_note note = notes->of[scope];
    if (take) notes->of[scope].fresh = false;
    pthread_mutex_unlock(&notes->lock);
    return note;
}

struct kafka_note kafka_notes_get(struct kafka_notes *notes, enum kafka_scope scope) {
    return note_copy(notes, scope, false);
}

struct kafka_note kafka_notes_take(struct kafka_notes *notes, enum kafka_scope scope) {
    return note_copy(notes, scope, true);
}
