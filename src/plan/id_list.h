/* Lists of small numbers as the kernel writes them: "0-3,7".  Text in, bits out. */
#ifndef CRUN_LITE_PLAN_ID_LIST_H
#define CRUN_LITE_PLAN_ID_LIST_H

#include "base/err.h"

enum {
	ID_LIST_MAX = 1024, /* memory nodes: the kernel's MAX_NUMNODES is at most that */
	ID_LIST_WORDS = ID_LIST_MAX / (8 * sizeof(unsigned long))
};

/* A set as system calls take it: bit 0 of the first word is number 0. */
struct id_list {
	unsigned long bits[ID_LIST_WORDS];
};

/* Reads a list: numbers below ID_LIST_MAX and ranges of them, of which "0-15:1/4" takes the first
 * one of each four.  Blanks around a number are nothing.
 *
 * at, what  for the error's place and the beginning of its text
 * ret       set on success only; never empty
 * Returns   0, or -EINVAL with *e set
 * Source    cpuset(7), "List format"; the groups are of lib/bitmap-str.c */
CHECKED int id_list_parse(
	const char *text, struct src_pos at, const char *what, struct id_list *ret, struct err *e);

#endif
