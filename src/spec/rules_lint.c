/* Rules of what is legal and dangerous: ways out of a container that a configuration opens.
 * Never asked of a container that is being made. */
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "spec/rules.h"

static bool has_user_namespace(const struct judge *j)
{
	return spec_namespace_find(j->config, CLONE_NEWUSER) != NULL;
}

/* Capabilities with which root of the container does on the host what it likes. */
static const struct {
	const char *name, *why;
} powers[] = {
	{ "CAP_SYS_ADMIN", "mounts, namespaces, devices: as good as root of the host" },
	{ "CAP_SYS_MODULE", "loads code into the kernel" },
	{ "CAP_SYS_RAWIO", "reaches the machine's memory and ports" },
	{ "CAP_SYS_PTRACE", "reads and changes processes of the host that it can see" },
	{ "CAP_DAC_READ_SEARCH", "opens any file of a mounted file system by its handle" },
	{ "CAP_SYS_BOOT", "restarts the host" },
	{ "CAP_SYS_TIME", "sets the host's clock" },
	{ "CAP_MAC_ADMIN", "changes the host's security policy" },
	{ "CAP_BPF", "loads programs into the kernel" },
	{ "CAP_PERFMON", "reads kernel memory through tracing" },
	{ "CAP_SYSLOG", "reads kernel addresses" },
};

void rule_admin(struct judge *j)
{
	const struct spec_capabilities *const c =
		j->process == NULL ? NULL : j->process->capabilities;

	if (c == NULL || has_user_namespace(j))
		return;
	for (size_t i = 0; i < c->bounding.count; i++) {
		const char *const name =
			spec_word_text(&spec_capability, c->bounding.items[i].value);

		for (size_t k = 0; k < ARRAY_LEN(powers); k++)
			if (strcmp(name, powers[k].name) == 0)
				judge_broken(j, c->bounding.items[i].at,
					judge_path(j, "process.capabilities.bounding[%zu]", i),
					"%s without a user namespace: %s", name, powers[k].why);
	}
}

/* Does the filter refuse anything? */
static bool refuses(const struct spec_seccomp *s)
{
	if (s->defaultAction.value != SPEC_SECCOMP_ALLOW &&
		s->defaultAction.value != SPEC_SECCOMP_LOG)
		return true;
	for (size_t i = 0; i < s->syscalls.count; i++)
		if (s->syscalls.items[i].action.value != SPEC_SECCOMP_ALLOW &&
			s->syscalls.items[i].action.value != SPEC_SECCOMP_LOG)
			return true;
	return false;
}

void rule_no_seccomp(struct judge *j)
{
	const struct spec_seccomp *const s = j->os == NULL ? NULL : j->os->seccomp;

	if (s == NULL)
		judge_broken(j, j->os == NULL ? j->config->at : j->os->at, "linux.seccomp",
			"no filter: every system call of the kernel is within reach");
	else if (!refuses(s))
		judge_broken(j, s->at, "linux.seccomp", "the filter refuses nothing");
}

void rule_new_privileges(struct judge *j)
{
	if (j->process == NULL || j->process->noNewPrivileges.value)
		return;
	judge_broken(j, j->process->at, "process.noNewPrivileges",
		"not set: set-uid programs of the image can gain privileges");
	spec_report_hint(j->report, "add \"noNewPrivileges\": true");
}

void rule_host_root(struct judge *j)
{
	const struct spec_user *const user = j->process == NULL ? NULL : j->process->user;

	if (j->process == NULL || has_user_namespace(j) || (user != NULL && user->uid.value != 0))
		return;
	judge_broken(j, user != NULL && GIVEN(user->uid) ? user->uid.at : j->process->at,
		"process.user.uid", "root, and without a user namespace it is the host's root");
}

void rule_host_namespace(struct judge *j)
{
	static const int64_t own[] = { CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS,
		CLONE_NEWCGROUP };

	for (size_t i = 0; j->os != NULL && i < ARRAY_LEN(own); i++)
		if (spec_namespace_find(j->config, own[i]) == NULL)
			judge_broken(j, GIVEN(j->os->namespaces) ? j->os->namespaces.at : j->os->at,
				"linux.namespaces",
				"no %s namespace: the container uses the host's",
				spec_word_text(&spec_namespace_type, own[i]));
}

static bool has_option(const struct spec_mount *m, const char *word)
{
	for (size_t i = 0; i < m->options.count; i++)
		if (m->options.items[i].value != NULL &&
			strcmp(m->options.items[i].value, word) == 0)
			return true;
	return false;
}

static bool is_bind(const struct spec_mount *m)
{
	return has_option(m, "bind") || has_option(m, "rbind") ||
	       (m->type.value != NULL && strcmp(m->type.value, "bind") == 0);
}

/* Parts of the host that lead out of the container when they can be written; some already when
 * they can be read.  "x/" stands for x and all below it. */
static const struct {
	const char *path;
	bool also_readonly;
	const char *why;
} ways_out[] = {
	{ "/", false, "the whole host" },
	{ "/proc/", false, "the host's processes and kernel settings" },
	{ "/sys/", false, "the host's kernel settings and devices" },
	{ "/dev/", false, "the host's devices" },
	{ "/etc/", false, "the host's settings" },
	{ "/boot/", false, "the host's kernel" },
	{ "/root/", false, "the home of the host's root" },
	{ "/usr/", false, "the host's programs" },
	{ "/bin/", false, "the host's programs" },
	{ "/sbin/", false, "the host's programs" },
	{ "/lib/", false, "the host's libraries and kernel modules" },
	{ "/var/lib/", false, "the state of the host's services" },
	{ "/var/run/docker.sock", true, "whoever reaches Docker's socket is root of the host" },
	{ "/run/docker.sock", true, "whoever reaches Docker's socket is root of the host" },
	{ "/run/containerd/containerd.sock", true,
		"whoever reaches containerd is root of the host" },
	{ "/run/podman/podman.sock", true, "whoever reaches podman's socket is root of the host" },
	{ "/run/crio/crio.sock", true, "whoever reaches CRI-O's socket is root of the host" },
	{ "/run/systemd/", false, "the host's service manager" },
	{ "/run/dbus/system_bus_socket", true, "the host's services, and the service manager" },
};

static bool is_way_out(const char *path, const char *way)
{
	size_t len = strlen(way);

	if (len > 1 && way[len - 1] == '/')
		return strncmp(path, way, len) == 0 ||
		       (strlen(path) == len - 1 && strncmp(path, way, len - 1) == 0);
	return strcmp(path, way) == 0;
}

void rule_host_mount(struct judge *j)
{
	for (size_t i = 0; i < j->config->mounts.count; i++) {
		const struct spec_mount *const m = &j->config->mounts.items[i];
		const bool readonly = has_option(m, "ro") || has_option(m, "rro");

		if (!is_bind(m) || !judge_given(&m->source))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(ways_out); k++) {
			char shown[TEXT_SHOWN];

			if ((readonly && !ways_out[k].also_readonly) ||
				!is_way_out(m->source.value, ways_out[k].path))
				continue;
			judge_broken(j, m->source.at, judge_path(j, "mounts[%zu].source", i),
				"\"%s\" of the host is mounted%s: %s",
				judge_text(shown, m->source.value), readonly ? "" : " writable",
				ways_out[k].why);
			if (!ways_out[k].also_readonly)
				spec_report_hint(j->report, "add the option \"ro\"");
			break;
		}
	}
}

void rule_shared_mount(struct judge *j)
{
	for (size_t i = 0; i < j->config->mounts.count; i++) {
		const struct spec_mount *const m = &j->config->mounts.items[i];

		for (size_t k = 0; k < m->options.count; k++) {
			const char *const word = m->options.items[k].value;

			if (word != NULL && is_bind(m) &&
				(strcmp(word, "shared") == 0 || strcmp(word, "rshared") == 0))
				judge_broken(j, m->options.items[k].at,
					judge_path(j, "mounts[%zu].options[%zu]", i, k),
					"what the container mounts there shows up on the host");
		}
	}
}

static bool has_path(const struct spec_strings *list, const char *path)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].value != NULL && strcmp(list->items[i].value, path) == 0)
			return true;
	return false;
}

void rule_kernel_paths(struct judge *j)
{
	static const char *const masked[] = { "/proc/kcore", "/proc/keys", "/proc/timer_list",
		"/sys/firmware" };
	static const char *const readonly[] = { "/proc/sys", "/proc/sysrq-trigger", "/proc/irq",
		"/proc/bus" };
	const struct spec_linux *const l = j->os;

	if (l == NULL)
		return;
	for (size_t i = 0; i < ARRAY_LEN(masked); i++)
		if (!has_path(&l->maskedPaths, masked[i]))
			judge_broken(j, GIVEN(l->maskedPaths) ? l->maskedPaths.at : l->at,
				"linux.maskedPaths", "%s is not masked", masked[i]);
	for (size_t i = 0; i < ARRAY_LEN(readonly); i++)
		if (!has_path(&l->readonlyPaths, readonly[i]))
			judge_broken(j, GIVEN(l->readonlyPaths) ? l->readonlyPaths.at : l->at,
				"linux.readonlyPaths", "%s is not read-only", readonly[i]);
}

/* Is it a node through which the host can be changed? */
static const char *danger_of(const struct spec_device *d)
{
	const int64_t major = d->major.value, minor = d->minor.value;

	if (d->type.value == S_IFBLK)
		return "a disk of the host";
	if (d->type.value != S_IFCHR)
		return NULL;
	if (major == 1 && (minor == 1 || minor == 2 || minor == 4))
		return "the machine's memory or ports";
	if (major == 1 && minor == 11)
		return "the kernel's log";
	return major == 10 && minor == 237 ? "loop devices: any file of the host as a disk" : NULL;
}

void rule_host_device(struct judge *j)
{
	for (size_t i = 0; j->os != NULL && i < j->os->devices.count; i++) {
		const struct spec_device *const d = &j->os->devices.items[i];
		const char *const why = danger_of(d);

		if (why != NULL)
			judge_broken(j, d->at, judge_path(j, "linux.devices[%zu]", i), "%s", why);
	}
}

void rule_all_devices(struct judge *j)
{
	const struct spec_device_rule_list *const list =
		j->resources == NULL ? NULL : &j->resources->devices;

	for (size_t i = 0; list != NULL && i < list->count; i++) {
		const struct spec_device_rule *const d = &list->items[i];
		const bool all_types = !GIVEN(d->type) || d->type.value == 'a';
		const bool all_numbers = (!GIVEN(d->major) || d->major.value < 0) &&
					 (!GIVEN(d->minor) || d->minor.value < 0);

		if (d->allow.value && all_types && all_numbers)
			judge_broken(j, d->at, judge_path(j, "linux.resources.devices[%zu]", i),
				"every device of the host may be used");
	}
}

void rule_no_limits(struct judge *j)
{
	const struct spec_resources *const r = j->resources;
	const struct src_pos at = r != NULL ? r->at : j->os != NULL ? j->os->at : j->config->at;

	if (r == NULL || r->memory == NULL || r->memory->limit.value <= 0)
		judge_broken(j, at, "linux.resources.memory.limit",
			"none: the container can use up the host's memory");
	if (r == NULL || r->pids == NULL || !GIVEN(r->pids->limit) || r->pids->limit.value < 0)
		judge_broken(j, at, "linux.resources.pids.limit",
			"none: the container can use up the host's process ids");
}
