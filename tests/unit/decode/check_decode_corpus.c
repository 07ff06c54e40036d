/* unit/decode/check_decode_corpus.c - the messages of tests/data/events.
 * Goal: what becomes of odd messages is written down as files that anyone can read and add to.
 * Method: tests/data/events/<case>.in is a message, byte for byte; <case>.want holds its events, one a line as
 * support/event_text.h writes them, after comment lines (#) that say what the case is about. A comment `#:` has
 * settings that are not the usual ones. Each message has the key k1, the topic `events`, and a header `country`, which
 * is SE. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/buf.h"
#include "decode_given.h"

#define CORPUS "tests/data/events" /* from the top of the repository, where make runs */

static struct buf file_read(const char *path) {
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s cannot be read: run from the top of the repository; a case is two files", path);
    struct buf b = {0};
    for (size_t got = 1; got > 0; b.len += got) got = fread(buf_reserve(&b, 4096), 1, 4096, f);
    fclose(f);
    return b;
}

/* -- settings -- */

static const struct {
    const char *name;
    size_t field; /* EVENT_FIELDS: EVENTS_AT */
} settings[] = {
    {"FIELD_ITEM", EVENT_FIELD_ITEM}, {"FIELD_LOCATION", EVENT_FIELD_LOCATION}, {"FIELD_TIME", EVENT_FIELD_TIME},
    {"FIELD_TYPE", EVENT_FIELD_TYPE}, {"FIELD_VALUE", EVENT_FIELD_VALUE},       {"FIELD_ID", EVENT_FIELD_ID},
    {"EVENTS_AT", EVENT_FIELDS},
};

/* TEXT, `NAME=value`, is borrowed by RULES and cut. */
static void setting_take(char *text, struct event_rules *rules, const char *file) {
    char *value = strchr(text, '=');
    size_t i = 0;
    ck_assert_msg(value != NULL, "%s: expected NAME=value, got %s", file, text);
    *value++ = '\0';
    while (i < ARRAY_LEN(settings) && strcmp(settings[i].name, text) != 0) i++;
    ck_assert_msg(i < ARRAY_LEN(settings), "%s: there is no setting %s", file, text);
    if (settings[i].field < EVENT_FIELDS)
        rules->fields[settings[i].field] = value;
    else
        rules->events_at = value;
}

/* Cuts the comment lines off TEXT, and takes the settings in them; returns what follows. */
static char *comments_take(char *text, struct event_rules *rules, const char *file) {
    while (*text == '#') {
        char *line = text, *state = NULL;
        text += strcspn(text, "\n");
        if (*text == '\n') *text++ = '\0';
        if (line[1] != ':') continue;
        for (char *word = strtok_r(line + 2, " ", &state); word != NULL; word = strtok_r(NULL, " ", &state))
            setting_take(word, rules, file);
    }
    return text;
}

/* -- cases -- */

static struct bytes country_header(void *self, const char *name) {
    (void)self;
    return strcmp(name, "country") == 0 ? (struct bytes){"SE", 2} : (struct bytes){NULL, 0};
}

static void expect_case(const char *name) {
    char path[512];
    struct event_rules rules = *given_rules();
    snprintf(path, sizeof path, "%s/%s.in", CORPUS, name);
    struct buf in = file_read(path), got = {0};
    snprintf(path, sizeof path, "%s/%s.want", CORPUS, name);
    struct buf want = file_read(path);
    const char *expected = comments_take((char *)buf_text(&want), &rules, path);
    struct decoded d = decoded_message(&rules, &(struct message){.value = {in.len > 0 ? in.data : "", in.len},
                                                                 .key = {"k1", 2},
                                                                 .topic = "events",
                                                                 .time_ms = RECORD_TIME_MS,
                                                                 .header = country_header});
    for (size_t i = 0; i < d.batch.n; i++) buf_addf(&got, "%s\n", decoded_line(&d, i));
    ck_assert_msg(strcmp(buf_text(&got), expected) == 0, "case %s is\n%swanted\n%s", name, buf_text(&got), expected);
    decoded_free(&d);
    buf_free(&in);
    buf_free(&got);
    buf_free(&want);
}

START_TEST(every_case_of_the_corpus_is_judged_as_written) {
    DIR *dir = opendir(CORPUS);
    ck_assert_msg(dir != NULL, "no folder %s: run from the top of the repository", CORPUS);
    int cases = 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        size_t n = strlen(e->d_name);
        if (n <= 3 || strcmp(e->d_name + n - 3, ".in") != 0) continue;
        e->d_name[n - 3] = '\0';
        expect_case(e->d_name);
        cases++;
    }
    closedir(dir);
    ck_assert_int_gt(cases, 0);
}
END_TEST

Suite *decode_corpus_suite(void);
Suite *decode_corpus_suite(void) {
    Suite *s = suite_create("decode_corpus");
    TCase *c = tcase_create("files");
    tcase_add_test(c, every_case_of_the_corpus_is_judged_as_written);
    suite_add_tcase(s, c);
    return s;
}
