/* A further process in a container that is there: the operations of a start where they are the
 * same, and what takes it into the container.
 *
 * The order is the security of it (CVE-2016-9962, CVE-2015-8709).  The process enters all
 * namespaces with one setns(2), takes ids that are mapped there at once, and becomes all that the
 * program will be, while nobody in the container sees it; then one clone makes of it a process of
 * the container's pid namespace (`appear`).  Only the filter and the limits come after that: they
 * forbid what is left to do.  A filter without no_new_privs takes CAP_SYS_ADMIN, so it is loaded
 * before that goes, and before the clone when the profile lets this and what follows through; when
 * not, the process appears with that one right more.  In a user namespace this is no gap, for the
 * memory of a process not traceable (`guard`) belongs to the caller's until the exec. */
#include "plan/exec.h"

#include "plan/build.h"
#include "plan/id_list.h"
#include "plan/listen.h"
#include "plan/seccomp.h"

#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>

static int no_memory(struct err *e)
{
	return err_set(e, ENOMEM, POS_NONE, "out of memory");
}

static struct plan_op *plain(
	struct plan *p, enum plan_kind kind, struct src_pos at, const char *path, struct err *e)
{
	return plan_append(p, kind, at, e, "%s", path);
}

/* --- decisions -------------------------------------------------------------------------------- */

static int decide(struct plan *p, struct err *e)
{
	const uint64_t ns = p->host->target_ns;

	if ((ns & CLONE_NEWNS) == 0)
		return err_set(e, EINVAL, POS_NONE,
			"exec: crun-lite itself is in the mount namespace of container \"%s\"",
			p->options->id);
	p->joined_ns = ns;
	p->user_ns = (ns & CLONE_NEWUSER) != 0;
	p->in_user_ns = p->user_ns || p->host->user_namespace;
	p->target_slot = plan_slot_new(p);
	return plan_ids_of_target(p, e);
}

/* Must the process appear by a clone, or is it one of the container's pid namespace already? */
static bool appears(const struct plan *p)
{
	return (p->joined_ns & CLONE_NEWPID) != 0;
}

/* Does the process run in the runtime's memory before it appears?  Copying that twice, and a
 * message for what it holds, would take a tenth of an exec.  Who shares memory cannot enter a time
 * namespace (setns(2), EUSERS); and a runtime that waits so can be asked nothing. */
static bool shares_memory(const struct plan *p)
{
	return appears(p) && (p->joined_ns & CLONE_NEWTIME) == 0 && !p->options->target->may_wait;
}

/* Has the parent nothing to hear of the process?  By memory it knows which it is; a terminal is to
 * get its size before the program. */
static bool knows_at_once(const struct plan *p)
{
	return shares_memory(p) && !p->config->process->terminal.value;
}

/* With a filter that takes CAP_SYS_ADMIN: is it loaded before the process appears? */
static bool filter_first(const struct plan *p)
{
	const struct plan_seccomp *const s = p->seccomp;

	return s != NULL && !p->config->process->noNewPrivileges.value && appears(p) &&
	       !p->user_ns && s->agent == NULL && s->raw == NULL &&
	       plan_seccomp_allows(s->profile, "clone", CLONE_PARENT) &&
	       plan_seccomp_allows(s->profile, "setsid", 0) &&
	       plan_seccomp_allows(s->profile, "prctl", 0) &&
	       plan_seccomp_allows(s->profile, "recvmsg", 0) &&
	       (p->listen_pid == NULL || plan_seccomp_allows(s->profile, "getpid", 0)) &&
	       (!p->config->process->terminal.value ||
		       plan_seccomp_allows(s->profile, "ioctl", STDIN_FILENO));
}

/* --- before the process ----------------------------------------------------------------------- */

/* Not in doubt but by the file system itself, which knows no links. */
static int check_below(const char *below, struct err *e)
{
	const char *c = below;

	if (c[strcspn(c, ":/")] == ':')
		return err_set(e, EINVAL, POS_NONE,
			"option --cgroup: unknown controller \"%.*s\": cgroup2 has one tree for all",
			(int)strcspn(c, ":"), c);
	while (*c != '\0') {
		const size_t len = strcspn(c, "/");

		if (len == 2 && strncmp(c, "..", 2) == 0)
			return err_set(e, EINVAL, POS_NONE,
				"option --cgroup: bad sub cgroup path: .. is not a sub cgroup path");
		c += len + (c[len] == '/');
	}
	return 0;
}

static int append_cgroup_use(
	struct plan *p, const char *below, int slot, const char *path, struct err *e)
{
	struct plan_op *const op = plain(p, PLAN_cgroup_use, POS_NONE, path, e);

	if (op == NULL)
		return -ENOMEM;
	below += strspn(below, "/");
	op->cgroup_use.path = below[0] == '\0' ? p->options->target->cgroup
					       : arena_printf(p->arena, "%s/%s",
							 p->options->target->cgroup, below);
	op->cgroup_use.into = slot;
	return op->cgroup_use.path != NULL ? 0 : no_memory(e);
}

static int append_spawn(struct plan *p, struct err *e)
{
	const struct plan_target *const t = p->options->target;
	struct plan_op *op;

	if (t->below != NULL && t->cgroup[0] == '\0')
		return err_set(
			e, ENOTSUP, POS_NONE, "option --cgroup: the container has no cgroup");
	if (t->below != NULL) {
		TRY(check_below(t->below, e));
		TRY(append_cgroup_use(p, t->below, SLOT_CGROUP, "--cgroup", e));
	} else if (t->cgroup[0] != '\0') {
		TRY(append_cgroup_use(p, "", SLOT_CGROUP, "linux.cgroupsPath", e));
	}
	op = plain(p, PLAN_spawn_near, POS_NONE, "process", e);
	if (op == NULL)
		return -ENOMEM;
	op->spawn_near.cgroup = t->cgroup[0] != '\0' ? SLOT_CGROUP : SLOT_NONE;
	op->spawn_near.with = t->below == NULL ? p->host->target_pid : 0;
	op->spawn_near.shared = shares_memory(p);
	return 0;
}

/* --- processors ------------------------------------------------------------------------------- */

static int read_ids(struct plan *p, const struct spec_str *text, const char *what,
	const struct id_list **ret, struct err *e)
{
	struct id_list *const list = arena_alloc(p->arena, sizeof(*list));

	if (list == NULL)
		return no_memory(e);
	*ret = list;
	return id_list_parse(text->value, text->at, what, list, e);
}

static int append_affinity_first(struct plan *p, struct err *e)
{
	const struct spec_cpu_affinity *const a = p->config->process->execCPUAffinity;
	const struct id_list *mask = NULL;
	struct plan_op *op;

	if (a == NULL || !spec_is_text(&a->initial))
		return 0;
	TRY(read_ids(p, &a->initial, "process.execCPUAffinity.initial", &mask, e));
	op = plain(p, PLAN_affinity_first, a->initial.at, "process.execCPUAffinity.initial", e);
	if (op == NULL)
		return -ENOMEM;
	op->affinity_first.list = a->initial.value;
	op->affinity_first.mask = mask;
	return 0;
}

/* What the caller is bound to is not the container's: without a list, all that its cpuset has. */
static int append_affinity(struct plan *p, struct err *e)
{
	const struct spec_cpu_affinity *const a = p->config->process->execCPUAffinity;
	const bool given = a != NULL && spec_is_text(&a->final);
	const struct id_list *mask = NULL;
	struct plan_op *op;

	if (a != NULL && !given)
		return 0; /* the specification leaves it to the kernel then */
	if (given)
		TRY(read_ids(p, &a->final, "process.execCPUAffinity.final", &mask, e));
	op = plain(p, PLAN_affinity, given ? a->final.at : POS_NONE,
		given ? "process.execCPUAffinity.final" : "process", e);
	if (op == NULL)
		return -ENOMEM;
	op->affinity.list = given ? a->final.value : "all";
	op->affinity.mask = mask;
	return 0;
}

/* --- into the container ----------------------------------------------------------------------- */

static int append_oom_score(struct plan *p, struct err *e)
{
	const struct spec_int *const score = &p->config->process->oomScoreAdj;
	struct plan_op *op;

	if (!GIVEN(*score))
		return 0;
	op = plain(p, PLAN_oom_score_self, score->at, "process.oomScoreAdj", e);
	if (op == NULL)
		return -ENOMEM;
	op->oom_score_self.value = arena_printf(p->arena, "%d", (int)score->value);
	return op->oom_score_self.value != NULL ? 0 : no_memory(e);
}

/* What is written in the host's /proc comes first: a process that nobody may trace is not the
 * owner of its own files there. */
static int append_enter(struct plan *p, struct err *e)
{
	struct plan_op *op;

	TRY(append_oom_score(p, e));
	TRY(plan_program_labels(p, e));
	if (plain(p, PLAN_guard, POS_NONE, "process", e) == NULL)
		return -ENOMEM;
	op = plain(p, PLAN_enter, POS_NONE, "linux.namespaces", e);
	if (op == NULL)
		return -ENOMEM;
	op->enter.flags = p->joined_ns;
	op->enter.words = plan_namespace_words(p, p->joined_ns);
	op->enter.target = p->target_slot;
	if (op->enter.words == NULL)
		return no_memory(e);
	return plan_become_root(p, POS_NONE, e);
}

static int append_terminal(struct plan *p, struct err *e)
{
	const struct spec_process *const process = p->config->process;
	struct plan_op *op;

	if (!process->terminal.value)
		return 0;
	op = plain(p, PLAN_terminal, process->terminal.at, "process.terminal", e);
	if (op == NULL)
		return -ENOMEM;
	op->terminal.uid = process->user != NULL ? process->user->uid.value : 0;
	if (process->consoleSize != NULL) {
		op->terminal.rows = process->consoleSize->height.value;
		op->terminal.columns = process->consoleSize->width.value;
	}
	return 0;
}

static int append_appear(struct plan *p, struct err *e)
{
	const struct src_pos at = p->config->process->terminal.at;

	if (appears(p) && plain(p, PLAN_appear, POS_NONE, "linux.namespaces", e) == NULL)
		return -ENOMEM;
	TRY(plan_listen_pid(p, e));
	if (plain(p, PLAN_session, POS_NONE, "process", e) == NULL)
		return -ENOMEM;
	if (p->config->process->terminal.value &&
		plain(p, PLAN_terminal_take, at, "process.terminal", e) == NULL)
		return -ENOMEM;
	p->dies_with_runtime = !p->options->detach;
	if (p->dies_with_runtime && plain(p, PLAN_end_with_runtime, POS_NONE, "process", e) == NULL)
		return -ENOMEM;
	if (knows_at_once(p))
		return 0;
	return plain(p, PLAN_born, POS_NONE, "process", e) == NULL ? -ENOMEM : 0;
}

/* What the parent does for the process that is there, and its start. */
static int append_release(struct plan *p, struct err *e)
{
	const size_t before = p->count;
	struct plan_op *op;

	TRY(plan_rlimits_raise(p, e));
	TRY(plan_rdt_join(p, e));
	TRY(plan_listener_message(p, e));
	TRY(plan_scheduling_by_parent(p, e));
	TRY(plan_pidfd_send(p, e));
	TRY(plan_agent_limit(p, e));
	op = plain(p, PLAN_release, POS_NONE, "process", e);
	if (op == NULL)
		return -ENOMEM;
	op->release.at_once = p->count == before + 1 && knows_at_once(p) && !p->options->pid_file;
	return 0;
}

/* The filter as the last of all; without no_new_privs what it took goes after it. */
static int append_late_filter(struct plan *p, struct err *e)
{
	const bool confined = p->config->process->noNewPrivileges.value;

	if (confined) {
		TRY(plan_listener_helper(p, e));
		TRY(plan_rlimits(p, e));
		return plan_seccomp_load(p, e);
	}
	TRY(plan_listener_helper(p, e));
	TRY(plan_seccomp_load(p, e));
	TRY(plan_capabilities_own(p, e));
	return plan_rlimits(p, e);
}

/* A change of ids may undo it: sysctl fs.suid_dumpable (proc(5)). */
static int append_guard_again(struct plan *p, struct err *e)
{
	const struct spec_user *const u = p->config->process->user;

	if (!p->user_ns && (u == NULL || (u->uid.value == 0 && u->gid.value == 0)))
		return 0;
	return plain(p, PLAN_guard, POS_NONE, "process", e) == NULL ? -ENOMEM : 0;
}

static int append_process(struct plan *p, struct err *e)
{
	const struct spec_bool *const confined = &p->config->process->noNewPrivileges;
	const bool first = filter_first(p);
	const char *const *const env = plan_environment(p);

	if (env == NULL)
		return no_memory(e);
	TRY(append_affinity(p, e));
	TRY(append_terminal(p, e));
	TRY(plan_settings(p, e));
	TRY(plan_scheduling_self(p, e));
	if (first)
		TRY(plan_seccomp_load(p, e));
	else if (p->seccomp != NULL && !confined->value)
		p->filter_caps = UINT64_C(1) << CAP_SYS_ADMIN;
	TRY(plan_credentials(p, e));
	TRY(append_guard_again(p, e));
	TRY(plan_program(p, env, e));
	TRY(plan_clean(p, e));
	TRY(append_appear(p, e));
	TRY(append_release(p, e));
	if (confined->value &&
		plain(p, PLAN_no_new_privs, confined->at, "process.noNewPrivileges", e) == NULL)
		return -ENOMEM;
	TRY(first ? plan_rlimits(p, e) : append_late_filter(p, e));
	return plan_program_exec(p, env, e);
}

int plan_exec(const struct spec_config *c, const struct host_facts *h, const struct plan_options *o,
	struct plan *ret, struct err *e)
{
	struct plan p = plan_begin(ret->arena, c, h, o);

	TRY(decide(&p, e));
	TRY(plan_listen(&p, e));
	TRY(plan_program_check(&p, e));
	TRY(plan_seccomp(&p, e));
	TRY(plan_console_connect(&p, e));
	TRY(plan_pidfd_connect(&p, e));
	TRY(plan_rdt_use(&p, e));
	TRY(append_affinity_first(&p, e));
	TRY(plan_filter_compile(&p, e));
	TRY(append_spawn(&p, e));
	TRY(append_enter(&p, e));
	TRY(append_process(&p, e));
	*ret = p;
	return 0;
}
