/* fuzz/fuzz_config.c - whatever an environment holds, config_load answers with a configuration or with problems.
 * A configuration keeps its promises. The input is entries, with a zero byte or a line end between them. Names get the
 * prefix.
 */
#include <assert.h>
#include <string.h>

#include "config/config.h"

enum { ENTRIES_MAX = 64 };

/* Files are outside: the same input must always do the same. */
static bool names_a_file(struct bytes entry) {
    const char *equals = memchr(entry.p, '=', entry.n);
    size_t n = equals != NULL ? (size_t)(equals - entry.p) : entry.n;
    return n >= 5 && memcmp(entry.p + n - 5, "_FILE", 5) == 0;
}

static size_t entry_length(const char *at, const char *end) {
    size_t n = 0;
    while (at + n < end && at[n] != '\0' && at[n] != '\n') n++;
    return n;
}

static void check_promises(const struct config *c) {
    assert(c->topics_n >= 1 && c->k >= 1 && c->k <= c->list_size && c->list_size <= 4000);
    assert(c->threads >= 1 && c->sketch_kb >= 1 && (c->sketch_kb & (c->sketch_kb - 1)) == 0);
    assert(c->retention_ms >= c->lateness_ms + 120000 && c->publish_interval_ms >= 20);
    assert(*c->brokers && *c->group && *c->board && *c->field_item && strlen(c->global) <= 64);
    for (uint32_t i = 0; i < c->windows_n; i++) assert(c->windows_ms[i] > 0 && c->windows_ms[i] <= c->retention_ms);
    (void)config_meaning_hash(c);
    config_log(c);
}

static void load(const char *const *envp) {
    struct buf problems = {0};
    struct config *c = NULL;
    int status = config_load(envp, &c, &problems);
    assert((status == 0) == (c != NULL) && (status == 0) == (problems.len == 0));
    if (c != NULL) check_promises(c);
    config_destroy(c);
    buf_free(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf entries[ENTRIES_MAX] = {{0}};
    const char *envp[ENTRIES_MAX + 1] = {0}, *at = (const char *)data, *end = at + size;
    size_t n = 0;
    log_set_level(LOG_ERROR);
    while (at < end && n < ENTRIES_MAX) {
        struct bytes entry = {at, entry_length(at, end)};
        at += entry.n;
        if (at < end) at++; /* over the byte between two entries */
        if (names_a_file(entry)) continue;
        buf_add_str(&entries[n], "TOPKD_");
        buf_add(&entries[n], entry.p, entry.n);
        envp[n] = buf_text(&entries[n]);
        n++;
    }
    load(envp);
    while (n > 0) buf_free(&entries[--n]);
    return 0;
}
