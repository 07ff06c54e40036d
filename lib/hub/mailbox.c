/* hub/mailbox.c - a linked list behind a mutex, and who waits for it. */
#include "hub/mailbox.h"

#include "hub/cond.h"

/* Locked. */
static bool mailbox_check(const struct mailbox *b) {
    return (b->head == NULL) == (b->tail == NULL) && (b->head == NULL) == (b->bytes == 0) &&
           (b->tail == NULL || b->tail->next == NULL);
}

void mailbox_init(struct mailbox *b, size_t limit_bytes) {
    *b = (struct mailbox){.limit_bytes = limit_bytes};
    pthread_mutex_init(&b->lock, NULL);
    cond_init(&b->filled);
}

void mailbox_deinit(struct mailbox *b) {
    mail_free_all(b->head);
    pthread_cond_destroy(&b->filled);
    pthread_mutex_destroy(&b->lock);
}

/* Locked. */
static void mail_append(struct mailbox *b, struct mail *m) {
    m->next = NULL;
    if (b->tail == NULL)
        b->head = m;
    else
        b->tail->next = m;
    b->tail = m;
    b->bytes += mail_bytes(m);
}

bool mailbox_put(struct mailbox *b, struct mail *m) {
    pthread_mutex_lock(&b->lock);
    assert(mailbox_check(b));
    bool room = b->limit_bytes == 0 || b->bytes + mail_bytes(m) <= b->limit_bytes || b->head == NULL;
    if (room) {
        mail_append(b, m);
        pthread_cond_signal(&b->filled);
    }
    pthread_mutex_unlock(&b->lock);
    return room;
}

/* Locked. */
static void filled_wait(struct mailbox *b, int timeout_ms) {
    struct timespec until = cond_deadline(timeout_ms);
    while (b->head == NULL && !b->woken)
        if (pthread_cond_timedwait(&b->filled, &b->lock, &until) != 0) break;
    b->woken = false;
}

/* Locked. */
static struct mail *mails_cut(struct mailbox *b, size_t bytes_max) {
    struct mail *first = b->head, *last = NULL;
    size_t bytes = 0;
    while (b->head != NULL && (bytes_max == 0 || last == NULL || bytes + mail_bytes(b->head) <= bytes_max)) {
        last = b->head;
        bytes += mail_bytes(last);
        b->head = last->next;
    }
    if (b->head == NULL) b->tail = NULL;
    if (last != NULL) last->next = NULL;
    b->bytes -= bytes;
    return first;
}

struct mail *mailbox_take(struct mailbox *b, size_t bytes_max, int timeout_ms) {
    pthread_mutex_lock(&b->lock);
    assert(mailbox_check(b));
    if (b->head == NULL && timeout_ms > 0) filled_wait(b, timeout_ms);
    struct mail *first = mails_cut(b, bytes_max);
    pthread_mutex_unlock(&b->lock);
    return first;
}

static bool mailbox_is_woken(struct mailbox *b) {
    pthread_mutex_lock(&b->lock);
    bool woken = b->woken;
    pthread_mutex_unlock(&b->lock);
    return woken;
}

/* Naps instead of waiting for the condition: a put that nobody waits for is several times cheaper. */
struct mail *mailbox_gather(struct mailbox *b, size_t bytes_max, const struct mailbox_patience *patience) {
    int quiet_ms = patience->quiet_ms;
    const struct timespec nap = {quiet_ms / 1000, (long)(quiet_ms % 1000) * 1000000};
    struct mail *first = mailbox_take(b, bytes_max, patience->first_ms), **end = &first;
    size_t bytes = 0;
    for (int waited_ms = 0;; waited_ms += quiet_ms) {
        size_t before = bytes;
        for (; *end != NULL; end = &(*end)->next) bytes += mail_bytes(*end);
        bool enough = bytes == before || bytes >= bytes_max;
        if (enough || waited_ms >= patience->all_ms || mailbox_is_woken(b)) return first;
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
