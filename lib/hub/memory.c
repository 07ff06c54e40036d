/* hub/memory.c - the shares in numbers, and what the kernel counts. */
#include "hub/memory.h"

#include <stdio.h>
#include <unistd.h>

enum { MB = 1024 * 1024, PUBLISHER_MB = 32, PROCESS_MB = 32, SOURCE_PERCENT = 30, MERGER_SHARE = 32 };

struct memory_shares memory_share(uint64_t limit_bytes, uint32_t consumers) {
    uint64_t fixed = (uint64_t)(PUBLISHER_MB + PROCESS_MB) * MB;
    uint64_t source = limit_bytes / 100 * SOURCE_PERCENT;
    uint64_t merger = limit_bytes / MERGER_SHARE, taken = fixed + source + merger;
    uint64_t sketches = limit_bytes > taken ? limit_bytes - taken : 0;
    return (struct memory_shares){source / consumers, sketches / consumers, merger};
}

uint64_t memory_resident_bytes(void) {
    unsigned long long size, resident;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f == NULL) return 0;
    int n = fscanf(f, "%llu %llu", &size, &resident);
    fclose(f);
    return n == 2 ? resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

/* What is read has still to be published, and librdkafka has more of it under way. */
bool memory_is_full(uint64_t resident_bytes, uint64_t limit_bytes, bool stopped) {
    uint64_t sixteenth = limit_bytes / 16;
    return resident_bytes + (uint64_t)PUBLISHER_MB * MB + (stopped ? 2 : 1) * sixteenth >= limit_bytes;
}
