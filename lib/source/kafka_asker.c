/* source/kafka_asker.c - the thread that asks one question at a time. */
#include "source/kafka_asker.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

/* Locked. */
static void asker_check(const struct kafka_asker *a) {
    assert((a->state == KAFKA_ASKER_ANSWERED) == (a->answered != NULL));
    assert(a->state == KAFKA_ASKER_IDLE || a->n > 0);
}

static void *asker_main(void *self) {
    struct kafka_asker *a = self;
    pthread_mutex_lock(&a->lock);
    while (!a->stop) {
        if (a->state != KAFKA_ASKER_ASKED) {
            pthread_cond_wait(&a->wake, &a->lock);
            continue;
        }
        pthread_mutex_unlock(&a->lock);
        struct kafka_event *answer = a->answer(a->member, a->tps, a->n);
        assert(answer != NULL);
        pthread_mutex_lock(&a->lock);
        a->answered = answer;
        a->state = KAFKA_ASKER_ANSWERED;
        asker_check(a);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

static void asker_deinit(struct kafka_asker *a) {
    pthread_cond_destroy(&a->wake);
    pthread_mutex_destroy(&a->lock);
    a->member = NULL;
}

int kafka_asker_start(struct kafka_asker *a, struct kafka_member *m, kafka_answer_fn *answer) {
    assert(m != NULL && a->member == NULL);
    a->member = m;
    a->answer = answer;
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->wake, NULL);
    if (pthread_create(&a->thread, NULL, asker_main, a) == 0) return 0;
    asker_deinit(a);
    return ERR_IO;
}

void kafka_asker_ask_to_stop(struct kafka_asker *a) {
    if (a->member == NULL) return;
    pthread_mutex_lock(&a->lock);
    a->stop = true;
    pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
}

void kafka_asker_stop(struct kafka_asker *a) {
    if (a->member == NULL) return;
    kafka_asker_ask_to_stop(a);
    pthread_join(a->thread, NULL);
    kafka_event_destroy(a->answered);
    mem_free(a->tps);
    asker_deinit(a);
}

int kafka_asker_ask(struct kafka_asker *a, const struct source_tp *tps, size_t n, struct err *e) {
    if (n == 0) return err_set(e, ERR_INVALID, "no partition to ask for");
    if (kafka_asker_is_busy(a)) return err_set(e, ERR_REFUSED, "the question before is not answered yet");
    assert(a->member != NULL);
    pthread_mutex_lock(&a->lock);
    a->tps = mem_realloc(a->tps, n, sizeof *tps);
    memcpy(a->tps, tps, n * sizeof *tps);
    a->n = n;
    a->state = KAFKA_ASKER_ASKED;
    pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
    return 0;
}

struct kafka_event *kafka_asker_take(struct kafka_asker *a) {
    struct kafka_event *answer = NULL;
    pthread_mutex_lock(&a->lock);
    asker_check(a);
    if (a->state == KAFKA_ASKER_ANSWERED) {
        answer = a->answered;
        a->answered = NULL;
        a->state = KAFKA_ASKER_IDLE;
    }
    pthread_mutex_unlock(&a->lock);
    return answer;
}
