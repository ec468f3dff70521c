/* Labels of AppArmor and SELinux: for the program, its session keyring, new file systems.
 * Whether a profile is loaded or a label is known only the kernel says, when it is set. */
#include "plan/build.h"

#include <stdio.h>
#include <string.h>

#define ANNOTATION_TYPE "run.oci.mount_context_type"

#define EXEC            "thread-self/attr/exec"
#define KEYS            "thread-self/attr/keycreate"

enum {
	DATA_MAX = 255 /* what fsconfig(2) takes as a value */
};

static int no_apparmor(const struct spec_str *s, const char *path, struct err *e)
{
	(void)err_sys(e, ENOTSUP, s->at, "%s: AppArmor is not at work on this host", path);
	return err_hint(e, "leave it out, or start the kernel with \"apparmor\" in lsm=");
}

static int no_selinux(const struct spec_str *s, const char *path, struct err *e)
{
	(void)err_sys(e, ENOTSUP, s->at, "%s: SELinux is not at work on this host", path);
	return err_hint(e, "leave it out, or start the kernel with \"selinux\" in lsm=, and load a "
			   "policy (sestatus shows it)");
}

/* Nothing to change: where there is no AppArmor everything is unconfined. */
static bool is_unconfined_already(const struct plan *p)
{
	return !p->host->apparmor &&
	       strcmp(p->config->process->apparmorProfile.value, "unconfined") == 0;
}

int plan_program_check(struct plan *p, struct err *e)
{
	const struct spec_str *const profile = &p->config->process->apparmorProfile;
	const struct spec_str *const label = &p->config->process->selinuxLabel;

	if (spec_is_text(profile) && !p->host->apparmor && !is_unconfined_already(p))
		return no_apparmor(profile, "process.apparmorProfile", e);
	if (spec_is_text(label) && !p->host->selinux)
		return no_selinux(label, "process.selinuxLabel", e);
	p->program_labelled = spec_is_text(label) || (spec_is_text(profile) && p->host->apparmor);
	return 0;
}

/* Which of SELinux's mount options carries the label. */
static const char *context_type(const struct plan *p, struct err *e)
{
	static const char *const words[] = { "context", "fscontext", "defcontext", "rootcontext" };
	const struct spec_pair *const given = spec_annotation(p->config, ANNOTATION_TYPE);

	if (given == NULL || given->value.value[0] == '\0')
		return words[0];
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(given->value.value, words[i]) == 0)
			return words[i];
	(void)err_set(e, EINVAL, given->value.at,
		"annotations[\"" ANNOTATION_TYPE
		"\"]: expected \"context\", \"fscontext\", \"defcontext\" or \"rootcontext\"");
	return NULL;
}

int plan_labels(struct plan *p, struct err *e)
{
	const struct spec_str *const label = &p->config->os->mountLabel;
	const char *type;

	TRY(plan_program_check(p, e));
	if (!spec_is_text(label))
		return 0;
	if (!p->host->selinux)
		return no_selinux(label, "linux.mountLabel", e);
	type = context_type(p, e);
	if (type == NULL)
		return -e->code;
	if (strlen(label->value) > DATA_MAX)
		return err_set(
			e, EINVAL, label->at, "linux.mountLabel: longer than %d bytes", DATA_MAX);
	p->mount_label = arena_printf(p->arena, "%s=%s", type, label->value);
	return p->mount_label != NULL ? 0 : err_set(e, ENOMEM, label->at, "out of memory");
}

const char *const *plan_label_data(struct plan *p, const char *const *data)
{
	const char **ret;
	size_t n = 0;

	if (p->mount_label == NULL)
		return data;
	while (data[n] != NULL)
		n++;
	ret = arena_array(p->arena, n + 2, sizeof(*ret));
	if (ret == NULL)
		return NULL;
	memcpy(ret, data, n * sizeof(*ret));
	ret[n] = p->mount_label;
	return ret;
}

bool plan_keyring_labelled(const struct plan *p)
{
	return spec_is_text(&p->config->process->selinuxLabel);
}

static int append_selinux(struct plan *p, const char *file, const char *label, struct err *e)
{
	struct plan_op *const op = plan_append(
		p, PLAN_selinux, p->config->process->selinuxLabel.at, e, "process.selinuxLabel");

	if (op == NULL)
		return -ENOMEM;
	op->selinux.file = file;
	op->selinux.label = label;
	return 0;
}

/* Keys made later get no label of ours: it is for the keyring alone. */
static int append_labelled_keyring(struct plan *p, const char *label, struct err *e)
{
	if (p->options->no_new_keyring)
		return 0;
	TRY(append_selinux(p, KEYS, label, e));
	TRY(plan_keyring(p, e));
	return append_selinux(p, KEYS, "", e);
}

/* Under no_new_privs the kernel lets who is confined only narrow that: the profile then comes on
 * top of the caller's own. */
static int append_apparmor(struct plan *p, const struct spec_str *profile, struct err *e)
{
	const bool stack = p->config->process->noNewPrivileges.value && p->host->apparmor_confined;
	struct plan_op *const op =
		plan_append(p, PLAN_apparmor, profile->at, e, "process.apparmorProfile");

	if (op == NULL)
		return -ENOMEM;
	op->apparmor.profile = profile->value;
	op->apparmor.text =
		arena_printf(p->arena, "%s %s", stack ? "stack" : "exec", profile->value);
	return op->apparmor.text != NULL ? 0 : err_set(e, ENOMEM, profile->at, "out of memory");
}

/* All of it by the host's /proc, before the change of root; in force from the exec on, and kept
 * over the change of user. */
int plan_program_labels(struct plan *p, struct err *e)
{
	const struct spec_process *const process = p->config->process;

	if (spec_is_text(&process->selinuxLabel)) {
		TRY(append_labelled_keyring(p, process->selinuxLabel.value, e));
		TRY(append_selinux(p, EXEC, process->selinuxLabel.value, e));
	}
	if (spec_is_text(&process->apparmorProfile) && !is_unconfined_already(p))
		return append_apparmor(p, &process->apparmorProfile, e);
	return 0;
}
