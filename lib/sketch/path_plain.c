/* sketch/path_plain.c - the hot code of a sketch for any processor: path.inc. */
#define PATH_ADD_ALL add_all_plain
#include "sketch/path.inc"

static bool runs_here(void) { return true; }

extern const struct sketch_path sketch_path_plain;
const struct sketch_path sketch_path_plain = {"plain", runs_here, add_all_plain};
