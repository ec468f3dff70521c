/* Reading a bundle.  Changes nothing on the system. */
#include "lib/job.h"

#include "lib/config_file.h"
#include "lib/crl.h"
#include "lib/findings.h"
#include "lib/listen.h"
#include "parent/notify.h"
#include "plan/overlay.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

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

static int read_config(struct job *j, struct err *e)
{
	struct spec_report report = { .arena = &j->arena,
		.errors_only = j->settings == NULL || !j->settings->debug };
	const void *config = NULL;
	const int rc = spec_read(SPEC_CONFIG, j->text.text, j->text.size, &report, &config);

	findings_tell(&report, j->settings);
	if (rc < 0)
		return spec_report_err(&report, e);
	j->config = config;
	return 0;
}

void job_wish_process(const struct spec_process *process, struct host_wish *w)
{
	for (size_t i = 0; i < process->rlimits.count; i++)
		w->rlimits |= (uint64_t)1 << process->rlimits.items[i].type.value;
	w->apparmor = spec_is_text(&process->apparmorProfile);
	w->selinux = spec_is_text(&process->selinuxLabel);
}

/* Which facts the configuration needs. */
static struct host_wish wish_of(const struct spec_config *c)
{
	struct host_wish wish = { .cgroup_path = c->os->cgroupsPath.value,
		.resctrl = c->os->intelRdt != NULL };

	const struct spec_namespace *const cgroup = spec_namespace_find(c, CLONE_NEWCGROUP);

	if (cgroup != NULL)
		wish.cgroup_ns = cgroup->path.value;
	job_wish_process(c->process, &wish);
	wish.selinux = wish.selinux || spec_is_text(&c->os->mountLabel);
	return wish;
}

static void take_options(struct job *j, const struct crl_options *o)
{
	j->options.bundle = j->bundle;
	j->options.overlay = o->overlay;
	j->options.overlay_size = o->overlay_size;
	j->options.overlay_idmap = o->overlay_idmap;
	j->options.overlay_fuse = o->overlay_fuse;
	j->options.no_pivot = o->no_pivot;
	j->options.no_new_keyring = o->no_new_keyring;
	j->options.console_socket = o->console_socket;
	j->options.pidfd_socket = o->pidfd_socket;
	j->options.no_cgroup = o->no_cgroup;
	j->options.rootless = (enum plan_rootless)o->rootless;
	j->options.seccomp_receiver = o->seccomp_receiver;
	j->options.notify = j->settings != NULL && j->settings->notify_socket != NULL;
}

static int take_paths(struct job *j, const struct crl_options *o, struct err *e)
{
	size_t count = 0;
	const char **lower;

	if (o->overlay_dir != NULL)
		TRY(absolute(j, o->overlay_dir, &j->options.overlay_dir, e));
	while (o->overlay_lower != NULL && o->overlay_lower[count] != NULL)
		count++;
	if (count == 0)
		return 0;
	lower = arena_array(&j->arena, count, sizeof(*lower));
	if (lower == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	for (size_t i = 0; i < count; i++)
		TRY(absolute(j, o->overlay_lower[i], &lower[i], e));
	j->options.overlay_lower = lower;
	j->options.overlay_lower_count = count;
	return 0;
}

static void job_phase(const struct job *j, const char *name)
{
	if (j->trace != NULL)
		trace_phase(j->trace, name);
}

int job_load(struct job *j, const struct crl_options *o, const char *host_facts, struct err *e)
{
	const char *path;
	struct host_wish wish;
	struct plan_overlay_wish overlay;

	TRY(absolute(j, o->bundle != NULL ? o->bundle : ".", &j->bundle, e));
	path = o->config != NULL ? o->config : arena_printf(&j->arena, "%s/config.json", j->bundle);
	if (path == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	job_phase(j, "read the configuration");
	TRY(config_file_read(path, j->bundle, &j->arena, &j->text, e));
	TRY(read_config(j, e));
	take_options(j, o);
	TRY(listen_settle(j->config->process,
		&(struct listen_given){ o->preserve_fds, o->listen_fds, o->listen_names },
		&j->options, e));
	if (j->options.notify)
		TRY(notify_check(j->settings->notify_socket, e));
	TRY(take_paths(j, o, e));
	TRY(plan_overlay_wish(j->config, &j->options, &j->arena, &overlay, e));
	wish = wish_of(j->config);
	wish.layers = overlay.layers;
	wish.layer_count = overlay.count;
	wish.overlay = overlay.wanted;
	wish.fuse = overlay.fuse.value != NULL && strcmp(overlay.fuse.value, "true") == 0;
	job_phase(j, "ask the host");
	if (host_facts != NULL)
		TRY(host_read(host_facts, &j->arena, &j->host, e));
	else
		TRY(host_probe(&wish, &j->arena, &j->host, e));
	job_phase(j, "make the plan");
	j->plan.arena = &j->arena;
	return plan_build(j->config, &j->host, &j->options, &j->plan, e);
}
