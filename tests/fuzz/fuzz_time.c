/* fuzz/fuzz_time.c - times as the worker reads them beside the audit.
 * Goal: no text and no array is two moments.
 * Method: the first byte of the input says in which zone the rest is read, which lies in memory of its exact size. It
 * is a text, and an array if it is one. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "event/time.h"
#include "topkd-audit/grammar.h"
#include "topkd-audit/moment.h"

/* Assertions are what this program is for. */
#ifdef NDEBUG
#error "build without NDEBUG"
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The last one is the process's. */
static const char *const names[] = {"none", "UTC", "+05:30", "-11:45", "Europe/Berlin"};
enum { ZONES = ARRAY_LEN(names) };

static struct time_zone ours[ZONES];
static struct zone theirs[ZONES];

static void prepare(void) {
    static bool prepared;
    if (prepared) return;
    for (size_t i = 0; i < ZONES; i++) {
        if (time_zone_parse(names[i], &ours[i], NULL) != 0) abort();
        time_zone_enter(&ours[i]);
        theirs[i] = zone_enter(names[i]);
    }
    prepared = true;
}

static void check(struct bytes text, bool array, size_t zone) {
    const struct value v = {.kind = array ? VALUE_ARRAY : VALUE_STRING, .text = text};
    int64_t our_ms = -1, their_ms = -1;
    bool we_can =
        array ? event_time_from_array(text, &ours[zone], &our_ms) : event_time_from_text(text, &ours[zone], &our_ms);
    bool they_can = moment_of_value(&v, &theirs[zone], &their_ms);
    assert(we_can == they_can);
    assert(we_can ? our_ms == their_ms && time_is_believed(our_ms) : our_ms == -1);
}

/* What the decoder takes for an array: a container that begins with a bracket. */
static bool is_array(struct bytes text) {
    if (text.n < 2 || *text.p != '[') return false;
    char *object = malloc(text.n + 6); /* {"":TEXT} */
    if (object == NULL) abort();
    memcpy(object, "{\"\":", 4);
    memcpy(object + 4, text.p, text.n);
    object[4 + text.n] = '}';
    struct walk w = walk_begin(object, object + 5 + text.n);
    bool taken = walk_next(&w) && w.value.n == text.n;
    free(object);
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    prepare();
    if (size == 0) return 0;
    char *copy = malloc(size - 1 + (size == 1));
    if (copy == NULL) abort();
    memcpy(copy, data + 1, size - 1);
    struct bytes text = {copy, size - 1};
    size_t zone = data[0] % ZONES;
    check(text, false, zone);
    if (is_array(text)) check(text, true, zone);
    free(copy);
    return 0;
}
