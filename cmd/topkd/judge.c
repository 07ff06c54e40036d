/* topkd/judge.c - from the command line to a line for each event, and to their sums. */
#include "judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/units.h"
#include "judge_options.h"
#include "judge_reason.h"
#include "judge_suggest.h"
#include "judge_verdict.h"

enum { JUDGE_GOOD, JUDGE_REJECTED, JUDGE_FAILED };

/* All that tells of events. */
struct telling {
    struct judge_verdict verdict;
    struct judge_places places;
    struct judge_tree *tree;   /* owned; of the message */
    struct event_arena *texts; /* owned; of the message */
    struct buf future_text, lateness_text;
};

static void telling_init(struct telling *t, const struct config *c) {
    *t = (struct telling){.tree = judge_tree_create(), .texts = event_arena_create()};
    judge_verdict_init(&t->verdict, c);
    judge_places_init(&t->places, &t->verdict.rules);
    units_write_duration((uint64_t)c->future_ms, &t->future_text);
    units_write_duration((uint64_t)c->lateness_ms, &t->lateness_text);
}

static void telling_deinit(struct telling *t) {
    buf_free(&t->future_text);
    buf_free(&t->lateness_text);
    judge_verdict_deinit(&t->verdict);
    event_arena_destroy(t->texts);
    judge_tree_destroy(t->tree);
}

/* -- a line for each event ----------------------------------------------------------------------- */

static void where_write(const struct judge_record *r, struct buf *out) {
    if (r->line > 0)
        buf_addf(out, " [line %" PRIu64 "]", r->line);
    else
        buf_addf(out, " [partition %d offset %" PRId64 "]", (int)r->partition, r->offset);
}

static void event_tell(struct telling *t, const struct judge_record *r, const struct event *ev,
                       struct judge_cursor *cursor) {
    struct buf line = {0};
    struct judge_scene scene = judge_scene_next(cursor, &r->message, &t->places, ev->raw);
    struct judge_case c = {.rules = &t->verdict.rules,
                           .places = &t->places,
                           .message = &r->message,
                           .header_name = r->header_name,
                           .scene = scene,
                           .root = cursor->root,
                           .tree = t->tree,
                           .texts = t->texts,
                           .event = ev,
                           .future_text = buf_text(&t->future_text),
                           .lateness_text = buf_text(&t->lateness_text),
                           .log_ms = r->before_ms};
    buf_add_str(&line, event_outcome_name(ev->outcome));
    judge_reason_write(&c, &line);
    where_write(r, &line);
    puts(buf_text(&line));
    buf_free(&line);
}

static void record_tell(struct telling *t, const struct judge_record *r) {
    judge_verdict_take(&t->verdict, r);
    struct judge_cursor cursor = {.root = judge_tree_read(t->tree, r->message.value)};
    event_arena_clear(t->texts);
    for (size_t i = 0; i < t->verdict.batch.n; i++) event_tell(t, r, &t->verdict.batch.events[i], &cursor);
}

static void sums_tell(const struct judge_counts *n) {
    struct buf line = {0};
    judge_counts_write(n, &line);
    if (n->events == 0)
        buf_add_str(&line, ": there was nothing to judge");
    else if (n->of[EVENT_APPLIED] * 2 < n->events)
        buf_add_str(&line, ": most are not applied; topkd judge --suggest proposes settings for such events");
    else if (n->far > 0)
        buf_addf(&line, ": %" PRIu64 " would be late or future if they came now; their log decides that", n->far);
    puts(buf_text(&line));
    buf_free(&line);
}

/* -- the command --------------------------------------------------------------------------------- */

static int judge_complain(const char *text) {
    fprintf(stderr, "topkd judge: %s\n", text);
    return JUDGE_FAILED;
}

static int judge_code(const struct judge_counts *n) {
    return n->events > 0 && judge_counts_rejected(n) == 0 ? JUDGE_GOOD : JUDGE_REJECTED;
}

/* Of each record: NULL at the end, or when nobody takes what is printed. */
static const struct judge_record *record_next(struct judge_input *input, struct err *e) {
    if (ferror(stdout)) return NULL;
    return judge_input_next(input, e);
}

static int judge_events(struct judge_input *input, const struct config *c, struct err *e) {
    struct telling t;
    telling_init(&t, c);
    for (const struct judge_record *r; (r = record_next(input, e)) != NULL;) record_tell(&t, r);
    if (e->code == 0) sums_tell(&t.verdict.counts);
    int code = judge_code(&t.verdict.counts);
    telling_deinit(&t);
    return code;
}

static int judge_proposal(struct judge_input *input, const struct config *c, const char *const *envp, struct err *e) {
    struct judge_corpus *corpus = judge_corpus_create();
    for (const struct judge_record *r; (r = record_next(input, e)) != NULL;) judge_corpus_add(corpus, r);
    struct buf text = {0};
    struct judge_counts counts = {0};
    if (e->code == 0) judge_suggest(corpus, c, envp, &text, &counts);
    fputs(buf_text(&text), stdout);
    buf_free(&text);
    judge_corpus_destroy(corpus);
    return judge_code(&counts);
}

static int judge_input_all(const struct judge_options *o, const struct config *c, const char *const *envp) {
    struct judge_input *input = NULL;
    struct err e = {0};
    if (judge_input_open(o, c, stdin, &input, &e) != 0) return judge_complain(e.text);
    if (o->topic == NULL && isatty(STDIN_FILENO))
        fprintf(stderr, "topkd judge: type events, one on a line; Ctrl-D ends\n");
    int code = o->suggest ? judge_proposal(input, c, envp, &e) : judge_events(input, c, &e);
    judge_input_close(input);
    if (e.code != 0) return judge_complain(e.text);
    if (fflush(stdout) != 0 || ferror(stdout))
        return judge_complain("expected to print, got a refusal: check where the output goes");
    return code;
}

int judge(int argc, char **argv, const char *const *envp) {
    struct judge_options o;
    struct err e = {0};
    struct config *c = NULL;
    struct buf problems = {0};
    if (judge_options_parse(argc, argv, &o, &e) != 0) return judge_complain(e.text);
    if (o.help) return printf("%s%s", judge_usage, judge_help) < 0 ? JUDGE_FAILED : JUDGE_GOOD;
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* who pipes kcat in sees each event as it comes */
    if (config_load(envp, &c, &problems) != 0) {
        fputs(buf_text(&problems), stderr);
        buf_free(&problems);
        return JUDGE_FAILED;
    }
    buf_free(&problems);
    log_set_level(LOG_ERROR); /* what matters is told here */
    int code = judge_input_all(&o, c, envp);
    config_destroy(c);
    return code;
}
