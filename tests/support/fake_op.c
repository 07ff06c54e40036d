/* support/fake_op.c - requests that outlive their caller. */
#include <string.h>

#include "base/mem.h"
#include "support/fake_scripts.h"

/* A copy of N bytes and a NUL that OP owns. */
static void *keep(struct fake_op *op, const void *p, size_t n) {
    char *copy = mem_alloc(n + 1);
    if (n > 0) memcpy(copy, p, n);
    copy[n] = '\0';
    op->kept = mem_realloc(op->kept, op->kept_n + 1, sizeof *op->kept);
    op->kept[op->kept_n++] = copy;
    return copy;
}

static char *keep_text(struct fake_op *op, const char *s) { return keep(op, s, strlen(s)); }

static struct bytes keep_bytes(struct fake_op *op, struct bytes b) { return (struct bytes){keep(op, b.p, b.n), b.n}; }

static void keep_parts(struct fake_op *op) {
    struct store_parts *in = op->parts = keep(op, op->parts, sizeof *op->parts);
    in->location = keep_bytes(op, in->location);
    in->parts = keep(op, in->parts, in->n * sizeof *in->parts);
    for (size_t i = 0; i < in->n; i++) {
        in->parts[i].partition_name = keep_text(op, in->parts[i].partition_name);
        in->parts[i].items = keep_bytes(op, in->parts[i].items);
    }
}

static void keep_rows(struct fake_op *op) {
    op->new_life = keep_text(op, op->new_life);
    op->group = keep_text(op, op->group);
    op->rows = keep(op, op->rows, op->n * sizeof *op->rows);
    for (size_t i = 0; i < op->n; i++) {
        op->rows[i].partition_name = keep_text(op, op->rows[i].partition_name);
        op->rows[i].value = keep_bytes(op, op->rows[i].value);
    }
}

static void keep_joins(struct fake_op *op) {
    op->new_life = keep_text(op, op->new_life);
    op->group = keep_text(op, op->group);
    op->joins = keep(op, op->joins, op->n * sizeof *op->joins);
    for (size_t i = 0; i < op->n; i++) op->joins[i].partition_name = keep_text(op, op->joins[i].partition_name);
}

static void keep_retire(struct fake_op *op) {
    struct store_retire *r = op->retire = keep(op, op->retire, sizeof *op->retire);
    struct store_progress_row *was = keep(op, r->was, sizeof *r->was);
    was->partition_name = keep_text(op, was->partition_name);
    was->value = keep(op, was->value, was->value_len);
    r->was = was;
    r->value = keep_bytes(op, r->value);
}

static void keep_list(struct fake_op *op) {
    struct store_list *l = op->list = keep(op, op->list, sizeof *op->list);
    l->location = keep_bytes(op, l->location);
    l->state = keep_text(op, l->state);
    l->merged = keep_bytes(op, l->merged);
    struct store_list_item *top = keep(op, l->top, l->top_n * sizeof *l->top);
    for (size_t i = 0; i < l->top_n; i++) top[i].item = keep_bytes(op, top[i].item);
    l->top = top;
}

static void keep_note(struct fake_op *op) {
    struct store_note *note = keep(op, op->note, sizeof *op->note);
    note->location = keep_bytes(op, note->location);
    op->note = note;
}

static void keep_note_end(struct fake_op *op) {
    struct store_note_end *end = keep(op, op->end, sizeof *op->end);
    end->location = keep_bytes(op, end->location);
    end->token = keep_text(op, end->token);
    op->end = end;
}

static void keep_locations(struct fake_op *op) {
    struct bytes *all = keep(op, op->locations, op->n * sizeof *op->locations);
    for (size_t i = 0; i < op->n; i++) all[i] = keep_bytes(op, all[i]);
    op->locations = all;
}

struct fake_op *fake_op_copy(const struct fake_op *from) {
    struct fake_op *op = mem_dup(from, sizeof *from);
    op->kept = NULL;
    op->kept_n = 0;
    switch (op->kind) {
    case FAKE_OP_PARTS:
        keep_parts(op);
        break;
    case FAKE_OP_NOTE:
        keep_note(op);
        break;
    case FAKE_OP_ROWS:
        keep_rows(op);
        break;
    case FAKE_OP_JOIN:
        keep_joins(op);
        break;
    case FAKE_OP_CLOSE:
        op->close = keep(op, op->close, sizeof *op->close);
        break;
    case FAKE_OP_RETIRE:
        keep_retire(op);
        break;
    case FAKE_OP_LIST:
        keep_list(op);
        op->oldest = NULL;
        break;
    case FAKE_OP_LOSE:
        op->loss = keep(op, op->loss, sizeof *op->loss);
        op->loss->location = keep_bytes(op, op->loss->location);
        break;
    case FAKE_OP_FORGET: /* never late: the fake asks only when all lists are written */
        break;
    case FAKE_OP_NOTE_END:
        keep_note_end(op);
        break;
    case FAKE_OP_LOCATIONS:
        keep_locations(op);
        break;
    }
    return op;
}

void fake_op_destroy(struct fake_op *op) {
    if (op == NULL) return;
    for (size_t i = 0; i < op->kept_n; i++) mem_free(op->kept[i]);
    mem_free(op->kept);
    mem_free(op);
}
