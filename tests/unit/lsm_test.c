/* Labels of security modules: who is confined already, and what their failures are called.  What is
 * asked for when is shown by the golden files of tests/plan. */
#include "host/lsm.h"
#include "plan/explain.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static const struct {
	const char *label;
	bool confines;
} labels[] = {
	{ "unconfined\n", false }, { "unconfined", false }, { "crun (unconfined)\n", false },
	{ "docker-default (enforce)\n", true }, { "docker-default (complain)\n", true },
	{ "unconfined//&docker-default (enforce)\n", true }, { "unconfined2\n", true },
	{ "unconfined (enforce)\n", true }, { "(unconfined)\n", true }, /* a name, without a mode */
	{ "x (unconfined) y (enforce)\n", true }, { "x\n", true },
	{ "", true }, /* what we do not understand is no freedom */
};

Test(lsm, who_is_confined)
{
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		cr_expect(eq(int, host_apparmor_confines(labels[i].label), labels[i].confines),
			"%s", labels[i].label);
}

/* Nothing is asked of the kernel that the configuration does not need. */
Test(lsm, asked_only_when_wished_for)
{
	const struct host_wish none = { 0 };
	struct host_facts h;
	struct err e = { 0 };

	host_facts_empty(&h);
	h.apparmor = h.selinux = h.apparmor_confined = true;
	cr_assert(eq(int, host_probe_lsm(&none, &h, &e), 0));
	cr_expect(h.apparmor && h.selinux && h.apparmor_confined);
}

#define AT      .at = { 12, 3 }
#define PROFILE "process.apparmorProfile"
#define LABEL   "process.selinuxLabel"
#define APPARMOR                                                              \
	{                                                                     \
		PLAN_apparmor, AT, PROFILE, .apparmor = { "exec p q", "p q" } \
	}
#define SELINUX                                       \
	{                                             \
		PLAN_selinux, AT, LABEL, .selinux = { \
			"attr/exec",                  \
			"u:r:t",                      \
		}                                     \
	}
#define TMPFS                                                                   \
	{                                                                       \
		PLAN_new_fs, AT, "mounts[0] (/x)", .new_fs = {.type = "tmpfs" } \
	}
#define MQUEUE                                                                    \
	{                                                                         \
		PLAN_label, AT, "mounts[0] (/x)", .label = { SLOT_TREE, "u:o:t" } \
	}
#define EXEC                                                     \
	{                                                        \
		PLAN_exec, AT, "process.args", .exec.name = "/a" \
	}

static const struct {
	struct plan_op op;
	bool program, mounts; /* are labelled */
	int error;
	const char *text, *hint;
} rows[] = {
	{ APPARMOR, true, false, ENOENT,
		PROFILE ": AppArmor profile \"p q\" is not loaded: No such file or directory",
		"load it: apparmor_parser" },
	{ APPARMOR, true, false, EACCES,
		PROFILE ": cannot set the AppArmor profile for the program: exec p q: "
			"Permission denied",
		"crun-lite itself runs under a profile, which must allow it: "
		"change_profile -> p q," },
	{ APPARMOR, true, false, EPERM,
		PROFILE ": cannot set the AppArmor profile for the program: exec p q: "
			"Operation not permitted",
		"crun-lite itself runs under a profile and with no_new_privs" },
	{ APPARMOR, true, false, EINVAL,
		PROFILE ": cannot set the AppArmor profile for the program: exec p q: "
			"Invalid argument",
		"AppArmor takes no such name" },
	{ APPARMOR, true, false, ESRCH,
		PROFILE ": cannot set the AppArmor profile for the program: exec p q: "
			"No such process",
		"/proc where crun-lite runs is that of another pid namespace" },
	{ APPARMOR, true, false, EXDEV,
		PROFILE ": cannot set the AppArmor profile for the program: exec p q: "
			"Invalid cross-device link",
		"something is mounted over the host's /proc" },

	/* podman looks for the file in back quotes */
	{ SELINUX, true, false, EINVAL,
		LABEL ": cannot set the SELinux label \"u:r:t\" in `/proc/attr/exec`: "
		      "Invalid argument",
		"the loaded policy does not know this label" },
	{ SELINUX, true, false, EACCES,
		LABEL ": cannot set the SELinux label \"u:r:t\" in `/proc/attr/exec`: "
		      "Permission denied",
		"the policy must let crun-lite's own domain set it" },
	{ SELINUX, true, false, ESRCH,
		LABEL ": cannot set the SELinux label \"u:r:t\" in `/proc/attr/exec`: "
		      "No such process",
		"/proc where crun-lite runs is that of another pid namespace" },
	{ SELINUX, true, false, EXDEV,
		LABEL ": cannot set the SELinux label \"u:r:t\" in `/proc/attr/exec`: "
		      "Invalid cross-device link",
		"something is mounted over the host's /proc" },

	{ TMPFS, false, true, EINVAL,
		"mounts[0] (/x): cannot make a file system of type \"tmpfs\": Invalid argument",
		"an option is not known to this file system, or its value is wrong; or the policy" },
	{ TMPFS, true, false, EINVAL,
		"mounts[0] (/x): cannot make a file system of type \"tmpfs\": Invalid argument",
		"an option is not known to this file system, or its value is wrong" },
	{ TMPFS, false, true, EACCES,
		"mounts[0] (/x): cannot make a file system of type \"tmpfs\": Permission denied",
		"SELinux does not allow this label here" },
	{ MQUEUE, false, true, EINVAL,
		"mounts[0] (/x): cannot label the file system with \"u:o:t\": Invalid argument",
		"the loaded policy does not know this label" },

	{ EXEC, true, false, EACCES, "process.args: exec /a: Permission denied",
		"process.apparmorProfile or process.selinuxLabel forbids it" },
	{ EXEC, false, false, EACCES, "process.args: exec /a: Permission denied",
		"the file needs execute permission" },
	{ EXEC, true, false, EPERM, "process.args: exec /a: Operation not permitted",
		"no_new_privs forbids this change of label" },
};

Test(lsm, failures)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct plan_op op = rows[i].op;
		const struct plan p = { .ops = &op,
			.count = 1,
			.program_labelled = rows[i].program,
			.mount_label = rows[i].mounts ? "context=u:o:t" : NULL };
		struct err e = { 0 };

		cr_expect(eq(int, plan_explain(&p, 0, rows[i].error, "", &e), -rows[i].error));
		cr_expect(eq(str, e.text, (char *)rows[i].text));
		cr_expect(eq(u32, e.at.line, 12), "%s", rows[i].text);
		cr_expect(eq(int, strncmp(e.hint, rows[i].hint, strlen(rows[i].hint)), 0),
			"%s\n  hint: %s\n  not:  %s", rows[i].text, e.hint, rows[i].hint);
	}
}
