/* The times of a start as lines of the debug log and as Chrome trace JSON ("Trace Event Format",
 * complete events).  The file is for the trace viewers of browsers and for `crun-lite trace`. */
#include "lib/trace.h"

#include "base/json_out.h"
#include "base/sys.h"
#include "plan/print.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum {
	NS_PER_US = 1000,
	US_DIGITS = 3 /* behind the point */
};

int trace_start(struct trace *t, const struct crl_settings *s, const char *id, struct err *e)
{
	*t = (struct trace){ .settings = s, .id = id, .fd = FD_NONE };
	if (s->trace == NULL && !s->debug)
		return 0;
	t->start = plan_clock();
	if (s->trace == NULL)
		return 0;
	t->fd = openat(AT_FDCWD, s->trace,
		O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644);
	return t->fd >= 0 ? 0 : err_sys(e, errno, POS_NONE, "cannot open trace \"%s\"", s->trace);
}

void trace_phase(struct trace *t, const char *name)
{
	const uint64_t now = t->start != 0 ? plan_clock() : 0;

	if (now == 0)
		return;
	if (t->phase_count > 0 && t->phases[t->phase_count - 1].end == 0)
		t->phases[t->phase_count - 1].end = now;
	if (name == NULL)
		return;
	must(t->phase_count < TRACE_PHASES);
	t->phases[t->phase_count++] = (struct trace_phase){ .name = name, .begin = now };
}

void trace_aside(struct trace *t, const char *name)
{
	trace_phase(t, name);
	if (t->phase_count > 0)
		t->phases[t->phase_count - 1].aside = true;
}

/* --- --debug ---------------------------------------------------------------------------------- */

/* The first operation from *at on that one side has done; NULL: none. */
static const struct plan_time *next_done(
	const struct trace *t, const struct plan_time *side, size_t *at)
{
	for (size_t i = *at; i < t->plan->count; i++) {
		if (side[i].begin == 0)
			continue;
		if (side[i].end == 0)
			return NULL;
		*at = i;
		return &side[i];
	}
	return NULL;
}

static void tell_one(
	const struct trace *t, const char *who, size_t at, const struct plan_time *time)
{
	const struct plan_op *const op = &t->plan->ops[at];
	const char *what = "";
	struct err ignored = { 0 };
	char text[2048];

	if (plan_print_operation(t->plan, at, &what, &ignored) < 0)
		return; /* memory is short: the start itself will say so */
	(void)snprintf(text, sizeof(text), "+%" PRIu64 " us, %" PRIu64 " us: %s: %s",
		(time->begin - t->start) / NS_PER_US, (time->end - time->begin) / NS_PER_US, who,
		what); /* cut when too long */
	crl_tell(t->settings, CRL_DEBUG, op->at, text);
}

static void tell(struct trace *t)
{
	if (!t->settings->debug || t->times.parent == NULL)
		return;
	for (;;) {
		const struct plan_time *const p = next_done(t, t->times.parent, &t->told_parent);
		const struct plan_time *const c = next_done(t, t->times.child, &t->told_child);

		if (p == NULL && c == NULL)
			return;
		if (c == NULL || (p != NULL && p->begin <= c->begin))
			tell_one(t, "parent", t->told_parent++, p);
		else
			tell_one(t, "child", t->told_child++, c);
	}
}

static void stepped(void *watcher, pid_t child)
{
	struct trace *const t = watcher;

	if (child > 0)
		t->child = child;
	tell(t);
}

int trace_watch(struct trace *t, struct parent *p, struct err *e)
{
	if (t->start == 0)
		return 0;
	t->plan = p->plan;
	TRY(plan_times_make(&t->times, p->plan, e));
	p->times = t->times;
	p->stepped = stepped;
	p->watcher = t;
	return 0;
}

/* --- --trace ---------------------------------------------------------------------------------- */

struct event {
	const char *name, *category;
	const struct plan_op *op; /* NULL: a phase */
	pid_t pid;
	struct plan_time time;
};

static void put_event(const struct trace *t, struct json_out *j, const struct event *v)
{
	json_object(j, NULL);
	json_text(j, "name", v->name);
	json_text(j, "cat", v->category);
	json_text(j, "ph", "X");
	json_fixed(j, "ts", v->time.begin - t->start, US_DIGITS);
	json_fixed(j, "dur", v->time.end - v->time.begin, US_DIGITS);
	json_int(j, "pid", v->pid);
	json_int(j, "tid", v->pid);
	if (v->op != NULL) {
		json_object(j, "args");
		json_text(j, "path", v->op->path);
		json_uint(j, "line", v->op->at.line);
		json_end(j);
	}
	json_end(j);
}

/* What was begun and not done, as what failed, lasts until now. */
static void put_side(
	const struct trace *t, struct json_out *j, const struct plan_time *side, pid_t pid)
{
	struct err ignored = { 0 };

	for (size_t i = 0; t->plan != NULL && i < t->plan->count; i++) {
		struct event v = { .op = &t->plan->ops[i], .pid = pid, .time = side[i] };

		v.category = plan_kind_name(v.op->kind);
		if (side[i].begin == 0 || plan_print_operation(t->plan, i, &v.name, &ignored) < 0)
			continue;
		if (v.time.end == 0)
			v.time.end = v.op->kind == PLAN_exec ? v.time.begin : plan_clock();
		put_event(t, j, &v);
	}
}

static void put_name(struct json_out *j, const char *name, pid_t pid)
{
	json_object(j, NULL);
	json_text(j, "name", "process_name");
	json_text(j, "ph", "M");
	json_int(j, "pid", pid);
	json_object(j, "args");
	json_text(j, "name", name);
	json_end(j);
	json_end(j);
}

static void put_all(const struct trace *t, struct json_out *j)
{
	const pid_t self = getpid();

	json_object(j, NULL);
	json_text(j, "displayTimeUnit", "ms");
	json_object(j, "otherData");
	json_text(j, "id", t->id);
	json_text(j, "version", crl_version());
	json_end(j);
	json_array(j, "traceEvents");
	put_name(j, "crun-lite", self);
	for (size_t i = 0; i < t->phase_count; i++) {
		const struct trace_phase *const f = &t->phases[i];

		put_event(t, j,
			&(struct event){ f->name, f->aside ? "aside" : "phase", NULL, self,
				{ f->begin, f->end } });
	}
	if (t->plan != NULL)
		put_side(t, j, t->times.parent, self);
	if (t->plan != NULL && t->child > 0) {
		put_name(j, "container", t->child);
		put_side(t, j, t->times.child, t->child);
	}
	json_end(j);
	json_end(j);
}

void trace_write(struct trace *t)
{
	AUTO_JSON j = { 0 };
	struct err e = { 0 };
	const char *text;
	size_t len;
	int rc;

	if (t->fd == FD_NONE)
		return;
	trace_phase(t, NULL);
	put_all(t, &j);
	rc = json_finish(&j, &text, &len, &e);
	if (rc == 0)
		rc = sys_write_all(t->fd, text, len);
	fd_close(&t->fd);
	if (rc < 0 && e.code == 0)
		(void)err_sys(&e, -rc, POS_NONE, "cannot write trace \"%s\"", t->settings->trace);
	if (rc < 0)
		crl_tell(t->settings, CRL_WARNING, POS_NONE, e.text);
}

void trace_done(struct trace *t)
{
	if (t->plan != NULL)
		plan_times_done(&t->times, t->plan);
	fd_close(&t->fd);
}
