/* sketch/overflow.c - what a full set does with an item that wins a place in it: sketch.c has the idea and the
 * arithmetic of the bounds. */
#include <assert.h>

#include "base/pool.h"
#include "sketch/state.h"

void sketch_missed_clip(struct sketch *s, uint32_t i, uint32_t w) {
    assert(s->over->missed[i] < w); /* it went over */
    s->over->missed[i] -= w;        /* what it was before it went over */
    s->over->missed[i] = sketch_add_saturating(s, s->over->missed[i], w);
}

void sketch_change_places(struct sketch *s, uint32_t i, unsigned way, unsigned cell, uint32_t admitted,
                          const struct sketch_add *a) {
    assert(s->over != NULL && way < SET_WAYS && cell < SET_CELLS);
    struct set *set = &s->sets[i];
    struct set_bounds *b = &s->over->bounds[i];
    assert(b->admitted[way] <= set->count[way]);
    uint32_t certain = set->count[way] - b->admitted[way];
    set->light[cell] = cell_make(set->tag[way] >> CELL_COUNT_BITS, set->count[way]);
    b->admitted[way] = admitted;
    b->missed_at[way] = s->over->missed[i];
    s->over->missed[i] = sketch_add_saturating(s, s->over->missed[i], certain);
    sketch_way_replace(s, i, way, tag_of(a->hash), sketch_add_saturating(s, admitted, a->weight), a->item);
}
