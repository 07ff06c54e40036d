/* publisher/rows.c - rows and joins: all of a batch in one call each. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "protocol/row.h"
#include "publisher/state.h"

/* A life for a Redis that has none, or went back. */
static void life_make(char life[LIFE_LEN + 1]) { snprintf(life, LIFE_LEN + 1, "%016" PRIx64, random64()); }

/* -- joins -- */

static void join_answered(struct mail *m, const struct store_join *j) {
    struct progress_row row;
    bool has_row = j->fence[0] != 0 && progress_row_parse((struct bytes){j->value, strlen(j->value)}, &row);
    struct mail_join answer = {.is_new = j->is_new,
                               .incarnation = j->fence[0] != 0 ? fence_incarnation(j->fence) : 0,
                               .closable_until = j->closable_until,
                               .unsure_until = has_row && progress_row_is_retired(&row) ? row.unsure_until : NO_MINUTE};
    memcpy(answer.life, j->life, sizeof answer.life);
    mail_join_answer(m, &answer);
}

static void joins_collect(struct publisher *p) {
    struct outgoing *o = &p->out;
    o->joins_n = 0;
    for (const struct mail *m = p->batch; m != NULL; m = m->next)
        if (m->type == MAIL_JOIN) o->joins[o->joins_n++] = (struct store_join){.partition_name = m->partition_name};
}

int joins_send(struct publisher *p, struct err *e) {
    char life[LIFE_LEN + 1];
    joins_collect(p);
    if (p->out.joins_n == 0) return STORE_OK;
    life_make(life);
    int status = p->store.ops->join(p->store.self, p->out.joins, p->out.joins_n, life, e);
    if (status != STORE_OK) return status;
    const struct store_join *join = p->out.joins;
    for (struct mail *m = p->batch; m != NULL; m = m->next)
        if (m->type == MAIL_JOIN) join_answered(m, join++);
    return STORE_OK;
}

/* -- rows -- */

static void rows_collect(struct publisher *p) {
    struct outgoing *o = &p->out;
    o->rows_n = 0;
    for (const struct mail *m = p->batch; m != NULL; m = m->next) {
        if (m->type != MAIL_ROW) continue;
        const struct mail_row *r = mail_row(m);
        struct store_row *row = &o->rows[o->rows_n++];
        *row =
            (struct store_row){.partition_name = m->partition_name, .value = mail_body(m), .rows_kept = r->rows_kept};
        fence_format(row->fence, r->incarnation, r->frontier);
        memcpy(row->life, r->life, sizeof row->life);
    }
}

/* True if Redis had a life, and has another one now. */
static bool row_answered(struct mail *m, const struct store_row *row) {
    bool had_life = mail_row(m)->life[0] != 0;
    mail_row_answer(m, row->rows_stored, row->redis_ms);
    if (row->answer == STORE_LEFT_OUT) mail_row_left_out(m);
    if (row->answer != STORE_OTHER_LIFE) return false;
    mail_row_other_life(m, row->new_life);
    return had_life;
}

int rows_send(struct publisher *p, bool *forgot, struct err *e) {
    char life[LIFE_LEN + 1];
    *forgot = false;
    rows_collect(p);
    if (p->out.rows_n == 0) return STORE_OK;
    life_make(life);
    int status = p->store.ops->rows_write(p->store.self, p->out.rows, p->out.rows_n, life, e);
    if (status != STORE_OK) return status;
    const struct store_row *row = p->out.rows;
    for (struct mail *m = p->batch; m != NULL; m = m->next)
        if (m->type == MAIL_ROW && row_answered(m, row++)) *forgot = true;
    return STORE_OK;
}
