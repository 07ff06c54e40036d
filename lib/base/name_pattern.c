/* base/name_pattern.c - patterns for names of topics, by POSIX regcomp. */
#include "base/name_pattern.h"

#include <string.h>

int name_pattern_compile(const char *text, struct name_pattern *out, struct err *e) {
    char why[100];
    if (!name_is_pattern(text)) return err_set(e, ERR_INVALID, "begin the pattern with ^");
    if (strlen(text) > NAME_PATTERN_BYTES_MAX)
        return err_set(e, ERR_INVALID, "shorten the pattern to %d bytes", (int)NAME_PATTERN_BYTES_MAX);
    *out = (struct name_pattern){.text = text};
    int status = regcomp(&out->regex, text, REG_EXTENDED | REG_NOSUB);
    if (status == 0) return 0;
    regerror(status, &out->regex, why, sizeof why);
    return err_set(e, ERR_INVALID, "correct the regular expression (%s; a comma ends it)", why);
}

void name_pattern_free(struct name_pattern *p) { regfree(&p->regex); }

bool name_pattern_fits(const struct name_pattern *p, const char *name) {
    return strncmp(name, "__", 2) != 0 && regexec(&p->regex, name, 0, NULL, 0) == 0;
}
