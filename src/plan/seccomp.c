/* The filter: which program, with which flags, and who answers its notifications.
 *
 * With a rule that notifies (or a ready program that does) seccomp(2) gives a descriptor, the
 * listener, which goes to the agent's socket.  The filter holds from then on, also for what is left
 * to do here, so the listener is sent by a thread that the filter does not hold for: see
 * child/handover.c.  A socket without anything that notifies is not used, as in runc. */
#include "plan/seccomp.h"

#include "base/base64.h"
#include "base/text.h"
#include "plan/build.h"
#include "plan/seccomp_flags.h"
#include "plan/seccomp_names.h"
#include "plan/target.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>

#define RECEIVER                "run.oci.seccomp.receiver"
#define RECEIVER_ENV            "RUN_OCI_SECCOMP_RECEIVER"
#define FAIL_UNKNOWN            "run.oci.seccomp_fail_unknown_syscall"
#define BPF_DATA                "run.oci.seccomp_bpf_data"
#define NAME_OF(key)            "annotations[\"" key "\"]"

#define FLAG_WAIT_KILLABLE_RECV (1u << 5) /* Linux 5.19 */

enum {
	AGENT_SECONDS = 30,
	WAIT_KILLABLE_KERNEL = 5019 /* as host.def has it */
};

/* --- the program ------------------------------------------------------------------------------ */

/* Unknown names are skipped; an annotation of crun makes errors of them. */
static int check_names(const struct plan *p, const struct spec_seccomp *profile, struct err *e)
{
	const struct spec_pair *const strict = spec_annotation(p->config, FAIL_UNKNOWN);
	struct seccomp_place at = { 0 };
	const struct spec_str *name;
	char shown[TEXT_SHOWN];

	if (strict == NULL || strcmp(strict->value.value, "0") == 0)
		return 0;
	name = plan_seccomp_unknown(profile, &at);
	if (name == NULL)
		return 0;
	(void)err_set(e, EINVAL, name->at,
		"linux.seccomp.syscalls[%zu].names[%zu]: unknown seccomp syscall \"%s\"", at.rule,
		at.name, text_escape(shown, sizeof(shown), name->value, strlen(name->value)));
	return err_hint(e, "%s asks for this error", NAME_OF(FAIL_UNKNOWN));
}

/* May the program notify?  What it computes an answer of, may. */
static bool raw_notifies(const struct sock_filter *insns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (insns[i].code == (BPF_RET | BPF_A) ||
			(insns[i].code == (BPF_RET | BPF_K) &&
				(insns[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF))
			return true;
	return false;
}

static int take_raw(
	struct plan *p, const struct spec_str *text, struct plan_seccomp *s, struct err *e)
{
	const size_t insn = sizeof(struct sock_filter);
	unsigned char *bytes;
	const ssize_t size = base64_decode(text->value, strlen(text->value), p->arena, &bytes);

	if (size == -ENOMEM)
		return err_set(e, ENOMEM, text->at, "out of memory");
	if (size < 0)
		return err_set(e, EINVAL, text->at, NAME_OF(BPF_DATA) ": must be base64");
	if (size == 0 || (size_t)size % insn != 0)
		return err_set(e, EINVAL, text->at,
			NAME_OF(BPF_DATA) ": %zd bytes: must be a multiple of %zu and not 0", size,
			insn);
	if ((size_t)size / insn > BPF_MAXINSNS)
		return err_set(e, E2BIG, text->at,
			NAME_OF(BPF_DATA) ": the filter has more than %d instructions",
			BPF_MAXINSNS);
	s->raw = bytes;
	s->raw_count = (size_t)size / insn;
	s->path = NAME_OF(BPF_DATA);
	s->at = text->at;
	return 0;
}

/* --- the agent -------------------------------------------------------------------------------- */

/* The first rule that notifies; the count of rules when none does. */
static size_t first_notify(const struct spec_seccomp *profile)
{
	size_t i = 0;

	while (i < profile->syscalls.count &&
		profile->syscalls.items[i].action.value != SPEC_SECCOMP_NOTIFY)
		i++;
	return i;
}

/* Who is named as agent; the configuration's own member before the annotation, before the caller's
 * environment. */
static void find_agent(const struct plan *p, struct plan_seccomp *s)
{
	const struct spec_pair *const receiver = spec_annotation(p->config, RECEIVER);
	const char *const env = p->options->seccomp_receiver;

	if (s->profile != NULL && s->profile->listenerPath.value != NULL &&
		s->profile->listenerPath.value[0] != '\0') {
		s->agent = s->profile->listenerPath.value;
		s->agent_path = "linux.seccomp.listenerPath";
		s->agent_at = s->profile->listenerPath.at;
	} else if (receiver != NULL) {
		s->agent = receiver->value.value;
		s->agent_path = NAME_OF(RECEIVER);
		s->agent_at = receiver->value.at;
	} else if (env != NULL && env[0] != '\0') {
		s->agent = env;
		s->agent_path = RECEIVER_ENV;
	}
}

static int no_agent(const struct plan_seccomp *s, struct err *e)
{
	const size_t rule = s->raw != NULL ? 0 : first_notify(s->profile);

	if (s->raw != NULL)
		(void)err_set(e, EINVAL, s->at,
			"%s: seccomp notify unsupported: there is no listener", s->path);
	else
		(void)err_set(e, EINVAL, s->profile->syscalls.items[rule].action.at,
			"linux.seccomp.syscalls[%zu].action: seccomp notify unsupported: "
			"there is no listener",
			rule);
	return err_hint(e, "name the socket of who answers: linux.seccomp.listenerPath");
}

static int decide_agent(struct plan *p, struct plan_seccomp *s, struct err *e)
{
	const bool notifies = s->raw != NULL
				      ? raw_notifies(s->raw, s->raw_count)
				      : first_notify(s->profile) < s->profile->syscalls.count;

	find_agent(p, s);
	if (s->agent == NULL)
		return notifies ? no_agent(s, e) : 0;
	if (s->agent[0] != '/')
		return err_set(
			e, EINVAL, s->agent_at, "%s: must be an absolute path", s->agent_path);
	if (notifies) {
		s->flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
		return 0;
	}
	s->agent = NULL;
	if (s->agent_at.line == 0)
		return 0; /* the environment is for all containers */
	return plan_warn(p, s->agent_at, e,
		"%s: not used, for nothing in the filter has SCMP_ACT_NOTIFY", s->agent_path);
}

/* A kernel that does not know the flag says only EINVAL. */
static int check_flags(const struct plan *p, const struct plan_seccomp *s, struct err *e)
{
	for (size_t i = 0; s->profile != NULL && i < s->profile->flags.count; i++) {
		const struct spec_enum *const flag = &s->profile->flags.items[i];

		if (flag->value != FLAG_WAIT_KILLABLE_RECV)
			continue;
		if (s->agent == NULL)
			return err_set(e, EINVAL, flag->at,
				"linux.seccomp.flags[%zu]: seccomp notify unsupported: "
				"there is no listener",
				i);
		if (p->host->kernel < WAIT_KILLABLE_KERNEL)
			return err_set(e, EINVAL, flag->at,
				"linux.seccomp.flags[%zu]: needs Linux 5.19", i);
	}
	return 0;
}

static int append_connect(struct plan *p, struct plan_seccomp *s, struct err *e)
{
	struct plan_op *op;

	if (s->agent == NULL)
		return 0;
	s->socket = plan_slot_new(p);
	s->message = plan_slot_new(p);
	s->listener = plan_slot_new(p);
	op = plan_append(p, PLAN_listener_connect, s->agent_at, e, "%s", s->agent_path);
	if (op == NULL)
		return -ENOMEM;
	op->listener_connect.path = s->agent;
	op->listener_connect.into = s->socket;
	op->listener_connect.message = s->message;
	return 0;
}

int plan_seccomp(struct plan *p, struct err *e)
{
	const struct spec_seccomp *const profile = p->config->os->seccomp;
	const struct spec_pair *const raw = spec_annotation(p->config, BPF_DATA);
	struct plan_seccomp *s;

	if (profile == NULL && raw == NULL)
		return 0;
	s = arena_alloc(p->arena, sizeof(*s));
	if (s == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	*s = (struct plan_seccomp){ .profile = profile,
		.path = "linux.seccomp",
		.flags = plan_seccomp_flags(profile),
		.socket = SLOT_NONE,
		.message = SLOT_NONE,
		.listener = SLOT_NONE };
	if (profile != NULL)
		s->at = profile->at;
	TRY(raw != NULL ? take_raw(p, &raw->value, s, e) : check_names(p, profile, e));
	TRY(decide_agent(p, s, e));
	TRY(check_flags(p, s, e));
	TRY(append_connect(p, s, e));
	p->seccomp = s;
	p->close_singly = s->profile == NULL || !plan_seccomp_allows(s->profile, "close_range", 0);
	return 0;
}

/* --- operations ------------------------------------------------------------------------------- */

static int append_raw(struct plan *p, const struct plan_seccomp *s, struct err *e)
{
	struct plan_op *const op = plan_append(p, PLAN_seccomp_raw, s->at, e, "%s", s->path);

	if (op == NULL)
		return -ENOMEM;
	op->seccomp_raw.count = s->raw_count;
	op->seccomp_raw.insns = s->raw;
	return 0;
}

static int append_compile(struct plan *p, const struct plan_seccomp *s, struct err *e)
{
	struct plan_op *const op = plan_append(p, PLAN_seccomp_compile, s->at, e, "%s", s->path);

	if (op == NULL)
		return -ENOMEM;
	op->seccomp_compile.profile = s->profile;
	return 0;
}

int plan_filter_compile(struct plan *p, struct err *e)
{
	const struct plan_seccomp *const s = p->seccomp;

	if (s == NULL)
		return 0;
	return s->raw != NULL ? append_raw(p, s, e) : append_compile(p, s, e);
}

int plan_listener_message(struct plan *p, struct err *e)
{
	const struct plan_seccomp *const s = p->seccomp;
	struct plan_op *op;

	if (s == NULL || s->agent == NULL)
		return 0;
	op = plan_append(p, PLAN_listener_message, s->agent_at, e, "%s", s->agent_path);
	if (op == NULL)
		return -ENOMEM;
	op->listener_message.metadata =
		s->profile != NULL ? s->profile->listenerMetadata.value : NULL;
	op->listener_message.socket = s->socket;
	op->listener_message.into = s->message;
	op->listener_message.status =
		p->options->target != NULL ? p->options->target->status : NULL;
	return 0;
}

int plan_filters(struct plan *p, struct err *e)
{
	TRY(plan_filter_compile(p, e));
	return plan_listener_message(p, e);
}

int plan_agent_limit(struct plan *p, struct err *e)
{
	const struct plan_seccomp *const s = p->seccomp;
	struct plan_op *op;

	if (s == NULL || s->agent == NULL)
		return 0;
	op = plan_append(p, PLAN_agent_limit, s->agent_at, e, "%s", s->agent_path);
	if (op == NULL)
		return -ENOMEM;
	op->agent_limit.seconds = AGENT_SECONDS;
	return 0;
}

int plan_listener_helper(struct plan *p, struct err *e)
{
	const struct plan_seccomp *const s = p->seccomp;
	struct plan_op *op;

	if (s == NULL || s->agent == NULL)
		return 0;
	op = plan_append(p, PLAN_listener_helper, s->agent_at, e, "%s", s->agent_path);
	if (op == NULL)
		return -ENOMEM;
	op->listener_helper.socket = s->socket;
	op->listener_helper.message = s->message;
	op->listener_helper.listener = s->listener;
	return 0;
}

int plan_seccomp_load(struct plan *p, struct err *e)
{
	const struct plan_seccomp *const s = p->seccomp;
	struct plan_op *op;

	if (s == NULL)
		return 0;
	op = plan_append(p, PLAN_seccomp_load, s->at, e, "%s", s->path);
	if (op == NULL)
		return -ENOMEM;
	op->seccomp_load.flags = s->flags;
	op->seccomp_load.listener = s->listener;
	if (s->agent == NULL)
		return 0;
	op = plan_append(p, PLAN_listener_send, s->agent_at, e, "%s", s->agent_path);
	if (op == NULL)
		return -ENOMEM;
	op->listener_send.listener = s->listener;
	return 0;
}
