/* topkd/judge_input.c - hands out messages one by one, wherever they come from. */
#include "judge_input.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "options.h"
#include "protocol/words.h"
#include "source/kafka_last.h"

struct judge_input {
    const struct judge_options *options;
    struct kafka_last *last; /* owned; NULL: lines are read */
    size_t next;             /* of the records of the topic */
    FILE *in;                /* borrowed */
    struct buf line;
    uint64_t lines_n; /* read so far */
    struct judge_record record;
};

static struct bytes header_get(void *self, const char *name) { return kafka_last_header(self, name); }

static const char *header_name_get(void *self, size_t i) { return kafka_last_header_name(self, i); }

/* -- a topic ------------------------------------------------------------------------------------- */

static int topic_open(struct judge_input *input, const struct config *c, struct err *e) {
    struct kafka_options o = options_kafka(c);
    int status = kafka_last_open(&o, input->options->topic, input->options->last, &clock_system, &input->last, e);
    if (status == 0 && kafka_last_is_cut(input->last))
        fprintf(stderr, "topkd judge: only as many of the last %u messages as take %d MB are read\n",
                (unsigned)input->options->last, KAFKA_LAST_BYTES_MAX >> 20);
    return status;
}

static const struct judge_record *topic_next(struct judge_input *input) {
    size_t n;
    const struct kafka_last_record *all = kafka_last_records(input->last, &n);
    if (input->next == n) return NULL;
    const struct kafka_last_record *r = &all[input->next++];
    input->record = (struct judge_record){.message = {.value = r->value,
                                                      .key = r->key,
                                                      .topic = input->options->topic,
                                                      .time_ms = r->time_ms,
                                                      .header = header_get,
                                                      .self = (void *)r},
                                          .header_name = header_name_get,
                                          .partition = r->partition,
                                          .offset = r->offset,
                                          .before_ms = r->before_ms == KAFKA_LAST_NO_TIME ? TIME_NEVER : r->before_ms};
    return &input->record;
}

/* -- standard input ------------------------------------------------------------------------------ */

/* Adds bytes up to the end of the line (or of the input). False: nothing is left. */
static bool line_read(struct judge_input *input, struct err *e) {
    int c = EOF;
    buf_clear(&input->line);
    while ((c = getc(input->in)) != EOF) {
        if (c == '\n' && !input->options->whole) break;
        if (input->line.len == JUDGE_MESSAGE_BYTES_MAX) {
            err_set(e, ERR_INVALID, "standard input: expected messages of up to %d MB, got a longer one: %s",
                    JUDGE_MESSAGE_BYTES_MAX >> 20, input->options->whole ? "cut it" : "put each on its line");
            return false;
        }
        buf_add_byte(&input->line, (unsigned char)c);
    }
    if (ferror(input->in))
        err_set(e, ERR_IO, "standard input: expected events, got \"%s\": check where it comes from", strerror(errno));
    input->lines_n++;
    return e->code == 0 && (c != EOF || input->line.len > 0);
}

static bool line_is_empty(const struct buf *line) {
    for (size_t i = 0; i < line->len; i++)
        if (strchr(" \t\r", line->data[i]) == NULL || line->data[i] == '\0') return false;
    return true;
}

static const struct judge_record *line_next(struct judge_input *input, struct err *e) {
    do
        if (!line_read(input, e)) return NULL;
    while (line_is_empty(&input->line));
    input->record = (struct judge_record){.message = {.value = {input->line.data, input->line.len},
                                                      .topic = "stdin",
                                                      .time_ms = clock_wall_ms(&clock_system)},
                                          .line = input->lines_n,
                                          .before_ms = TIME_NEVER};
    return &input->record;
}

/* -- both ---------------------------------------------------------------------------------------- */

int judge_input_open(const struct judge_options *o, const struct config *c, FILE *in, struct judge_input **out,
                     struct err *e) {
    struct judge_input *input = mem_zalloc(1, sizeof *input);
    input->options = o;
    input->in = in;
    int status = o->topic != NULL ? topic_open(input, c, e) : 0;
    if (status == 0)
        *out = input;
    else
        judge_input_close(input);
    return status;
}

void judge_input_close(struct judge_input *input) {
    if (input == NULL) return;
    kafka_last_close(input->last);
    buf_free(&input->line);
    mem_free(input);
}

const struct judge_record *judge_input_next(struct judge_input *input, struct err *e) {
    *e = (struct err){0};
    return input->last != NULL ? topic_next(input) : line_next(input, e);
}
