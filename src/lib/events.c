/* What happens to a running container, told as it happens.  Waits by poll(2) on the files of its
 * cgroup; changes nothing and holds no lock. */
#include "crun-lite/stats.h"
#include "lib/live.h"
#include "lib/stats.h"

#include "base/clock.h"
#include "base/sys.h"
#include "parent/cgroup.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>

#define RESCTRL "/sys/fs/resctrl"

enum {
	EVENTS_SIZE = 1024
};

struct watch {
	const struct crl_event_options *o;
	const struct live *live;
	int dir, life, memory; /* the cgroup, its cgroup.events and memory.events; FD_NONE: none */
	uint64_t killed;       /* for want of memory, when we looked last */
};

static void watch_done(struct watch *w)
{
	fd_close(&w->dir);
	fd_close(&w->life);
	fd_close(&w->memory);
}

static int tell_stats(const struct watch *w, struct err *e)
{
	AUTO_ARENA arena = { 0 };
	AUTO_JSON j = { 0 };
	struct cgroup_stats s;
	struct stats_line line = { .id = w->live->record.id,
		.stats = &s,
		.rdt_root = RESCTRL,
		.rdt_group = w->live->record.rdt_group };
	const int *pids;
	const char *text;
	size_t count = 0;
	int rc = cgroup_stats_read(w->dir, &arena, &s);

	if (rc == 0 && !cgroup_stats_knows(&s, CGROUP_STAT_pids))
		rc = cgroup_pids(w->dir, &arena, &pids, &count);
	if (rc == -ENOMEM)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	if (rc < 0)
		return 0; /* it has ended meanwhile */
	line.pids = count;
	TRY(stats_line(&j, &line, &text, e));
	return w->o->each(w->o->data, text);
}

static int tell_oom(const struct watch *w, struct err *e)
{
	AUTO_JSON j = { 0 };
	const char *text;
	size_t len;

	json_object(&j, NULL);
	json_text(&j, "type", "oom");
	json_text(&j, "id", w->live->record.id);
	json_end(&j);
	TRY(json_finish(&j, &text, &len, e));
	return w->o->each(w->o->data, text);
}

/* Reading is what makes poll(2) wait for the next change (kernel: fs/kernfs/file.c). */
static const char *look(int fd, char buf[EVENTS_SIZE])
{
	const ssize_t rc = fd < 0 ? -1 : pread(fd, buf, EVENTS_SIZE - 1, 0);

	buf[rc < 0 ? 0 : rc] = '\0';
	return buf;
}

static uint64_t count_killed(const struct watch *w)
{
	char text[EVENTS_SIZE];
	uint64_t count = w->killed;

	(void)cgroup_stats_find(look(w->memory, text), "oom_kill", &count);
	return count;
}

/* Is there still a process in it?  A group that is gone cannot be read. */
static bool is_alive(const struct watch *w)
{
	char text[EVENTS_SIZE];

	return strstr(look(w->life, text), "populated 1") != NULL;
}

static int wait_for(const struct watch *w, int64_t until, struct err *e)
{
	struct pollfd p[] = { { .fd = w->life, .events = POLLPRI },
		{ .fd = w->memory, .events = POLLPRI } };
	const int64_t left = until - clock_now_ms();

	if (left > 0 && poll(p, ARRAY_LEN(p), left > INT32_MAX ? INT32_MAX : (int)left) < 0 &&
		errno != EINTR)
		return err_sys(
			e, errno, POS_NONE, "cannot wait for container \"%s\"", w->live->record.id);
	return 0;
}

static int tell_all(struct watch *w, struct err *e)
{
	int64_t next = clock_now_ms();

	w->killed = count_killed(w);
	while (is_alive(w)) {
		const uint64_t killed = count_killed(w);
		const int64_t now = clock_now_ms();

		if (killed > w->killed)
			TRY(tell_oom(w, e));
		w->killed = killed;
		if (now >= next) {
			TRY(tell_stats(w, e));
			/* what could not be told in time is left out */
			next += ((now - next) / w->o->interval_ms + 1) * w->o->interval_ms;
		}
		TRY(wait_for(w, next, e));
	}
	/* the group is empty a moment before the process is one that has ended */
	live_await_end(w->live, KILLED_MS);
	/* the killing that ended it may have come together with the end */
	return count_killed(w) > w->killed ? tell_oom(w, e) : 0;
}

static int events(struct crl *c, const char *id, const struct crl_event_options *o, struct err *e)
{
	AUTO_LIVE l = LIVE_NONE;
	__attribute__((cleanup(watch_done))) struct watch w = {
		.o = o, .live = &l, .dir = FD_NONE, .life = FD_NONE, .memory = FD_NONE
	};

	TRY(live_open(c, id, STATE_NO_LOCK, &l, e));
	TRY(live_read(&l, e));
	if (l.status == STATE_STOPPED || l.status == STATE_CREATING)
		return err_set(e, ESRCH, POS_NONE,
			"container with id %s is not running: container not running: No such process",
			id);
	TRY(live_cgroup(&l, "watch", &w.dir, e));
	if (o->once)
		return tell_stats(&w, e);
	w.life = openat(w.dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (w.life < 0)
		return err_sys(e, errno, POS_NONE, "cannot watch container \"%s\"", id);
	w.memory = openat(w.dir, "memory.events", O_RDONLY | O_CLOEXEC); /* no controller, none */
	return tell_all(&w, e);
}

int crl_events(
	struct crl *c, const char *id, const struct crl_event_options *o, struct crl_error *error)
{
	struct err e = { 0 };

	return crl_fail(events(c, id, o, &e), &e, error);
}
