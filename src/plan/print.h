/* The plan for people and for programs: what will be done, by whom, and which place in config.json
 * asked for it.  Makes text; prints nothing itself.
 *
 * The environment of the program is shown whole: a plan is for whoever owns the configuration.
 * Error messages never show it. */
#ifndef CRUN_LITE_PLAN_PRINT_H
#define CRUN_LITE_PLAN_PRINT_H

#include "base/json_out.h"
#include "plan/plan.h"

/* One line an operation: number from 1, who carries it out, what; members that the sentence does
 * not name as key=value; two blanks; config path and ":line".  Warnings come last.
 * Descriptor slots have names, or are "fd#N"; "[...]" is a list.
 *
 * ret      NUL-terminated, lines end in a newline; lives as long as the plan
 * Returns  0; -ENOMEM */
CHECKED int plan_print_text(const struct plan *p, const char **ret, struct err *e);

/* What one operation does, without number and place: for a trace.
 * index    from 0, below p->count; ret as above, without a newline */
CHECKED int plan_print_operation(
	const struct plan *p, size_t index, const char **ret, struct err *e);

/* An array of one object an operation: number, side, op, text, path, line, column (0: none), args.
 * args are by the operation's kind: numbers; modes as "0755" and bits as "0x1f"; slots by name;
 * lists as arrays; null for what is not set.
 * key  as everywhere in json_out.h; memory that is short is told by json_finish */
void plan_print_json(const struct plan *p, struct json_out *j, const char *key);

/* An array of one object a warning: text, line, column. */
void plan_print_json_warnings(const struct plan *p, struct json_out *j, const char *key);

#endif
