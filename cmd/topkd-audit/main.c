/* topkd-audit/main.c - the second opinion: recounts the log exactly and holds what Redis serves against it.
 *   options -> settings -> audit: log -> recount -> wait for the workers -> compare -> report
 * It thinks with a head of its own: of the worker's code it uses lib/base and lib/config only. Two programs that
 * agree were written twice. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "base/mem.h"
#include "report.h"

enum { EXIT_GOOD = 0, EXIT_NOT_GOOD = 1, EXIT_USAGE = 2 };

static int settings_load(struct config **config) {
    struct buf problems = {0};
    int status = config_load((const char *const *)environ, config, &problems);
    if (status != 0) fprintf(stderr, "%s", buf_text(&problems));
    buf_free(&problems);
    return status;
}

static int audit_and_print(const struct config *config, const struct options *options) {
    struct buf out = {0};
    struct err e = {0};
    int status = audit_run(config, options, &out, &e);
    bool unfinished = status != 0 && out.len == 0;
    if (unfinished && options->json) report_json_unfinished(e.text, &out);
    if (unfinished && !options->json) fprintf(stderr, "topkd-audit: %s\n", e.text);
    bool written = fputs(buf_text(&out), stdout) >= 0 && fflush(stdout) == 0;
    buf_free(&out);
    if (!written) fprintf(stderr, "topkd-audit: cannot write the report: %s\n", strerror(errno));
    if (status == 0) return written ? EXIT_GOOD : EXIT_NOT_GOOD;
    return unfinished && status == ERR_INVALID ? EXIT_USAGE : EXIT_NOT_GOOD;
}

int main(int argc, char **argv) {
    struct options options;
    struct config *config;
    struct err e;
    if (options_parse(argc, argv, &options, &e) != 0) {
        fprintf(stderr, "topkd-audit: %s\n", e.text);
        return EXIT_USAGE;
    }
    if (options.help || options.version) {
        fputs(options.help ? options_usage : "topkd-audit " TOPKD_VERSION "\n", stdout);
        return EXIT_GOOD;
    }
    if (settings_load(&config) != 0) return EXIT_USAGE;
    log_set_level(config->log_level);
    int status = audit_and_print(config, &options);
    config_destroy(config);
    return status;
}
