/* Reading a bundle.  Changes nothing on the system. */
#include "lib/job.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void job_done(struct job *j)
{
	arena_done(&j->arena);
}

static int absolute(struct job *j, const char *path, const char **ret, struct err *e)
{
	char cwd[PATH_MAX];

	if (path[0] == '/') {
		*ret = path;
		return 0;
	}
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		return err_sys(e, errno, POS_NONE, "cannot tell the current directory");
	*ret = strcmp(path, ".") == 0 ? arena_text(&j->arena, cwd, strlen(cwd))
				      : arena_printf(&j->arena, "%s/%s", cwd, path);
	return *ret != NULL ? 0 : err_set(e, ENOMEM, POS_NONE, "out of memory");
}

static int open_config(const char *bundle, const char *path, int *ret, struct err *e)
{
	AUTO_FD fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 && errno == ENOENT && stat(bundle, &st) < 0) {
		(void)err_sys(e, ENOENT, POS_NONE, "cannot open bundle \"%s\"", bundle);
		return err_hint(
			e, "a bundle is a directory with config.json and a root file system");
	}
	if (fd < 0) {
		(void)err_sys(e, errno, POS_NONE, "cannot open \"%s\"", path);
		return e->code != ENOENT ? -e->code
					 : err_hint(e, "make one: cd %s && crun-lite spec", bundle);
	}
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, POS_NONE, "cannot look at \"%s\"", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, S_ISDIR(st.st_mode) ? EISDIR : EINVAL, POS_NONE,
			"cannot read \"%s\": not a regular file", path);
	if (st.st_size > SPEC_SIZE_MAX)
		return err_set(e, EFBIG, POS_NONE, "cannot read \"%s\": larger than 16 MiB", path);
	*ret = fd_take(&fd);
	return (int)st.st_size;
}

static int read_config(struct job *j, const char *path, struct err *e)
{
	AUTO_FD fd = FD_NONE;
	size_t have = 0, size;
	char *text;
	int rc = open_config(j->bundle, path, &fd, e);

	if (rc < 0)
		return rc;
	size = (size_t)rc + 1; /* one more: a file that grows is noticed */
	text = arena_alloc(&j->arena, size + 1);
	if (text == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	while (have < size) {
		const ssize_t got = read(fd, text + have, size - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, errno, POS_NONE, "cannot read \"%s\"", path);
		have += (size_t)got;
		if (have < size)
			break; /* short: the end of a regular file */
	}
	if (have == size)
		return err_set(
			e, EAGAIN, POS_NONE, "cannot read \"%s\": it is being written", path);
	j->text = (struct state_bytes){ text, have };
	return 0;
}

/* Which facts the configuration needs. */
static struct host_wish wish_of(const struct spec_config *c)
{
	struct host_wish wish = { .cgroup_path = c->os->cgroupsPath.value };

	for (size_t i = 0; i < c->process->rlimits.count; i++)
		wish.rlimits |= (uint64_t)1 << c->process->rlimits.items[i].type.value;
	return wish;
}

static void take_options(struct job *j, const struct crl_options *o)
{
	j->options.bundle = j->bundle;
	j->options.overlay = o->overlay;
	j->options.overlay_dir = o->overlay_dir;
	j->options.no_pivot = o->no_pivot;
	j->options.no_new_keyring = o->no_new_keyring;
	j->options.console_socket = o->console_socket;
	j->options.preserve_fds = o->preserve_fds;
}

int job_load(struct job *j, const struct crl_options *o, const char *host_facts, struct err *e)
{
	const char *path;
	struct host_wish wish;

	TRY(absolute(j, o->bundle != NULL ? o->bundle : ".", &j->bundle, e));
	path = o->config != NULL ? o->config : arena_printf(&j->arena, "%s/config.json", j->bundle);
	if (path == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	TRY(read_config(j, path, e));
	TRY(spec_load(j->text.text, j->text.size, &j->arena, &j->config, e));
	take_options(j, o);
	if (o->overlay_dir != NULL)
		TRY(absolute(j, o->overlay_dir, &j->options.overlay_dir, e));
	wish = wish_of(j->config);
	if (host_facts != NULL)
		TRY(host_read(host_facts, &j->arena, &j->host, e));
	else
		TRY(host_probe(&wish, &j->arena, &j->host, e));
	j->plan.arena = &j->arena;
	return plan_build(j->config, &j->host, &j->options, &j->plan, e);
}
