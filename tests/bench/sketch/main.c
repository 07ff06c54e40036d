/* bench/sketch/main.c - the sketch beside its rivals: accuracy by stream and size, time, memory, merging.
 *
 *   sketch MODE ROUNDS [quick] [FILE]
 *
 * tests/bench/run calls it mode by mode and makes tables of what it prints. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modes.h"

static const struct {
    const char *name;
    mode_fn *run;
} modes[] = {
    {"accuracy", mode_accuracy}, {"exact", mode_exact}, {"hot", mode_hot},       {"cold", mode_cold},
    {"fleet", mode_fleet},       {"merge", mode_merge}, {"window", mode_window}, {"packed", mode_packed},
};

int main(int argc, char **argv) {
    struct plan plan = {.rounds = argc > 2 ? atoi(argv[2]) : 0};
    for (int i = 3; i < argc; i++)
        if (strcmp(argv[i], "quick") == 0)
            plan.quick = true;
        else
            plan.file = argv[i];
    for (size_t i = 0; argc > 2 && plan.rounds > 0 && i < ARRAY_LEN(modes); i++)
        if (strcmp(argv[1], modes[i].name) == 0) {
            modes[i].run(&plan);
            return 0;
        }
    fprintf(stderr, "usage: sketch MODE ROUNDS [quick] [FILE]\n");
    return 2;
}
