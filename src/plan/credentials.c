/* User, groups and capabilities of the container's process.
 *
 * The order matters (capabilities(7), "Effect of user ID changes on capabilities"): the bounding
 * set goes while CAP_SETPCAP is there, the change of user keeps the permitted set only when asked
 * to, the effective and ambient sets are made afterwards. */
#include "plan/build.h"

#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

struct sets {
	uint64_t bounding, effective, permitted, inheritable, ambient;
};

static int read_set(struct plan *p, const struct spec_enums *given, const char *which,
	uint64_t *ret, struct err *e)
{
	uint64_t set = 0;

	for (size_t i = 0; i < given->count; i++) {
		const uint64_t number = (uint64_t)given->items[i].value;

		if (number > p->host->cap_last)
			TRY(plan_warn(p, given->items[i].at, e,
				"process.capabilities.%s[%zu]: this kernel has no %s", which, i,
				spec_word_text(&spec_capability, (int64_t)number)));
		else
			set |= (uint64_t)1 << number;
	}
	*ret = set;
	return 0;
}

/* What the caller does not have it cannot give, unless a user namespace makes it anew.  The
 * specification asks for a warning (config.md, "capabilities"). */
static int limit_to_host(
	struct plan *p, const struct spec_capabilities *c, struct sets *s, struct err *e)
{
	const uint64_t all = p->user_ns ? ~(uint64_t)0 : p->host->capabilities;
	const uint64_t lost = (s->permitted | s->effective | s->inheritable | s->bounding) & ~all;

	for (unsigned i = 0; i < 64; i++) {
		if ((lost >> i & 1) != 0)
			TRY(plan_warn(p, c->at, e, "process.capabilities: %s is not ours to give",
				spec_word_text(&spec_capability, i)));
	}
	s->permitted &= all;
	s->effective &= s->permitted;
	s->inheritable &= all;
	return 0;
}

static int limit_ambient(
	struct plan *p, const struct spec_capabilities *c, struct sets *s, struct err *e)
{
	const uint64_t lost = s->ambient & ~(s->permitted & s->inheritable);

	for (size_t i = 0; i < c->ambient.count; i++) {
		const int64_t number = c->ambient.items[i].value;

		if ((lost >> number & 1) != 0)
			TRY(plan_warn(p, c->ambient.items[i].at, e,
				"process.capabilities.ambient[%zu]: can't raise ambient "
				"capability %s: it is not both permitted and inheritable",
				i, spec_word_text(&spec_capability, number)));
	}
	s->ambient &= ~lost;
	return 0;
}

static int read_sets(struct plan *p, struct sets *ret, struct err *e)
{
	const struct spec_capabilities *const c = p->config->process->capabilities;
	struct sets s = { 0 };

	*ret = s;
	if (c == NULL)
		return 0; /* none at all */
	TRY(read_set(p, &c->bounding, "bounding", &s.bounding, e));
	TRY(read_set(p, &c->effective, "effective", &s.effective, e));
	TRY(read_set(p, &c->permitted, "permitted", &s.permitted, e));
	TRY(read_set(p, &c->inheritable, "inheritable", &s.inheritable, e));
	TRY(read_set(p, &c->ambient, "ambient", &s.ambient, e));
	TRY(limit_to_host(p, c, &s, e));
	TRY(limit_ambient(p, c, &s, e));
	*ret = s;
	return 0;
}

static int not_mapped(struct plan *p, const struct spec_uint *id, const char *what, struct err *e)
{
	(void)err_set(e, EINVAL, id->at,
		"%s: %u is not mapped in the user namespace: Invalid argument", what,
		(unsigned)id->value);
	return err_hint(e,
		p->auto_user_ns ? "only one id is mapped: install newuidmap and newgidmap and give "
				  "yourself a range in /etc/subuid and /etc/subgid"
				: "add it to linux.uidMappings and linux.gidMappings");
}

enum {
	ID_TEXT = 12
}; /* ten digits, a blank, a NUL */

/* The groups for people. */
static const char *groups_words(struct plan *p, const uint32_t *gids, size_t count)
{
	char *const text = arena_array(p->arena, count + 1, ID_TEXT);
	size_t len = 0;

	if (text == NULL || count == 0)
		return text == NULL ? NULL : "none";
	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(
			text + len, ID_TEXT, "%s%u", i == 0 ? "" : " ", (unsigned)gids[i]);
	return text;
}

static int append_groups(struct plan *p, const struct spec_user *u, struct err *e)
{
	uint32_t *gids;
	struct plan_op *op;

	if (!p->setgroups) {
		if (u->additionalGids.count == 0)
			return 0;
		(void)err_set(e, EPERM, u->additionalGids.at,
			"process.user.additionalGids: groups cannot be set here: Operation not permitted");
		return err_hint(e, "a user namespace with only one's own id denies setgroups: use "
				   "newgidmap and a range in /etc/subgid");
	}
	gids = arena_array(p->arena, u->additionalGids.count, sizeof(*gids));
	if (gids == NULL)
		return err_set(e, ENOMEM, u->at, "out of memory");
	for (size_t i = 0; i < u->additionalGids.count; i++) {
		const struct spec_uint *const gid = &u->additionalGids.items[i];

		if (!plan_gid_mapped(p, gid->value))
			return not_mapped(p, gid, "process.user.additionalGids", e);
		gids[i] = (uint32_t)gid->value;
	}
	op = plan_append(p, PLAN_groups, u->additionalGids.at, e, "process.user.additionalGids");
	if (op == NULL)
		return -ENOMEM;
	op->groups.words = groups_words(p, gids, u->additionalGids.count);
	if (op->groups.words == NULL)
		return err_set(e, ENOMEM, u->at, "out of memory");
	op->groups.gids = gids;
	op->groups.count = u->additionalGids.count;
	return 0;
}

static int append_user(struct plan *p, const struct spec_user *u, struct err *e)
{
	struct plan_op *op;

	if (!plan_uid_mapped(p, u->uid.value))
		return not_mapped(p, &u->uid, "process.user.uid", e);
	if (!plan_gid_mapped(p, u->gid.value))
		return not_mapped(p, &u->gid, "process.user.gid", e);
	TRY(append_groups(p, u, e));
	if (u->uid.value != 0 &&
		plan_append(p, PLAN_keep_caps, u->uid.at, e, "process.user") == NULL)
		return -ENOMEM;
	op = plan_append(p, PLAN_user, u->uid.at, e, "process.user");
	if (op == NULL)
		return -ENOMEM;
	op->user.uid = u->uid.value;
	op->user.gid = u->gid.value;
	return 0;
}

static int append_capabilities(
	struct plan *p, const struct sets *s, struct src_pos at, struct err *e)
{
	struct plan_op *op = plan_append(p, PLAN_capabilities, at, e, "process.capabilities");

	if (op == NULL)
		return -ENOMEM;
	op->capabilities = (struct plan_capabilities){ s->effective, s->permitted, s->inheritable };
	p->own_caps = op->capabilities;
	op->capabilities.effective |= p->filter_caps;
	op->capabilities.permitted |= p->filter_caps;
	if (s->ambient == 0)
		return 0;
	op = plan_append(p, PLAN_ambient, at, e, "process.capabilities.ambient");
	if (op == NULL)
		return -ENOMEM;
	op->ambient.set = s->ambient;
	return 0;
}

int plan_credentials(struct plan *p, struct err *e)
{
	static const struct spec_user nobody_asked = { 0 };
	const struct spec_process *const process = p->config->process;
	const struct src_pos at =
		process->capabilities != NULL ? process->capabilities->at : process->at;
	struct plan_op *op;
	struct sets s;

	TRY(read_sets(p, &s, e));
	op = plan_append(p, PLAN_bounding, at, e, "process.capabilities.bounding");
	if (op == NULL)
		return -ENOMEM;
	op->bounding.keep = s.bounding;
	op->bounding.last = p->host->cap_last;
	TRY(append_user(p, process->user != NULL ? process->user : &nobody_asked, e));
	return append_capabilities(p, &s, at, e);
}

int plan_capabilities_own(struct plan *p, struct err *e)
{
	const struct spec_process *const process = p->config->process;
	struct plan_op *op;

	if ((p->filter_caps & ~p->own_caps.effective) == 0)
		return 0;
	op = plan_append(p, PLAN_capabilities,
		process->capabilities != NULL ? process->capabilities->at : process->at, e,
		"process.capabilities");
	if (op == NULL)
		return -ENOMEM;
	op->capabilities = p->own_caps;
	return 0;
}
