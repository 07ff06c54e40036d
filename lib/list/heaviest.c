/* list/heaviest.c - the order of every list. */
#include "list/heaviest.h"

int list_order(uint64_t count_a, struct bytes a, uint64_t count_b, struct bytes b) {
    if (count_a != count_b) return count_a > count_b ? -1 : 1;
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n == 0 ? 0 : memcmp(b.p, a.p, n);
    if (c != 0) return c;
    return a.n == b.n ? 0 : a.n > b.n ? -1 : 1;
}
