/* store/store.c - frees what the reads of a store hand out. */
#include "store/store.h"

#include "base/mem.h"

void store_progress_deinit(struct store_progress *p) {
    for (size_t i = 0; i < p->n; i++) {
        mem_free(p->rows[i].partition_name);
        mem_free(p->rows[i].value);
    }
    mem_free(p->rows);
    *p = (struct store_progress){0};
}

void store_notes_deinit(struct store_notes *n) {
    for (size_t i = 0; i < n->n; i++) mem_free(n->notes[i].location);
    mem_free(n->notes);
    *n = (struct store_notes){0};
}

void store_hash_deinit(struct store_hash *h) {
    for (size_t i = 0; i < h->parts_n; i++) {
        mem_free(h->parts[i].partition_name);
        mem_free(h->parts[i].items);
    }
    mem_free(h->parts);
    *h = (struct store_hash){.location = h->location, .minute = h->minute};
}

void store_lists_read_deinit(struct store_lists_read *r) {
    store_progress_deinit(&r->progress);
    for (size_t i = 0; i < r->hashes_n; i++) store_hash_deinit(&r->hashes[i]);
}
