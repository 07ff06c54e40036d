/* topkd/check.h - topkd --check: would a worker with this environment work? */
#ifndef TOPKD_CMD_TOPKD_CHECK_H
#define TOPKD_CMD_TOPKD_CHECK_H

/* Prints what is found, a line each. 0, or 2 when there is a problem. Changes nothing anywhere. */
int check(const char *const *envp);

#endif
