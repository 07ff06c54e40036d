/* serve/clients.c - one list of connections, from the oldest to the newest.
 * Every question walks the whole list: there are only dozens. */
#include "serve/clients.h"

#include <netinet/in.h>
#include <string.h>

#include "base/mem.h"

const char *client_fault_name(enum client_fault f) {
    static const char *const names[] = {"address_full", "all_full", "slow", "idle"};
    return names[f];
}

/* -- addresses ----------------------------------------------------------------------------------------------------- */

static struct client_address address_of(const struct sockaddr *from) {
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct client_address a = {{0}};
    if (from == NULL) return a;
    if (from->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)from;
        memcpy(a.bytes, mapped, sizeof mapped);
        memcpy(a.bytes + sizeof mapped, &v4->sin_addr, 4);
    } else if (from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)from;
        bool is_v4 = memcmp(&v6->sin6_addr, mapped, sizeof mapped) == 0;
        memcpy(a.bytes, &v6->sin6_addr, is_v4 ? 16 : 8);
    }
    return a;
}

static bool address_same(const struct client_address *a, const struct client_address *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

static unsigned clients_count_from(const struct clients *s, const struct client_address *from) {
    unsigned n = 0;
    for (const struct client *c = s->oldest; c != NULL; c = c->newer) n += address_same(&c->from, from);
    return n;
}

static struct client *clients_oldest_from(const struct clients *s, const struct client_address *from) {
    struct client *c = s->oldest;
    while (c != NULL && !address_same(&c->from, from)) c = c->newer;
    return c;
}

/* -- the list ------------------------------------------------------------------------------------------------------ */

struct client *clients_add(struct clients *s, const struct sockaddr *from, int fd, int64_t now_ms) {
    struct client *c = mem_zalloc(1, sizeof *c), **at = &s->oldest;
    *c = (struct client){.from = address_of(from), .fd = fd, .due_ms = now_ms + s->limits.request_ms_max};
    while (*at != NULL) at = &(*at)->newer;
    *at = c;
    s->n++;
    return c;
}

static struct client *client_take_out(struct clients *s, struct client *c) {
    struct client **at = &s->oldest;
    while (*at != c) at = &(*at)->newer;
    *at = c->newer;
    s->n--;
    c->leaves = true;
    return c;
}

void clients_remove(struct clients *s, struct client *c) {
    if (!c->leaves) client_take_out(s, c);
    mem_free(c);
}

void clients_request(struct clients *s, struct client *c, int64_t now_ms) {
    if (c->kept) c->due_ms = now_ms + s->limits.request_ms_max;
    c->kept = false;
}

void clients_answered(struct clients *s, struct client *c, int64_t now_ms) {
    c->due_ms = now_ms + s->limits.kept_ms_max;
    c->kept = true;
}

/* -- who has to go ------------------------------------------------------------------------------------------------- */

static struct client *clients_oldest_of_busiest(const struct clients *s) {
    struct client *found = NULL;
    unsigned most = 0;
    for (struct client *c = s->oldest; c != NULL; c = c->newer) {
        unsigned n = clients_count_from(s, &c->from);
        if (n <= most) continue;
        most = n;
        found = c;
    }
    return found;
}

static const struct client *clients_newest(const struct clients *s) {
    const struct client *c = s->oldest;
    while (c != NULL && c->newer != NULL) c = c->newer;
    return c;
}

struct client *clients_take_excess(struct clients *s, enum client_fault *why) {
    const struct client *last = clients_newest(s);
    if (last == NULL) return NULL;
    if (clients_count_from(s, &last->from) > s->limits.per_address_max) {
        *why = CLIENT_ADDRESS_FULL;
        return client_take_out(s, clients_oldest_from(s, &last->from));
    }
    if (s->n <= s->limits.connections_max) return NULL;
    *why = CLIENT_ALL_FULL;
    return client_take_out(s, clients_oldest_of_busiest(s));
}

struct client *clients_take_late(struct clients *s, int64_t now_ms, enum client_fault *why) {
    struct client *c = s->oldest;
    while (c != NULL && c->due_ms > now_ms) c = c->newer;
    if (c == NULL) return NULL;
    *why = c->kept ? CLIENT_IDLE : CLIENT_SLOW;
    return client_take_out(s, c);
}

int64_t clients_due_ms(const struct clients *s) {
    int64_t due_ms = INT64_MAX;
    for (const struct client *c = s->oldest; c != NULL; c = c->newer) due_ms = i64_smaller(due_ms, c->due_ms);
    return due_ms;
}
