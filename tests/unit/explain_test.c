/* What a failed operation is called: the texts are interface, engines look for words in them. */
#include "plan/explain.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define AT .at = { 12, 3 }

static const char *const places[] = { "/usr/bin/x", "/bin/x", NULL };

static const struct row {
	struct plan_op op;
	bool in_user_ns;
	int error;
	const char *detail, *text, *hint; /* the hint's beginning, "" for none */
} rows[] = {
	/* the default: path, sentence, detail, errno */
	{ { PLAN_hostname, AT, "hostname", .hostname = { "box" } }, false, EINVAL, "",
		"hostname: cannot set the host name to \"box\": Invalid argument", "" },
	{ { PLAN_new_fs, AT, "mounts[3] (/data)",
		  .new_fs = { .type = "tmpfs", .source = "tmpfs" } },
		false, EINVAL, "tmpfs: Unknown parameter 'szie'",
		"mounts[3] (/data): cannot make a file system of type \"tmpfs\": "
		"tmpfs: Unknown parameter 'szie': Invalid argument",
		"an option is not known" },
	{ { PLAN_mask, AT, "linux.maskedPaths[0]", .mask.path = "/a\n\x1b[2J\"b\\" }, false, EIO,
		"a\rb",
		"linux.maskedPaths[0]: cannot mask \"/a\\n\\x1b[2J\\\"b\\\\\": a\\rb: "
		"Input/output error",
		"" },
	{ { PLAN_mask, AT, "linux.sysctl[\"a\nb\"]", .mask.path = "/a" }, false, EIO, "",
		"linux.sysctl[\"a\\nb\"]: cannot mask \"/a\": Input/output error", "" },

	/* the program: engines.md tells which words podman and Docker want */
	{ { PLAN_find_program, AT, "process.args[0]", .find_program = { "nosuch", places } }, false,
		ENOENT, "",
		"process.args[0]: exec: \"nosuch\": executable file not found in $PATH: "
		"cannot find `nosuch` in $PATH: No such file or directory",
		"PATH is taken from process.env" },
	{ { PLAN_find_program, AT, "process.args[0]", .find_program = { "", places + 2 } }, false,
		ENOENT, "",
		"process.args[0]: exec: \"\": executable file not found in $PATH: "
		"cannot find `` in $PATH: No such file or directory",
		"PATH is taken" },
	{ { PLAN_find_program, AT, "process.args[0]", .find_program = { "/no/such", places } },
		false, ENOENT, "",
		"process.args[0]: executable file not found: `/no/such`: No such file or directory",
		"process.args[0] is looked up in the container's root" },
	{ { PLAN_find_program, AT, "process.args[0]", .find_program = { "/etc", places } }, false,
		EISDIR, "",
		"process.args[0]: exec: \"/etc\": is a directory: the path `/etc` is not a regular "
		"file: Operation not permitted",
		"process.args[0] must name a program" },
	{ { PLAN_find_program, AT, "process.args[0]", .find_program = { "/a", places } }, false,
		EACCES, "", "process.args[0]: exec: \"/a\": Permission denied",
		"it must be a regular file" },
	{ { PLAN_find_program, AT, "process.args[0]", .find_program = { "/a", places } }, false,
		ELOOP, "", "process.args[0]: exec: \"/a\": Too many levels of symbolic links", "" },
	{ { PLAN_exec, AT, "process.args", .exec.name = "/run.sh" }, false, ENOENT, "",
		"process.args: exec /run.sh: no such file or directory: its interpreter is missing: "
		"No such file or directory",
		"a script's first line" },
	{ { PLAN_exec, AT, "process.args", .exec.name = "/a" }, false, ENOEXEC, "",
		"process.args: exec /a: Exec format error", "a script needs" },
	{ { PLAN_exec, AT, "process.args", .exec.name = "/a" }, false, ETXTBSY, "",
		"process.args: exec /a: Text file busy", "the program is open" },
	{ { PLAN_exec, AT, "process.args", .exec.name = "/a" }, false, EACCES, "",
		"process.args: exec /a: Permission denied", "the file needs execute" },
	{ { PLAN_chdir, AT, "process.cwd", .chdir = { "/missing" } }, false, ENOENT, "",
		"process.cwd: chdir to `/missing`: No such file or directory", "it is missing" },
	{ { PLAN_chdir, AT, "process.cwd", .chdir = { "/a" } }, false, EXDEV, "",
		"process.cwd: chdir to `/a`: Invalid cross-device link", "process.cwd leads out" },

	/* mounts */
	{ { PLAN_clone_tree, AT, "root.path", .clone_tree.path = "/b/rootfs" }, false, ENOENT, "",
		"root.path: cannot use \"/b/rootfs\" as the root: No such file or directory",
		"root.path names" },
	{ { PLAN_clone_tree, AT, "mounts[3] (/data)", .clone_tree.path = "/srv/x" }, false, ENOENT,
		"", "mounts[3] (/data): cannot bind \"/srv/x\": No such file or directory",
		"the source must exist" },
	{ { PLAN_clone_tree, AT, "mounts[3] (/data)", .clone_tree.path = "/srv/x" }, true, EINVAL,
		"", "mounts[3] (/data): cannot bind \"/srv/x\": Invalid argument",
		"in a user namespace a mount with others below it" },
	{ { PLAN_clone_tree, AT, "mounts[3] (/data)", .clone_tree.path = "/srv/x" }, false, EINVAL,
		"", "mounts[3] (/data): cannot bind \"/srv/x\": Invalid argument",
		"the mount there is unbindable" },
	{ { PLAN_given_tree, AT, "mounts[3] (/d)", .given_tree = { "/proc/self/fd/4", 4, 0, 0 } },
		false, EINVAL, "",
		"mounts[3] (/d): cannot bind \"/proc/self/fd/4\": Invalid argument",
		"it must be open on a directory or a file that is mounted" },
	{ { PLAN_check_proc, AT, "mounts[0] (/proc)", .check_proc.path = "/srv" }, false, EPERM, "",
		"mounts[0] (/proc): cannot bind \"/srv\" over /proc: only a proc file system may be "
		"mounted there: Operation not permitted",
		"mount one of type proc" },
	{ { PLAN_attach, AT, "mounts[0] (/proc)", .attach = { "/proc", 0, ATTACH_PLAIN_DIR } },
		false, ELOOP, "",
		"mounts[0] (/proc): \"/proc\" must be mounted on ordinary directory: "
		"Too many levels of symbolic links",
		"the image has a link on the way to /proc" },
	{ { PLAN_attach, AT, "mounts[0] (/sys)", .attach = { "/sys", 0, ATTACH_PLAIN_DIR } }, false,
		ENOTDIR, "",
		"mounts[0] (/sys): \"/sys\" must be mounted on ordinary directory: Not a directory",
		"the image has a file at /sys" },
	{ { PLAN_attach, AT, "mounts[0] (/f)", .attach = { "/f", 0, 0 } }, false, ENOTDIR, "",
		"mounts[0] (/f): cannot mount on \"/f\": Not a directory",
		"a file can only be mounted on a file" },
	{ { PLAN_attach, AT, "mounts[0] (/x)", .attach = { "/x", 0, 0 } }, false, EPERM, "",
		"mounts[0] (/x): cannot mount on \"/x\": it would cover a part of /proc: "
		"Operation not permitted",
		"below /proc only" },
	{ { PLAN_attach, AT, "mounts[0] (/x)", .attach = { "/x", 0, 0 } }, false, EROFS, "",
		"mounts[0] (/x): cannot mount on \"/x\": Read-only file system",
		"the mount point is missing" },
	{ { PLAN_new_fs, AT, "mounts[0] (/proc)", .new_fs = { .type = "proc" } }, true, EPERM, "",
		"mounts[0] (/proc): cannot make a file system of type \"proc\": "
		"Operation not permitted",
		"a new /proc needs a whole one" },
	{ { PLAN_new_fs, AT, "mounts[0] (/sys)", .new_fs = { .type = "sysfs" } }, true, EPERM, "",
		"mounts[0] (/sys): cannot make a file system of type \"sysfs\": "
		"Operation not permitted",
		"a new /sys needs a network namespace" },
	{ { PLAN_new_fs, AT, "mounts[0] (/x)", .new_fs = { .type = "ext9" } }, false, ENODEV, "",
		"mounts[0] (/x): this kernel knows no file system of type \"ext9\": No such device",
		"load its module: modprobe ext9" },
	{ { PLAN_overlay, AT, "--overlay", .overlay.append = 0 }, true, EINVAL, "",
		"--overlay: cannot make an overlay: Invalid argument",
		"without privileges the kernel refuses a lower layer that has mounts" },
	{ { PLAN_overlay, AT, "--overlay", .overlay.append = 0 }, false, EINVAL,
		"overlay: filesystem on upper not supported as upperdir",
		"--overlay: cannot make an overlay: "
		"overlay: filesystem on upper not supported as upperdir: Invalid argument",
		"the directory for writes must lie on a file system" },
	{ { PLAN_overlay, AT, "--overlay", .overlay.append = 0 }, false, ENODEV, "",
		"--overlay: this kernel knows no overlay file system: No such device",
		"load its module" },
	{ { PLAN_set_attr, AT, "mounts[0] (/x)", .set_attr = { .words = "rw" } }, true, EPERM, "",
		"mounts[0] (/x): cannot set mount attributes: rw: Operation not permitted",
		"in a user namespace a bind keeps" },
	{ { PLAN_node, AT, "linux.devices[0]", .node = { .path = "/dev/fuse" } }, false, EPERM, "",
		"linux.devices[0]: cannot make device \"/dev/fuse\": Operation not permitted",
		"making devices needs CAP_MKNOD" },

	/* cgroups */
	{ { PLAN_cgroup_make, AT, "linux.cgroupsPath",
		  .cgroup_make = { "/g/c1", "/sys/fs/cgroup", "" } },
		false, EACCES, "",
		"linux.cgroupsPath: unable to apply cgroup configuration: permission denied: cannot "
		"make cgroup \"/g/c1\": Permission denied",
		"have a cgroup delegated" },
	{ { PLAN_cgroup_make, AT, "linux.cgroupsPath",
		  .cgroup_make = { "/g/c1", "/sys/fs/cgroup", "" } },
		false, EROFS, "",
		"linux.cgroupsPath: unable to apply cgroup configuration: cannot make cgroup "
		"\"/g/c1\": Read-only file system",
		"/sys/fs/cgroup is mounted read-only" },
	{ { PLAN_cgroup_make, AT, "linux.cgroupsPath",
		  .cgroup_make = { "/g/c1", "/sys/fs/cgroup", "" } },
		false, EBUSY, "",
		"linux.cgroupsPath: container's cgroup is not empty: \"/g/c1\": "
		"Device or resource busy",
		"something runs in it" },
	{ { PLAN_cgroup_write, AT, "linux.resources.pids.limit",
		  .cgroup_write = { "pids.max", "5", 0 } },
		false, ENOENT, "",
		"linux.resources.pids.limit: cannot set \"pids.max\" to \"5\": "
		"No such file or directory",
		"this kernel has no such file" },
	{ { PLAN_cgroup_write, AT, "linux.resources.rdma[0]",
		  .cgroup_write = { "rdma.max", "m hca_handle=1", 0 } },
		false, ENODEV, "",
		"linux.resources.rdma[0]: cannot set \"rdma.max\" to \"m hca_handle=1\": "
		"No such device",
		"there is no RDMA device" },
	{ { PLAN_cgroup_write, AT, "linux.resources.unified.io.max",
		  .cgroup_write = { "io.max", "8:0 rbps=1", 0 } },
		false, ENODEV, "",
		"linux.resources.unified.io.max: cannot set \"io.max\" to \"8:0 rbps=1\": "
		"No such device",
		"there is no block device" },
	{ { PLAN_cgroup_write, AT, "linux.resources.blockIO.weightDevice[0]",
		  .cgroup_write = { "io.bfq.weight", "8:0 10", 0 } },
		false, EOPNOTSUPP, "",
		"linux.resources.blockIO.weightDevice[0]: cannot set \"io.bfq.weight\" to "
		"\"8:0 10\": Operation not supported",
		"the device has another I/O scheduler" },
	{ { PLAN_cgroup_write, AT, "linux.resources.blockIO.weightDevice[0]",
		  .cgroup_write = { "io.bfq.weight", "8:0 10", 0 } },
		false, ENOENT, "",
		"linux.resources.blockIO.weightDevice[0]: cannot set \"io.bfq.weight\" to "
		"\"8:0 10\": No such file or directory",
		"it takes the I/O scheduler bfq" },
	{ { PLAN_cgroup_write_any, AT, "linux.resources.blockIO.weight",
		  .cgroup_write_any = { "io.bfq.weight", "10", "io.weight", "1" } },
		false, ENOENT, "",
		"linux.resources.blockIO.weight: cannot set \"io.bfq.weight\" to \"10\", or "
		"\"io.weight\" to \"1\": No such file or directory",
		"this kernel has neither" },

	/* the new process */
	{ { PLAN_spawn, AT, "linux.namespaces",
		  .spawn = { .flags = CLONE_NEWUSER, .words = "user mount" } },
		true, EPERM, "",
		"linux.namespaces: cannot make a process in new namespaces: user mount: "
		"Operation not permitted",
		"user namespaces are not allowed here" },
	{ { PLAN_spawn, AT, "linux.namespaces", .spawn = { .words = "mount" } }, false, EPERM, "",
		"linux.namespaces: cannot make a process in new namespaces: mount: "
		"Operation not permitted",
		"making namespaces needs CAP_SYS_ADMIN" },
	{ { PLAN_spawn, AT, "linux.namespaces", .spawn = { .words = "mount" } }, false, ENOSPC, "",
		"linux.namespaces: cannot make a process in new namespaces: mount: "
		"No space left on device",
		"too many namespaces: raise sysctl user.max_user_namespaces" },
	{ { PLAN_spawn, AT, "linux.namespaces", .spawn = { .words = "mount" } }, false, EAGAIN, "",
		"linux.namespaces: cannot make a process in new namespaces: mount: "
		"Resource temporarily unavailable",
		"too many processes" },
	{ { PLAN_map_helper, AT, "linux.uidMappings",
		  .map_helper = { "/usr/bin/newuidmap", places } },
		true, EPERM, "newuidmap: uid range [0-10) -> [5-15) not allowed",
		"linux.uidMappings: cannot run \"/usr/bin/newuidmap\" PID [/usr/bin/x /bin/x]: "
		"newuidmap: uid range [0-10) -> [5-15) not allowed: Operation not permitted",
		"it grants what /etc/subuid" },
	{ { PLAN_map_write, AT, "linux.uidMappings", .map_write = { "uid_map", "0 0 1\n" } }, true,
		EPERM, "",
		"linux.uidMappings: cannot write \"uid_map\": \"0 0 1\\n\": Operation not permitted",
		"other ids than one's own" },

	/* the process */
	{ { PLAN_keyring, AT, "process", .keyring = {} }, false, EDQUOT, "",
		"process: cannot join a new session keyring: Disk quota exceeded",
		"too many keys: raise sysctl kernel.keys.maxkeys" },
	{ { PLAN_capabilities, AT, "process.capabilities",
		  .capabilities = { .effective = 0x21, .permitted = 0x21 } },
		false, EPERM, "",
		"process.capabilities: cannot set capabilities: effective 0x21, permitted 0x21, "
		"inheritable 0x0: Operation not permitted",
		"a set asks for more" },
	{ { PLAN_rlimit, AT, "process.rlimits[0]", .rlimit = { "RLIMIT_NOFILE", 7, 1024, 4096 } },
		false, EPERM, "",
		"process.rlimits[0]: cannot set RLIMIT_NOFILE to 1024, 4096: "
		"Operation not permitted",
		"it needs CAP_SYS_RESOURCE" },
	{ { PLAN_seccomp_load, AT, "linux.seccomp", .seccomp_load = { 0 } }, false, EACCES, "",
		"linux.seccomp: cannot load the seccomp filter: Permission denied",
		"without CAP_SYS_ADMIN" },
	{ { PLAN_seccomp_load, AT, "linux.seccomp", .seccomp_load = { 0 } }, false, EBUSY, "",
		"linux.seccomp: cannot load the seccomp filter: Device or resource busy",
		"crun-lite itself runs under a filter" },
	{ { PLAN_listener_connect, AT, "linux.seccomp.listenerPath",
		  .listener_connect.path = "/s" },
		false, ENOENT, "",
		"linux.seccomp.listenerPath: failed to connect with seccomp agent \"/s\": "
		"No such file or directory",
		"whoever answers" },
	{ { PLAN_listener_send, AT, "linux.seccomp.listenerPath", .listener_send = { 0 } }, false,
		EPIPE, "",
		"linux.seccomp.listenerPath: cannot send the seccomp listener to the agent: "
		"Broken pipe",
		"the agent has closed" },
	{ { PLAN_umask, AT, "process.user.umask", .umask = { 077 } }, false, EIO, "",
		"process.user.umask: cannot set umask to 077: Input/output error", "" },
	{ { PLAN_time_offset, AT, "linux.timeOffsets.boottime",
		  .time_offset = { "boottime", -60, 5 } },
		false, ERANGE, "",
		"linux.timeOffsets.boottime: cannot set the time offset of boottime to -60 s 5 ns: "
		"Numerical result out of range",
		"the clock may not begin below 0" },
	{ { PLAN_new_dir, AT, "--overlay", .new_dir = { SLOT_TREE, "upper", 20, 20 } }, false,
		ENOSPC, "",
		"--overlay: cannot make directory \"upper\" in tree: No space left on device", "" },
	{ { PLAN_new_dir, AT, "--overlay", .new_dir = { 20, "upper", 20, 20 } }, false, ENOSPC, "",
		"--overlay: cannot make directory \"upper\" in fd#20: No space left on device",
		"" },
};

Test(explain, each_row)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *const r = &rows[i];
		struct plan_op ops[2] = { { PLAN_pivot, .path = "" }, r->op };
		const struct plan p = { .ops = ops, .count = 2, .in_user_ns = r->in_user_ns };
		const int code = r->error == EISDIR ? EPERM : r->error; /* podman wants that */
		struct err e = { 0 };

		cr_expect(eq(int, plan_explain(&p, 1, r->error, r->detail, &e), -code), "%s",
			r->text);
		cr_expect(eq(int, e.code, code), "%s", r->text);
		cr_expect(eq(str, e.text, (char *)r->text));
		cr_expect(eq(u32, e.at.line, 12), "%s", r->text);
		cr_expect(eq(u32, e.at.column, 3), "%s", r->text);
		cr_expect(eq(int, strncmp(e.hint, r->hint, strlen(r->hint)), 0),
			"%s\n  hint: %s\n  not:  %s", r->text, e.hint, r->hint);
		if (r->hint[0] == '\0')
			cr_expect(eq(str, e.hint, ""), "%s", r->text);
	}
}

/* --- a child that says nothing --------------------------------------------------------------- */

static const struct {
	size_t index;
	int exit_code;
	bool filter;
	const char *text;
	uint32_t line;
	const char *hint;
} deaths[] = {
	{ 0, 137, false,
		"process: read from the init process: it was killed by signal 9 (Killed) before "
		"operation 1, wait for the child: ready to start: Broken pipe",
		0, "" },
	{ 9, 1, false, "process: read from the init process: it ended with status 1: Broken pipe",
		0, "" },
	{ 0, 159, true,
		"linux.seccomp: read from the init process: it was killed by signal 31 (Bad system "
		"call) before operation 1, wait for the child: ready to start: Broken pipe",
		7, "the filter forbids a call" },
	{ 9, 139, true,
		"linux.seccomp: read from the init process: it was killed by signal 11 "
		"(Segmentation fault): Broken pipe",
		7, "the filter forbids a call" },
	{ 9, 137, true,
		"process: read from the init process: it was killed by signal 9 (Killed): "
		"Broken pipe",
		0, "" },
};

Test(explain, death)
{
	for (size_t i = 0; i < ARRAY_LEN(deaths); i++) {
		struct plan_op ops[] = { { PLAN_child_done, .path = "process",
						 .child_done = { "ready to start" } },
			{ PLAN_seccomp_load, { 7, 5 }, "linux.seccomp", .seccomp_load = { 0 } } };
		const struct plan p = { .ops = ops, .count = deaths[i].filter ? 2 : 1 };
		struct err e = { 0 };

		cr_expect(eq(int,
			plan_explain_death(&p, deaths[i].index, deaths[i].exit_code, false, &e),
			-EPIPE));
		cr_expect(eq(str, e.text, (char *)deaths[i].text));
		cr_expect(eq(u32, e.at.line, deaths[i].line), "%s", e.text);
		cr_expect(eq(int, strncmp(e.hint, deaths[i].hint, strlen(deaths[i].hint)), 0), "%s",
			e.hint);
	}
}

Test(explain, death_for_want_of_memory)
{
	const struct spec_memory memory = { .limit = { 4096, { 9, 40 } } };
	const struct spec_resources resources = { .memory = &memory };
	const struct spec_linux with = { .resources = &resources }, without = { 0 };
	const struct spec_config configs[] = { { .os = &with }, { .os = &without } };

	for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
		const struct plan p = { .config = &configs[i] };
		struct err e = { 0 };

		cr_expect(eq(int, plan_explain_death(&p, 0, 137, true, &e), -ENOMEM));
		cr_expect(eq(str, e.text,
			"linux.resources.memory.limit: read from the init process: killed before the "
			"program started: the memory limit may be too low (killed by memory.max): "
			"Cannot allocate memory"));
		cr_expect(eq(u32, e.at.line, i == 0 ? 9 : 0));
	}
}

/* What an agent that is gone leaves unanswered fails with ENOSYS. */
Test(explain, unanswered)
{
	static const struct {
		size_t failed;
		int error;
		bool told;
	} cases[] = { { 0, ENOSYS, false }, { 2, EPERM, false }, { 2, ENOSYS, true } };
	struct plan_op ops[] = { { PLAN_groups, .path = "a", .groups = { "1", NULL, 1 } },
		{ PLAN_listener_send, .path = "b" },
		{ PLAN_groups, .path = "c", .groups = { "1", NULL, 1 } } };
	const struct plan p = { .ops = ops, .count = ARRAY_LEN(ops) };
	const char *const hint = "the filter notifies of a call that the start itself needs";

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { 0 };

		cr_expect(eq(int, plan_explain(&p, cases[i].failed, cases[i].error, "", &e),
			-cases[i].error));
		cr_expect(
			eq(int, strncmp(e.hint, hint, strlen(hint)) == 0, cases[i].told), "%zu", i);
	}
	for (size_t index = 1; index <= 2; index++) {
		struct err e = { 0 };

		cr_expect(eq(int, plan_explain_death(&p, index, 1, false, &e), -EPIPE));
		cr_expect(eq(int, strncmp(e.hint, hint, strlen(hint)) == 0, index == 2));
	}
}
