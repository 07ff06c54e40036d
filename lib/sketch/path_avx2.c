/* sketch/path_avx2.c - the hot code of a sketch for an x86-64 with AVX2, chosen when the process starts to count:
 * path.inc. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2"))), apply_to = function)
#else
#pragma GCC target("avx2,bmi,bmi2")
#endif
#define SKETCH_PATH_AVX2
#define PATH_ADD_ALL add_all_avx2
#include "sketch/path.inc"

static bool runs_here(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"); }

extern const struct sketch_path sketch_path_avx2;
const struct sketch_path sketch_path_avx2 = {"avx2", runs_here, add_all_avx2};
#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
typedef int no_avx2_here;
#endif
