/* source/kafka_asker.h - a thread with room for one question, because librdkafka's answers take a round trip or more.
 * It asks with librdkafka's blocking calls, so that the consumer thread goes on polling. The answer waits until poll
 * takes it.   Threads: the consumer's, but for what the answer function does. */
#ifndef TOPKD_SOURCE_KAFKA_ASKER_H
#define TOPKD_SOURCE_KAFKA_ASKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "source/kafka_events.h"

struct kafka_member;

/* Asks about the N of TPS and makes an event of the answer. */
typedef struct kafka_event *kafka_answer_fn(struct kafka_member *m, const struct source_tp *tps, size_t n);

/*           kafka_asker_ask           the thread              kafka_asker_take
 *     IDLE ------------------> ASKED ------------> ANSWERED -------------------> IDLE
 */
enum kafka_asker_state { KAFKA_ASKER_IDLE, KAFKA_ASKER_ASKED, KAFKA_ASKER_ANSWERED };

struct kafka_asker {
    struct kafka_member *member; /* NULL: there is no thread */
    kafka_answer_fn *answer;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    bool stop;
    _Atomic enum kafka_asker_state state; /* changed with the lock, read without it */
    struct source_tp *tps;                /* the question; owned, and not touched while it is ASKED */
    size_t n;
    struct kafka_event *answered; /* when ANSWERED */
};

int kafka_asker_start(struct kafka_asker *a, struct kafka_member *m, kafka_answer_fn *answer) MUST_CHECK;
void kafka_asker_ask_to_stop(struct kafka_asker *a);
/* Waits for a question under way: at most its time limit. One that was not started is allowed. */
void kafka_asker_stop(struct kafka_asker *a);
/* ERR_REFUSED: the question before is not answered yet. */
int kafka_asker_ask(struct kafka_asker *a, const struct source_tp *tps, size_t n, struct err *e) MUST_CHECK;
/* Was something asked whose answer was not taken? */
static inline bool kafka_asker_is_busy(const struct kafka_asker *a) {
    return atomic_load_explicit(&a->state, memory_order_relaxed) != KAFKA_ASKER_IDLE;
}
/* NULL: there is no answer (yet). The caller owns it. */
struct kafka_event *kafka_asker_take(struct kafka_asker *a);

#endif
