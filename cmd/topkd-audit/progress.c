/* topkd-audit/progress.c - writes a line when the last one is old enough. */
#include "progress.h"

#include <stdarg.h>

void progress_init(struct progress *p, const struct clock *clock, FILE *to, bool terminal) {
    *p = (struct progress){.clock = clock, .to = to, .terminal = terminal};
    p->next_ms = clock_mono_ms(clock) + (terminal ? 0 : PROGRESS_FIRST_MS);
}

bool progress_is_due(const struct progress *p) { return clock_mono_ms(p->clock) >= p->next_ms; }

void progress_say(struct progress *p, const char *fmt, ...) {
    char text[512];
    va_list ap;
    if (!progress_is_due(p)) return;
    p->next_ms = clock_mono_ms(p->clock) + (p->terminal ? PROGRESS_TERMINAL_MS : PROGRESS_LINE_MS);
    p->on_line = p->terminal;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (p->terminal)
        fprintf(p->to, "\r\033[K%.*s", PROGRESS_COLUMNS, text);
    else
        fprintf(p->to, "topkd-audit: %s\n", text);
    fflush(p->to);
}

void progress_clear(struct progress *p) {
    if (p->on_line) fprintf(p->to, "\r\033[K");
    p->on_line = false;
    fflush(p->to);
}
