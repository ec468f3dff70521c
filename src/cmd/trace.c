/* crun-lite trace: the events of a trace file, each on a line with a bar, in the order in which
 * they began.  Reads any file in Chrome's trace format; shows its complete events. */
#include "cmd/cmd.h"

#include "base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yajl/yajl_tree.h>

enum {
	FILE_MAX = 64 * 1024 * 1024,
	NAMES_MAX = 64,
	COLUMNS_MIN = 60,
	COLUMNS_ELSEWHERE = 120,
	FIXED = 36, /* columns of what is no bar and no name */
	BAR_MIN = 16
};

struct event {
	const char *name, *process;
	double begin, duration; /* microseconds */
	bool aside;             /* what the program does is no part of the start */
};

struct trace {
	struct event *events;
	size_t count;
	double total; /* where the scale ends */
};

static void free_text(char **text)
{
	free(*text);
}

static void free_tree(yajl_val *tree)
{
	yajl_tree_free(*tree); /* NULL is nothing */
}

/* --- reading ---------------------------------------------------------------------------------- */

static int read_file(const char *path, char **ret, struct err *e)
{
	AUTO_FD fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, errno, POS_NONE, "cannot open trace \"%s\"", path);
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return err_set(e, EINVAL, POS_NONE,
			"cannot read trace \"%s\": it is no regular file of at most 64 MiB", path);
	*ret = malloc((size_t)st.st_size + 1);
	if (*ret == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	while (n > 0 && len < (size_t)st.st_size) {
		n = read(fd, *ret + len, (size_t)st.st_size - len);
		if (n < 0)
			return err_sys(e, errno, POS_NONE, "cannot read trace \"%s\"", path);
		len += (size_t)n;
	}
	(*ret)[len] = '\0';
	return 0;
}

static yajl_val member(yajl_val object, const char *name, yajl_type type)
{
	return yajl_tree_get(object, (const char *[]){ name, NULL }, type);
}

static const char *text_of(yajl_val object, const char *name)
{
	const yajl_val v = member(object, name, yajl_t_string);

	return v != NULL ? YAJL_GET_STRING(v) : "";
}

static double number_of(yajl_val object, const char *name)
{
	const yajl_val v = member(object, name, yajl_t_number);

	return v != NULL ? strtod(YAJL_GET_NUMBER(v), NULL) : 0;
}

static bool has(yajl_val event, const char *name, const char *text)
{
	return strcmp(text_of(event, name), text) == 0;
}

/* What the process of an event is called. */
static const char *process_of(yajl_val all, double pid)
{
	for (size_t i = 0; i < YAJL_GET_ARRAY(all)->len; i++) {
		const yajl_val v = YAJL_GET_ARRAY(all)->values[i];
		const yajl_val args = member(v, "args", yajl_t_object);

		if (args != NULL && has(v, "ph", "M") && has(v, "name", "process_name") &&
			number_of(v, "pid") == pid)
			return text_of(args, "name");
	}
	return "";
}

static int by_begin(const void *a, const void *b)
{
	const struct event *const x = a, *const y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return x->duration > y->duration ? -1 : x->duration < y->duration;
}

/* The texts are the tree's. */
static int read_events(yajl_val all, struct trace *ret, struct err *e)
{
	const size_t len = YAJL_GET_ARRAY(all)->len;

	ret->events = calloc(len + 1, sizeof(*ret->events));
	if (ret->events == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	for (size_t i = 0; i < len; i++) {
		const yajl_val v = YAJL_GET_ARRAY(all)->values[i];
		struct event *const one = &ret->events[ret->count];

		if (!YAJL_IS_OBJECT(v) || !has(v, "ph", "X"))
			continue;
		*one = (struct event){ text_of(v, "name"), process_of(all, number_of(v, "pid")),
			number_of(v, "ts"), number_of(v, "dur"), has(v, "cat", "aside") };
		if (!(one->begin >= 0 && one->duration >= 0))
			continue;
		if (!one->aside && one->begin + one->duration > ret->total)
			ret->total = one->begin + one->duration;
		ret->count++;
	}
	qsort(ret->events, ret->count, sizeof(*ret->events), by_begin);
	return 0;
}

/* --- showing ---------------------------------------------------------------------------------- */

static size_t columns(void)
{
	const size_t wide = cmd_columns(COLUMNS_ELSEWHERE);

	return wide < COLUMNS_MIN ? COLUMNS_MIN : wide;
}

/* The column of the bar that a moment falls into. */
static size_t column_of(double at, double total, size_t width)
{
	const double part = total > 0 ? at / total : 0;

	return part >= 1 ? width : (size_t)(part * (double)width);
}

static void print_event(const struct trace *t, const struct event *v, size_t bar, size_t room)
{
	const size_t first = column_of(v->begin, t->total, bar);
	size_t last = column_of(v->begin + v->duration, t->total, bar);
	char name[512], process[16];

	(void)snprintf(name, sizeof(name), "%.*s", (int)room, v->name);
	(void)snprintf(process, sizeof(process), "%.9s", v->process);
	text_defuse(name);
	text_defuse(process);
	if (last == first && last < bar)
		last++; /* as short as can be shown */
	(void)printf("%9.3f %9.3f  |", v->begin / 1000, v->duration / 1000);
	for (size_t i = 0; i < bar; i++)
		(void)putchar(i >= first && i < last
				      ? (strcmp(process, "container") == 0 ? '#' : '=')
				      : ' ');
	(void)printf("|  %-9s  %s\n", process, name);
}

static void print_all(const struct trace *t)
{
	const size_t width = columns();
	const size_t bar = (width - FIXED) / 3 > BAR_MIN ? (width - FIXED) / 3 : BAR_MIN;
	const size_t room = width > FIXED + bar + BAR_MIN ? width - FIXED - bar : BAR_MIN;

	(void)printf(
		"%9s %9s  |%-*s|  %-9s  %s\n", "at ms", "for ms", (int)bar, "", "process", "what");
	for (size_t i = 0; i < t->count; i++)
		print_event(t, &t->events[i], bar, room);
	(void)printf("%9.3f ms in all, without the program\n", t->total / 1000);
}

static int show(const char *path, struct err *e)
{
	__attribute__((cleanup(free_text))) char *text = NULL;
	__attribute__((cleanup(free_tree))) yajl_val tree = NULL;
	char why[256] = "";
	struct trace t = { 0 };
	yajl_val all;
	int rc;

	TRY(read_file(path, &text, e));
	tree = yajl_tree_parse(text, why, sizeof(why));
	all = tree == NULL || YAJL_IS_ARRAY(tree) ? tree
						  : member(tree, "traceEvents", yajl_t_array);
	if (all == NULL)
		return err_set(e, EINVAL, POS_NONE,
			"cannot read trace \"%s\": expected Chrome trace JSON, as --trace writes it",
			path);
	rc = read_events(all, &t, e);
	if (rc == 0)
		print_all(&t);
	free(t.events);
	return rc;
}

int cmd_trace(struct cmd *c)
{
	struct err e = { 0 };

	return show(c->args->words[0], &e) < 0 ? cmd_fail_usage(c, &e) : 0;
}
