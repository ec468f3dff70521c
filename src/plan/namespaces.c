/* Which namespaces are made, joined or shared, and how each is entered. */
#include "plan/build.h"

#include "plan/mount_job.h"
#include "plan/root.h"

#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* Namespaces in the order in which they are joined and named.  The user namespace comes first: its
 * rights may be needed for the rest. */
static const struct {
	uint64_t flag;
	const char *word;
} kinds[] = {
	{ CLONE_NEWUSER, "user" },
	{ CLONE_NEWNS, "mount" },
	{ CLONE_NEWPID, "pid" },
	{ CLONE_NEWNET, "network" },
	{ CLONE_NEWIPC, "ipc" },
	{ CLONE_NEWUTS, "uts" },
	{ CLONE_NEWCGROUP, "cgroup" },
	{ CLONE_NEWTIME, "time" },
};

const char *plan_namespace_words(struct plan *p, uint64_t flags)
{
	char buf[96] = "";
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if ((flags & kinds[i].flag) == 0)
			continue;
		if (len > 0)
			buf[len++] = ' ';
		memcpy(buf + len, kinds[i].word, strlen(kinds[i].word));
		len += strlen(kinds[i].word);
	}
	return len == 0 ? "none" : arena_text(p->arena, buf, len);
}

static bool has_path(const struct spec_namespace *ns)
{
	return ns->path.value != NULL && ns->path.value[0] != '\0';
}

/* May the mount namespace be made of the new root, instead of a copy of all host mounts? */
static bool may_be_alone(const struct plan *p)
{
	enum {
		HAS_TREE_NAMESPACES = 7000,
		OPEN_AT_ONCE = 256 /* descriptors; the limit may be 1024 */
	};

	for (size_t i = 0; i < p->config->mounts.count; i++)
		if (mount_covers_root(&p->config->mounts.items[i]))
			return false; /* what was made the root of a namespace stays it */
	/* In a user namespace a new /proc is only to be had beside one that is in sight; hooks
	 * before the change of root want to see the host's mounts; what the root shall hear from
	 * the host, it hears by a copy. */
	return p->host->kernel >= HAS_TREE_NAMESPACES && (p->new_ns & CLONE_NEWNS) != 0 &&
	       !p->in_user_ns && plan_host_can(p, CAP_SYS_CHROOT) && /* setns(2) */
	       !p->options->no_pivot && !plan_hooks_see_root(p) &&
	       (plan_root_propagation(p) & (MS_SHARED | MS_SLAVE)) == 0 &&
	       p->config->mounts.count <= OPEN_AT_ONCE;
}

int plan_namespaces(struct plan *p, struct err *e)
{
	const struct spec_namespace_list *const list = &p->config->os->namespaces;

	for (size_t i = 0; i < list->count; i++) {
		const uint64_t flag = (uint64_t)list->items[i].type.value;

		if (!has_path(&list->items[i]))
			p->new_ns |= flag;
		else if (flag == CLONE_NEWNS)
			return err_set(e, EINVAL, list->items[i].path.at,
				"linux.namespaces[%zu].path: a mount namespace cannot be joined: the "
				"container's root is built in a new one",
				i);
		else
			p->joined_ns |= flag;
	}
	if (((p->new_ns | p->joined_ns) & CLONE_NEWUSER) == 0 && !plan_host_can(p, CAP_SYS_ADMIN)) {
		p->auto_user_ns = true;
		p->new_ns |= CLONE_NEWUSER;
	}
	p->user_ns = ((p->new_ns | p->joined_ns) & CLONE_NEWUSER) != 0;
	p->in_user_ns = p->user_ns || p->host->user_namespace;
	p->root_alone = may_be_alone(p);
	return 0;
}

/* A time namespace without offsets is made by the clone; with offsets its first process must not
 * be in it yet, so the child makes it, writes them and enters (time_namespaces(7)). */
static bool has_offsets(const struct plan *p)
{
	const struct spec_time_offsets *const t = p->config->os->timeOffsets;

	return (p->new_ns & CLONE_NEWTIME) != 0 && t != NULL &&
	       (t->monotonic != NULL || t->boottime != NULL);
}

bool plan_net_overlaps(const struct plan *p)
{
	/* The parent must stay in it until the child has joined, and could not reach the host's
	 * devices meanwhile; and from inside a user namespace it may not come back to a network
	 * namespace that is the host's. */
	return (p->new_ns & CLONE_NEWNET) != 0 && !p->in_user_ns && p->joined_ns == 0 &&
	       p->config->os->netDevices.count == 0;
}

/* Two kinds the child enters itself, by what was opened before it was made.  Time: the kernel lets
 * no process in that shares its memory, as the helper that joins the others does (setns(2),
 * EUSERS). Cgroup: from inside another one the container's cgroup cannot be reached (cgroups(7),
 * nsdelegate).
 */
#define ENTERED_BY_CHILD ((uint64_t)CLONE_NEWTIME | CLONE_NEWCGROUP)

static int append_joins(struct plan *p, struct err *e)
{
	const struct spec_namespace_list *const list = &p->config->os->namespaces;

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
		for (size_t i = 0; i < list->count; i++) {
			const struct spec_namespace *const ns = &list->items[i];
			struct plan_op *op;

			if ((uint64_t)ns->type.value != kinds[k].flag || !has_path(ns))
				continue;
			op = plan_append(
				p, PLAN_ns_join, ns->path.at, e, "linux.namespaces[%zu].path", i);
			if (op == NULL)
				return -ENOMEM;
			op->ns_join.path = ns->path.value;
			op->ns_join.flag = kinds[k].flag;
			op->ns_join.into = plan_slot_new(p);
			op->ns_join.by_child = (kinds[k].flag & ENTERED_BY_CHILD) != 0;
		}
	return 0;
}

static int append_enters(struct plan *p, struct err *e)
{
	const size_t before = p->count;

	for (size_t i = 0; i < before; i++) {
		const struct plan_ns_join join = p->ops[i].ns_join;
		struct plan_op *op;

		if (p->ops[i].kind != PLAN_ns_join || (join.flag & ENTERED_BY_CHILD) == 0)
			continue;
		op = plan_append(p, PLAN_ns_enter, p->ops[i].at, e, "%s", p->ops[i].path);
		if (op == NULL)
			return -ENOMEM;
		op->ns_enter.path = join.path;
		op->ns_enter.flag = join.flag;
		op->ns_enter.from = join.into;
	}
	return 0;
}

static int append_oom_score(struct plan *p, struct err *e)
{
	const struct spec_int *const score = &p->config->process->oomScoreAdj;
	struct plan_op *op;

	if (!GIVEN(*score))
		return 0;
	op = plan_append(p, PLAN_oom_score, score->at, e, "process.oomScoreAdj");
	if (op == NULL)
		return -ENOMEM;
	op->oom_score.value = arena_printf(p->arena, "%d", (int)score->value);
	return op->oom_score.value != NULL ? 0 : err_set(e, ENOMEM, score->at, "out of memory");
}

/* May the container's cgroup be too small for a copy of all mounts, which is charged to who makes
 * it?  The kernel has 100,000 at most (sysctl fs.mount-max), of half a KiB. */
static bool is_short_of_memory(const struct plan *p)
{
	enum {
		ALL_MOUNTS = 64 * 1024 * 1024
	};

	for (size_t i = 0; i < p->count; i++) {
		const struct plan_cgroup_write *const w = &p->ops[i].cgroup_write;

		if (p->ops[i].kind != PLAN_cgroup_write ||
			(strcmp(w->file, "memory.max") != 0 && strcmp(w->file, "memory.high") != 0))
			continue;
		if (w->value[0] != 'm' && strtoull(w->value, NULL, 10) < ALL_MOUNTS)
			return true;
	}
	return false;
}

/* The namespaces that the child makes itself. */
static uint64_t made_inside(const struct plan *p)
{
	/* The root of a cgroup namespace is the cgroup of who makes it. */
	uint64_t flags = CLONE_NEWCGROUP;

	if (has_offsets(p))
		flags |= CLONE_NEWTIME;
	/* The copy of the host's mounts takes as long as they are many: meanwhile the parent makes
	 * the network namespace. */
	if (plan_net_overlaps(p) && !p->root_alone && !is_short_of_memory(p))
		flags |= CLONE_NEWNS;
	return flags;
}

int plan_spawn(struct plan *p, struct err *e)
{
	uint64_t flags = p->new_ns & ~made_inside(p);
	struct plan_op *op;

	TRY(append_joins(p, e));
	if (plan_net_overlaps(p))
		flags &= ~(uint64_t)CLONE_NEWNET;
	if (p->root_alone)
		flags &= ~(uint64_t)CLONE_NEWNS;
	op = plan_append(p, PLAN_spawn, p->config->os->namespaces.at, e, "linux.namespaces");
	if (op == NULL)
		return -ENOMEM;
	op->spawn.flags = flags;
	op->spawn.into_cgroup = p->cgroup != NULL;
	op->spawn.words = plan_namespace_words(p, flags);
	if (op->spawn.words == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	TRY(append_oom_score(p, e));
	TRY(plan_rlimits_raise(p, e));
	TRY(plan_id_maps(p, e));
	/* The network namespace takes the kernel longer than all mounts together: the parent makes
	 * it while the child mounts, and the child joins just before it needs it. */
	if (plan_net_overlaps(p) && plan_append(p, PLAN_net_make, p->config->os->namespaces.at, e,
					    "linux.namespaces") == NULL)
		return -ENOMEM;
	return 0;
}

static int append_offset(
	struct plan *p, const struct spec_time_offset *t, const char *clock, struct err *e)
{
	struct plan_op *op;

	if (t == NULL)
		return 0;
	op = plan_append(p, PLAN_time_offset, t->at, e, "linux.timeOffsets.%s", clock);
	if (op == NULL)
		return -ENOMEM;
	op->time_offset.clock = clock;
	op->time_offset.secs = t->secs.value;
	op->time_offset.nanosecs = t->nanosecs.value;
	return 0;
}

int plan_namespaces_inside(struct plan *p, struct err *e)
{
	const struct src_pos at = p->config->os->namespaces.at;
	const uint64_t flags = p->new_ns & made_inside(p);
	struct plan_op *op;

	TRY(append_enters(p, e));
	if (flags == 0)
		return 0;
	op = plan_append(p, PLAN_unshare, at, e, "linux.namespaces");
	if (op == NULL)
		return -ENOMEM;
	op->unshare.flags = flags;
	op->unshare.words = plan_namespace_words(p, flags);
	if (op->unshare.words == NULL)
		return err_set(e, ENOMEM, at, "out of memory");
	if (!has_offsets(p))
		return 0;
	TRY(append_offset(p, p->config->os->timeOffsets->monotonic, "monotonic", e));
	TRY(append_offset(p, p->config->os->timeOffsets->boottime, "boottime", e));
	if (plan_append(p, PLAN_time_enter, at, e, "linux.timeOffsets") == NULL)
		return -ENOMEM;
	return 0;
}

/* A sysctl as a path below /proc/sys: dots become slashes, unless there are slashes already. */
static const char *sysctl_path(struct plan *p, const char *name)
{
	char *const path = arena_printf(p->arena, "sys/%s", name);

	if (path != NULL && strchr(name, '/') == NULL)
		for (char *c = path; *c != '\0'; c++)
			if (*c == '.')
				*c = '/';
	return path;
}

static int append_sysctls(struct plan *p, struct err *e)
{
	const struct spec_map *const map = &p->config->os->sysctl;

	for (size_t i = 0; i < map->count; i++) {
		const struct spec_pair *const pair = &map->items[i];
		struct plan_op *const op = plan_append(
			p, PLAN_sysctl, pair->value.at, e, "linux.sysctl[\"%s\"]", pair->key.value);

		if (op == NULL)
			return -ENOMEM;
		op->sysctl.value = pair->value.value;
		op->sysctl.file = sysctl_path(p, pair->key.value);
		if (op->sysctl.file == NULL)
			return err_set(e, ENOMEM, pair->value.at, "out of memory");
	}
	return 0;
}

int plan_namespaces_settings(struct plan *p, struct err *e)
{
	const struct spec_config *const c = p->config;
	struct plan_op *op;

	if ((p->new_ns & CLONE_NEWNET) != 0 &&
		plan_append(p, PLAN_loopback_up, c->os->namespaces.at, e, "linux.namespaces") ==
			NULL)
		return -ENOMEM;
	if (GIVEN(c->hostname) && c->hostname.value[0] != '\0') {
		op = plan_append(p, PLAN_hostname, c->hostname.at, e, "hostname");
		if (op == NULL)
			return -ENOMEM;
		op->hostname.name = c->hostname.value;
	}
	if (GIVEN(c->domainname) && c->domainname.value[0] != '\0') {
		op = plan_append(p, PLAN_domainname, c->domainname.at, e, "domainname");
		if (op == NULL)
			return -ENOMEM;
		op->domainname.name = c->domainname.value;
	}
	TRY(plan_net_devices_wait(p, e)); /* sysctls may be theirs */
	return append_sysctls(p, e);
}
