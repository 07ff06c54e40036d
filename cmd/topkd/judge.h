/* topkd/judge.h - `topkd judge`: what the worker would make of events, and why. It changes nothing anywhere. */
#ifndef TOPKD_JUDGE_H
#define TOPKD_JUDGE_H

/* ARGV[0] is "judge"; ENVP as in config_load. Prints to stdout; the exit status: 0 all is applied, 1 something is
 * rejected or there is nothing, 2 it could not be done. */
int judge(int argc, char **argv, const char *const *envp);

#endif
