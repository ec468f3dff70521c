/* What this runtime knows, as the features document of runtime-spec 1.3 (features.md,
 * features-linux.md): every list is a table's. */
#include "lib/crl.h"

#include "base/json_out.h"
#include "plan/mount_options.h"
#include "spec/fields.h"
#include "spec/spec.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_sorted(struct json_out *j, const char *key, const char **words, size_t count)
{
	qsort(words, count, sizeof(*words), by_text);
	json_array(j, key);
	for (size_t i = 0; i < count; i++)
		if (words[i][0] != '\0' && (i == 0 || strcmp(words[i], words[i - 1]) != 0))
			json_text(j, NULL, words[i]);
	json_end(j);
}

static void put_words(struct json_out *j, const char *key, const struct spec_words *table)
{
	json_array(j, key);
	for (size_t i = 0; i < table->count; i++)
		if (table->words[i].text[0] != '\0')
			json_text(j, NULL, table->words[i].text);
	json_end(j);
}

static int put_mount_options(struct json_out *j, struct arena *arena)
{
	const char *const *const all = plan_mount_option_words();
	const char **words;
	size_t count = 0;

	while (all[count] != NULL)
		count++;
	words = arena_array(arena, count, sizeof(*words));
	if (words == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		words[i] = all[i];
	put_sorted(j, "mountOptions", words, count);
	return 0;
}

static void put_hooks(struct json_out *j)
{
	const struct spec_object *const hooks = spec_object_hooks();

	json_array(j, "hooks");
	for (size_t i = 0; i < hooks->count; i++)
		json_text(j, NULL, hooks->fields[i].key);
	json_end(j);
}

/* A flag that the kernel knows fails at the missing filter, one that it doesn't at itself. */
static bool kernel_has(int64_t flag)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, (unsigned)flag, NULL) < 0 &&
	       errno == EFAULT;
}

static void put_seccomp(struct json_out *j)
{
	const struct spec_words *const flags = &spec_seccomp_flag;

	json_object(j, "seccomp");
	json_bool(j, "enabled", true);
	put_words(j, "actions", &spec_seccomp_action);
	put_words(j, "operators", &spec_seccomp_op);
	put_words(j, "archs", &spec_seccomp_arch);
	put_words(j, "knownFlags", flags);
	json_array(j, "supportedFlags");
	for (size_t i = 0; i < flags->count; i++)
		if (kernel_has(flags->words[i].number))
			json_text(j, NULL, flags->words[i].text);
	json_end(j);
	json_end(j);
}

static void put_enabled(struct json_out *j, const char *key)
{
	json_object(j, key);
	json_bool(j, "enabled", true);
	json_end(j);
}

static void put_cgroup(struct json_out *j)
{
	json_object(j, "cgroup");
	json_bool(j, "v1", false);
	json_bool(j, "v2", true);
	json_bool(j, "systemd", false);
	json_bool(j, "systemdUser", false);
	json_bool(j, "rdma", true);
	json_end(j);
}

static void put_linux(struct json_out *j)
{
	json_object(j, "linux");
	put_words(j, "namespaces", &spec_namespace_type);
	put_words(j, "capabilities", &spec_capability);
	put_cgroup(j);
	put_seccomp(j);
	put_enabled(j, "apparmor");
	put_enabled(j, "selinux");
	json_object(j, "intelRdt");
	json_bool(j, "enabled", true);
	json_bool(j, "schemata", true);
	json_bool(j, "monitoring", true);
	json_end(j);
	json_object(j, "memoryPolicy");
	put_words(j, "modes", &spec_memory_policy_mode);
	put_words(j, "flags", &spec_memory_policy_flag);
	json_end(j);
	json_object(j, "mountExtensions");
	put_enabled(j, "idmap");
	json_end(j);
	put_enabled(j, "netDevices");
	json_end(j);
}

static void put_annotations(struct json_out *j)
{
	json_object(j, "annotations");
	json_text(j, "org.crun-lite.version", crl_version());
	json_text(j, "org.opencontainers.runc.checkpoint.enabled", "false");
	json_text(j, "run.oci.crun.checkpoint.enabled", "false");
	json_text(j, "io.github.seccomp.libseccomp.version", spec_libseccomp_version());
	json_end(j);
	json_array(j, "potentiallyUnsafeConfigAnnotations");
#define ANNOTATION(key, unsafe, what) \
	if (unsafe)                   \
		json_text(j, NULL, key);
#include "spec/annotations.def"
#undef ANNOTATION
	json_end(j);
}

static int put_all(struct json_out *j, char **ret, struct err *e)
{
	AUTO_ARENA arena = { 0 };
	const char *text;
	size_t len;

	json_object(j, NULL);
	json_text(j, "ociVersionMin", "1.0.0");
	json_text(j, "ociVersionMax", "1.3.0");
	put_hooks(j);
	if (put_mount_options(j, &arena) < 0)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	put_linux(j);
	put_annotations(j);
	json_end(j);
	TRY(json_finish(j, &text, &len, e));
	*ret = strdup(text);
	return *ret != NULL ? 0 : err_set(e, ENOMEM, POS_NONE, "out of memory");
}

int crl_features(char **ret, struct crl_error *error)
{
	AUTO_JSON j = { .pretty = true };
	struct err e = { 0 };

	return crl_fail(put_all(&j, ret, &e), &e, error);
}
