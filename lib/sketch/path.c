/* sketch/path.c - the path that this processor has is chosen once. */
#include "sketch/path.h"

#include <stdlib.h>
#include <string.h>

#include "base/testhook.h"

extern const struct sketch_path sketch_path_plain;
#if defined(__x86_64__)
extern const struct sketch_path sketch_path_avx2, sketch_path_sse2;
const struct sketch_path *const sketch_paths[] = {&sketch_path_avx2, &sketch_path_sse2, &sketch_path_plain};
#else
const struct sketch_path *const sketch_paths[] = {&sketch_path_plain};
#endif
const size_t sketch_paths_n = ARRAY_LEN(sketch_paths);

#ifdef TOPKD_TESTHOOKS
static const struct sketch_path *chosen;
void sketch_path_choose(const struct sketch_path *path) { chosen = path; }

/* Before main, so that no thread is there yet. A name that is wrong must not pass for a test. */
__attribute__((constructor)) static void choose_what_is_wanted(void) {
    const char *wanted = code_path_wanted();
    for (size_t i = 0; wanted != NULL && i < sketch_paths_n; i++)
        if (strcmp(sketch_paths[i]->name, wanted) == 0 && sketch_paths[i]->runs_here()) chosen = sketch_paths[i];
    if (wanted != NULL && chosen == NULL) abort();
}
#endif

/* Asked for each batch: a load and a test of what was found out before main. */
static const struct sketch_path *path_best(void) {
#ifdef TOPKD_TESTHOOKS
    if (chosen != NULL) return chosen;
#endif
    size_t i = 0;
    while (!sketch_paths[i]->runs_here()) i++;
    return sketch_paths[i];
}

void sketch_add_all(const struct sketch_add *adds, size_t n) { path_best()->add_all(adds, n); }
