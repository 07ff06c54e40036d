/* config/file.c - values that come from files: TOPKD_<NAME>_FILE, for secrets that a platform mounts. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/setting.h"

enum { FILE_BYTES_MAX = 64 << 10 };

static int file_refused(struct err *e) {
    return err_set(e, ERR_INVALID, "check the path and its permissions (%s)", strerror(errno));
}

static int file_read_all(FILE *f, struct buf *out, struct err *e) {
    char *at = buf_reserve(out, FILE_BYTES_MAX + 1);
    size_t n = fread(at, 1, FILE_BYTES_MAX + 1, f);
    if (ferror(f)) return file_refused(e);
    if (n > FILE_BYTES_MAX) return err_set(e, ERR_INVALID, "shorten the file to %d KB", FILE_BYTES_MAX >> 10);
    if (memchr(at, '\0', n) != NULL) return err_set(e, ERR_INVALID, "remove the zero byte from the file");
    while (n > 0 && (at[n - 1] == '\n' || at[n - 1] == '\r')) n--;
    out->len += n;
    return 0;
}

int setting_file_read(const char *path, struct buf *out, struct err *e) {
    FILE *f = fopen(path, "re");
    if (f == NULL) return file_refused(e);
    int status = file_read_all(f, out, e);
    fclose(f);
    return status;
}
