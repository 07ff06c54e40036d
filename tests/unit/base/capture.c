/* unit/base/capture.c - stderr goes to a temporary file between begin and end. */
#include "capture.h"

#include <unistd.h>

#include <check.h>

void capture_begin(struct capture *c) {
    fflush(stderr);
    c->file = tmpfile();
    ck_assert_ptr_nonnull(c->file);
    c->stderr_before = dup(STDERR_FILENO);
    ck_assert_int_ge(dup2(fileno(c->file), STDERR_FILENO), 0);
}

const char *capture_end(struct capture *c) {
    fflush(stderr);
    dup2(c->stderr_before, STDERR_FILENO);
    close(c->stderr_before);
    rewind(c->file);
    size_t n = fread(c->text, 1, sizeof c->text - 1, c->file);
    c->text[n] = '\0';
    fclose(c->file);
    return c->text;
}
