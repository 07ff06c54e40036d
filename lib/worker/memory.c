#include "worker/memory.h"

enum { MB = 1024 * 1024, PUBLISHER_MB = 32, PROCESS_MB = 32, SOURCE_PERCENT = 30, MERGER_SHARE = 32 };

struct memory_shares memory_share(uint64_t limit_bytes, uint32_t consumers) {
    uint64_t fixed = (uint64_t)(PUBLISHER_MB + PROCESS_MB) * MB;
    uint64_t source = limit_bytes / 100 * SOURCE_PERCENT;
    uint64_t merger = limit_bytes / MERGER_SHARE, taken = fixed + source + merger;
    uint64_t sketches = limit_bytes > taken ? limit_bytes - taken : 0;
    return (struct memory_shares){source / consumers, sketches / consumers, merger};
}
