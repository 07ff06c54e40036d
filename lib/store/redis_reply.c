/* store/redis_reply.c - see redis_reply.h. */
#include "store/redis_reply.h"

#include <string.h>

#include "store/store.h"

/* Broken: another server, or this one later, will take the request; what it has forgotten until then is unknown, so
 * rule 12 applies as after a broken connection. Not here: fatal. */
static const struct {
    const char *code;
    struct redis_error means;
} codes[] = {
    {"OOM", {STORE_FULL, "oom"}},
    {"READONLY", {STORE_BROKEN, "readonly"}},
    {"MASTERDOWN", {STORE_BROKEN, "readonly"}},
    {"NOREPLICAS", {STORE_BROKEN, "readonly"}},
    {"MOVED", {STORE_BROKEN, "moved"}},
    {"ASK", {STORE_BROKEN, "moved"}},
    {"TRYAGAIN", {STORE_BROKEN, "moved"}},
    {"CLUSTERDOWN", {STORE_BROKEN, "moved"}},
    {"LOADING", {STORE_BROKEN, "loading"}},
    {"BUSY", {STORE_BROKEN, "loading"}},
    {"MISCONF", {STORE_BROKEN, "other"}},  /* cannot persist, refuses writes until it can */
    {"NOSCRIPT", {STORE_BROKEN, "other"}}, /* a moment after it was loaded: it is being flushed all the time */
    {"NOAUTH", {STORE_BROKEN, "other"}},
    {"ERR max number of clients", {STORE_BROKEN, "connection"}},
};

/* Before 7.0 an error inside a script was wrapped: "ERR Error running script (call to f_..): @user_script:5: -OOM ..."
 */
static const char *unwrap(const char *text) {
    static const char wrapper[] = "ERR Error running script";
    if (strncmp(text, wrapper, sizeof wrapper - 1) != 0) return text;
    const char *inner = strstr(text, ": -");
    return inner != NULL ? inner + 3 : text;
}

struct redis_error redis_error_of(const char *text) {
    text = unwrap(text);
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        size_t n = strlen(codes[i].code);
        if (strncmp(text, codes[i].code, n) == 0 && (text[n] == ' ' || text[n] == '\0')) return codes[i].means;
    }
    return (struct redis_error){STORE_FATAL, "other"};
}

static int gravity(int status) {
    switch (status) {
    case STORE_OK:
        return 0;
    case STORE_FULL:
        return 1;
    case STORE_BROKEN:
        return 2;
    default:
        return 3;
    }
}

int redis_status_worse(int a, int b) { return gravity(a) >= gravity(b) ? a : b; }
