/* sketch/path.h - the hot code of a sketch, compiled for more than one kind of processor. Same adds, same bytes,
 * on every path.   Threads: any. */
#ifndef TOPKD_SKETCH_PATH_H
#define TOPKD_SKETCH_PATH_H

#include "sketch/sketch.h"

struct sketch_path {
    const char *name;
    bool (*runs_here)(void);
    void (*add_all)(const struct sketch_add *adds, size_t n);
};

/* The best first; the last runs everywhere. */
extern const struct sketch_path *const sketch_paths[];
extern const size_t sketch_paths_n;

#ifdef TOPKD_TESTHOOKS
/* From now on this one; NULL: the best again. */
void sketch_path_choose(const struct sketch_path *path);
#endif

#endif
