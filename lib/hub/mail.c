#include "hub/mail.h"

#include <string.h>
#include <time.h>

#include "base/mem.h"

struct mail *mail_create(enum mail_type type, struct bytes location, struct bytes body) {
    struct mail *m = mem_alloc(sizeof *m + location.n + body.n);
    *m = (struct mail){.type = type, .location_len = location.n, .body_len = body.n};
    if (location.n > 0) memcpy(m->bytes, location.p, location.n);
    if (body.n > 0) memcpy(m->bytes + location.n, body.p, body.n);
    return m;
}

struct mail *mail_drop_body(struct mail *m) {
    m->body_len = 0;
    return mem_realloc(m, 1, mail_bytes(m));
}

void mail_free_all(struct mail *list) {
    while (list != NULL) {
        struct mail *m = list;
        list = m->next;
        mem_free(m);
    }
}

void mailbox_init(struct mailbox *b, size_t limit_bytes) {
    pthread_condattr_t attr;
    *b = (struct mailbox){.limit_bytes = limit_bytes};
    pthread_mutex_init(&b->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&b->filled, &attr);
    pthread_condattr_destroy(&attr);
}

void mailbox_deinit(struct mailbox *b) {
    mail_free_all(b->head);
    pthread_cond_destroy(&b->filled);
    pthread_mutex_destroy(&b->lock);
}

bool mailbox_put(struct mailbox *b, struct mail *m) {
    pthread_mutex_lock(&b->lock);
    bool room = b->limit_bytes == 0 || b->bytes + mail_bytes(m) <= b->limit_bytes || b->head == NULL;
    if (room) {
        m->next = NULL;
        if (b->tail == NULL)
            b->head = m;
        else
            b->tail->next = m;
        b->tail = m;
        b->bytes += mail_bytes(m);
        pthread_cond_signal(&b->filled);
    }
    pthread_mutex_unlock(&b->lock);
    return room;
}

static void wait_filled(struct mailbox *b, int timeout_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (b->head == NULL && !b->woken)
        if (pthread_cond_timedwait(&b->filled, &b->lock, &until) != 0) break;
    b->woken = false;
}

struct mail *mailbox_take(struct mailbox *b, size_t max_bytes, int timeout_ms) {
    pthread_mutex_lock(&b->lock);
    if (b->head == NULL && timeout_ms > 0) wait_filled(b, timeout_ms);
    struct mail *first = b->head, *last = NULL;
    size_t taken = 0;
    while (b->head != NULL && (max_bytes == 0 || last == NULL || taken + mail_bytes(b->head) <= max_bytes)) {
        last = b->head;
        taken += mail_bytes(last);
        b->head = last->next;
    }
    if (b->head == NULL) b->tail = NULL;
    if (last != NULL) last->next = NULL;
    b->bytes -= taken;
    pthread_mutex_unlock(&b->lock);
    return first;
}

static bool is_woken(struct mailbox *b) {
    pthread_mutex_lock(&b->lock);
    bool woken = b->woken;
    pthread_mutex_unlock(&b->lock);
    return woken;
}

/* Naps instead of waiting for the condition: a put that nobody waits for is several times cheaper. */
struct mail *mailbox_gather(struct mailbox *b, size_t bytes_max, int timeout_ms, int quiet_ms, int max_ms) {
    const struct timespec nap = {quiet_ms / 1000, (long)(quiet_ms % 1000) * 1000000};
    struct mail *first = mailbox_take(b, bytes_max, timeout_ms), **end = &first;
    size_t bytes = 0;
    for (int waited = 0;; waited += quiet_ms) {
        size_t before = bytes;
        for (; *end != NULL; end = &(*end)->next) bytes += mail_bytes(*end);
        if (bytes == before || bytes >= bytes_max || waited >= max_ms || is_woken(b)) return first;
        nanosleep(&nap, NULL);
        *end = mailbox_take(b, bytes_max - bytes, 0);
    }
}

void mailbox_wake(struct mailbox *b) {
    pthread_mutex_lock(&b->lock);
    b->woken = true;
    pthread_cond_signal(&b->filled);
    pthread_mutex_unlock(&b->lock);
}

size_t mailbox_bytes(struct mailbox *b) {
    pthread_mutex_lock(&b->lock);
    size_t n = b->bytes;
    pthread_mutex_unlock(&b->lock);
    return n;
}
