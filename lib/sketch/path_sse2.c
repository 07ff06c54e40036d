/* sketch/path_sse2.c - the hot code of a sketch for any x86-64: path.inc. */
#if defined(__SSE2__)
#define SKETCH_PATH_SSE2
#define PATH_ADD_ALL add_all_sse2
#include "sketch/path.inc"

static bool runs_here(void) { return true; }

extern const struct sketch_path sketch_path_sse2;
const struct sketch_path sketch_path_sse2 = {"sse2", runs_here, add_all_sse2};
#else
typedef int no_sse2_here;
#endif
