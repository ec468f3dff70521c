/* Every row of spec/rules.def, broken: at the mark, with the severity, the path and the text.
 * A row without a case here fails the test. */
#include "spec_case.h"

#include <stdio.h>

#include "spec/rules.h"

#define SECCOMP(x)   LINUX("", "'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'," x "}")
#define RESOURCES(x) LINUX("", "'resources':{" x "}")
#define PROC(x)      PROCESS("'args':['a'],'cwd':'/'," x)
#define IDS(a, b, c) "[{'containerID':" a ",'hostID':" b ",'size':" c "}]"
#define USER_NS(x)   LINUX(",{'type':'user'}", x)

static const struct {
	const char *rule, *json, *path, *text;
} cases[] = {
	{ "version", "{'ociVersion':@'2.0.0','root':{'path':'r'}}", "ociVersion",
		"not a version of the specification that is known: it is read as 1.3" },
	{ "version", "{'ociVersion':@'1.3','root':{'path':'r'}}", "ociVersion",
		"a version has three numbers, found \"1.3\"" },
	{ "annotation", TOP("'annotations':{@'':'x'}"), "annotations[\"\"]",
		"the key must not be empty" },
	{ "rlimit_twice",
		PROC("'rlimits':[{'type':'RLIMIT_AS','soft':1,'hard':1},"
		     "{'type':@'RLIMIT_AS','soft':1,'hard':1}]"),
		"process.rlimits[1].type", "\"RLIMIT_AS\" is listed twice" },
	{ "rlimit_order", PROC("'rlimits':[{'type':'RLIMIT_AS','soft':@2,'hard':1}]"),
		"process.rlimits[0].soft", "2 is above the hard limit 1" },
	{ "scheduler_nice", PROC("'scheduler':{'policy':'SCHED_FIFO','priority':1,'nice':@1}"),
		"process.scheduler.nice",
		"SCHED_FIFO has no nice value, only SCHED_OTHER and SCHED_BATCH do: ignored" },
	{ "scheduler_priority", PROC("'scheduler':{'policy':'SCHED_OTHER','priority':@1}"),
		"process.scheduler.priority",
		"SCHED_OTHER has no priority: only SCHED_FIFO and SCHED_RR do" },
	{ "scheduler_priority", PROC("'scheduler':@{'policy':'SCHED_RR'}"),
		"process.scheduler.priority", "SCHED_RR needs a priority from 1 to 99" },
	{ "scheduler_deadline", PROC("'scheduler':{'policy':'SCHED_RR','priority':1,'period':@1}"),
		"process.scheduler.period", "only SCHED_DEADLINE has one, the policy is SCHED_RR" },
	{ "scheduler_deadline",
		PROC("'scheduler':{'policy':'SCHED_DEADLINE','runtime':@2,'deadline':1}"),
		"process.scheduler.runtime",
		"SCHED_DEADLINE needs 0 < runtime <= deadline <= period, found 2, 1, 0" },
	{ "env_form", PROC("'env':['A=1',@'FOO']"), "process.env[1]",
		"expected NAME=value, found \"FOO\": it is left out" },
	{ "env_form", PROC("'env':[@'=x']"), "process.env[0]",
		"expected NAME=value, found \"=x\"" },
	{ "env_twice", PROC("'env':[@'A=1','B=2','A=3']"), "process.env[0]",
		"\"A=1\": a later entry of the same name takes its place" },
	{ "capability_sets", PROC("'capabilities':{'effective':[@'CAP_KILL']}"),
		"process.capabilities.effective[0]",
		"CAP_KILL is not given: it is not in permitted" },
	{ "capability_sets",
		PROC("'capabilities':{'permitted':['CAP_KILL'],'ambient':[@'CAP_KILL']}"),
		"process.capabilities.ambient[0]",
		"CAP_KILL is not given: it is not both in permitted and in inheritable" },
	{ "console_size", PROC("'consoleSize':@{'height':1,'width':1}"), "process.consoleSize",
		"ignored: process.terminal is not true" },
	{ "console_range", PROC("'terminal':true,'consoleSize':{'height':1,'width':@65536}"),
		"process.consoleSize.width",
		"expected a whole number from 0 to 65535, found 65536" },
	{ "mount_relative", TOP("'mounts':[{'destination':@'a'}]"), "mounts[0].destination",
		"not absolute: taken from /" },
	{ "mount_options", TOP("'mounts':[{'destination':'/a','options':['ro','bind',@'nosiud']}]"),
		"mounts[0].options[2]",
		"bind mounts cannot have any filesystem-specific options applied: \"nosiud\"" },
	{ "mount_options",
		TOP("'mounts':[{'destination':'/a','type':'bind','options':['size=5',@'x\\n']}]"),
		"mounts[0].options[1]",
		"bind mounts cannot have any filesystem-specific options applied: \"x\\n\"" },
	{ "mount_options", TOP("'mounts':[{'destination':'/a','options':['remount',@'size=5']}]"),
		"mounts[0].options[1]",
		"remount changes the mount alone, not its file system: \"size=5\"" },
	{ "mount_id_map",
		TOP("'mounts':[{'destination':'/a','uidMappings':@" IDS("0", "1", "1") "}]"),
		"mounts[0].gidMappings", "missing, though there are uidMappings" },
	{ "hook_prestart", TOP("'hooks':{'prestart':@[{'path':'/a'}]}"), "hooks.prestart",
		"deprecated: createRuntime and createContainer took its place" },
	{ "namespace_twice", LINUX(",{'type':@'mount'}", "'x':0"), "linux.namespaces[1].type",
		"\"mount\" is listed twice" },
	{ "namespace_mount", BASE ",'linux':{'namespaces':@[]}}", "linux.namespaces",
		"a mount namespace is required" },
	{ "uts_names", TOP("'domainname':@'x'"), "domainname",
		"needs a uts namespace in linux.namespaces" },
	{ "id_map", LINUX("", "'uidMappings':@" IDS("0", "1", "1")), "linux.uidMappings",
		"needs a user namespace in linux.namespaces" },
	{ "id_map",
		USER_NS("'gidMappings':" IDS(
			"0", "1", "1") ",'uidMappings':[{'containerID':0,'hostID':5,'size':2},"
				       "{'containerID':@1,'hostID':9,'size':2}]"),
		"linux.uidMappings[1].containerID", "overlaps with entry 0" },
	{ "time_offsets", LINUX("", "'timeOffsets':@{'boottime':{'secs':1}}"), "linux.timeOffsets",
		"needs a time namespace in linux.namespaces" },
	{ "device_numbers", LINUX("", "'devices':[@{'path':'/dev/x','type':'c','major':1}]"),
		"linux.devices[0].minor", "missing" },
	{ "device_twice",
		LINUX("", "'devices':[{'path':@'/x','type':'p'},{'path':'/x','type':'p'}]"),
		"linux.devices[0].path", "a later entry of the same path takes its place" },
	{ "net_device", LINUX("", "'netDevices':@{'eth0':{}}"), "linux.netDevices",
		"needs a network namespace in linux.namespaces" },
	{ "net_device",
		LINUX(",{'type':'network'}", "'netDevices':{'eth0':{},'eth1':{'name':@'eth0'}}"),
		"linux.netDevices[\"eth1\"].name",
		"another device has the same name in the container" },
	{ "sysctl", LINUX("", "'sysctl':{@'net.core.somaxconn':'1'}"),
		"linux.sysctl[\"net.core.somaxconn\"]",
		"needs a network namespace in linux.namespaces: it would change the host" },
	{ "memory_policy", LINUX("", "'memoryPolicy':{'mode':'MPOL_DEFAULT','nodes':@'0-3, 7'}"),
		"linux.memoryPolicy.nodes",
		"invalid memory policy: MPOL_DEFAULT mode requires 0 nodes but got 5" },
	{ "memory_policy", LINUX("", "'memoryPolicy':{'mode':'MPOL_LOCAL','nodes':@'0'}"),
		"linux.memoryPolicy.nodes",
		"invalid memory policy: MPOL_LOCAL mode requires 0 nodes but got 1" },
	{ "memory_policy", LINUX("", "'memoryPolicy':@{'mode':'MPOL_BIND'}"),
		"linux.memoryPolicy.nodes",
		"invalid memory policy: MPOL_BIND needs a node at least" },
	{ "personality_flags", LINUX("", "'personality':{'domain':'LINUX','flags':@['x']}"),
		"linux.personality.flags", "ignored: the specification has none yet" },
	{ "rdt_monitoring", LINUX("", "'intelRdt':{'enableCMT':@true}"), "linux.intelRdt.enableCMT",
		"deprecated: enableMonitoring took its place" },
	{ "seccomp_errno",
		SECCOMP("'syscalls':[{'names':['a'],'action':'SCMP_ACT_LOG','errnoRet':@1}]"),
		"linux.seccomp.syscalls[0].errnoRet",
		"only SCMP_ACT_ERRNO and SCMP_ACT_TRACE have a number, action is SCMP_ACT_LOG" },
	{ "seccomp_notify", SECCOMP("'listenerMetadata':@'x'"), "linux.seccomp.listenerMetadata",
		"needs linux.seccomp.listenerPath" },
	{ "memory_swap", RESOURCES("'memory':{'limit':5,'swap':@4}"), "linux.resources.memory.swap",
		"4 is below the limit 5: swap counts memory and swap together" },
	{ "cpu_max", RESOURCES("'cpu':{'period':@999}"), "linux.resources.cpu.period",
		"expected 0 or 1000 to 1000000 microseconds, found 999" },
	{ "cpu_max", RESOURCES("'cpu':{'quota':@999}"), "linux.resources.cpu.quota",
		"expected at least 1000 microseconds, found 999" },
	{ "io_weight", RESOURCES("'blockIO':{'weight':@9}"), "linux.resources.blockIO.weight",
		"expected 0 or a number from 10 to 1000, found 9" },
	{ "io_weight_device",
		RESOURCES("'blockIO':{'weightDevice':[{'major':8,'minor':0,'weight':0},"
			  "@{'major':8,'minor':1}]}"),
		"linux.resources.blockIO.weightDevice[1]",
		"neither weight nor leafWeight is there" },
	{ "rdma_limit", RESOURCES("'rdma':{'a':{'hcaObjects':0},@'b':{}}"),
		"linux.resources.rdma[\"b\"]", "neither hcaHandles nor hcaObjects is there" },
	{ "cpu_max", RESOURCES("'cpu':{'quota':1000,'burst':@1001}"), "linux.resources.cpu.burst",
		"1001 is above the quota 1000" },
	{ "seccomp_errno",
		SECCOMP("'syscalls':[{'names':['a'],'action':'SCMP_ACT_TRACE','errnoRet':65535},"
			"{'names':['a'],'action':'SCMP_ACT_ERRNO','errnoRet':@4096}]"),
		"linux.seccomp.syscalls[1].errnoRet",
		"expected a whole number from 0 to 4095 with SCMP_ACT_ERRNO, found 4096" },
	{ "rdma_name", RESOURCES("'rdma':{@'a b':{'hcaHandles':1}}"),
		"linux.resources.rdma[\"a b\"]", "the name of a device is empty or has a space" },
	{ "unified_file", RESOURCES("'unified':{@'../memory.max':'1'}"),
		"linux.resources.unified[\"../memory.max\"]",
		"not a cgroup file that a container may set" },
	{ "cgroup_v1", RESOURCES("'memory':{'kernel':@5}"), "linux.resources.memory.kernel",
		"ignored: cgroup v2 has nothing like it" },
	{ "cgroup_v1", RESOURCES("'memory':{'useHierarchy':@true}"),
		"linux.resources.memory.useHierarchy", "ignored: cgroup v2 has nothing like it" },
	{ "cgroup_v1", RESOURCES("'network':{'priorities':@[{'name':'a','priority':1}]}"),
		"linux.resources.network.priorities", "ignored: cgroup v2 has nothing like it" },

	{ "admin", PROC("'capabilities':{'bounding':['CAP_KILL',@'CAP_SYS_ADMIN']}"),
		"process.capabilities.bounding[1]",
		"CAP_SYS_ADMIN without a user namespace: mounts, namespaces, devices: as good as "
		"root of the host" },
	{ "no_seccomp", BASE ",'linux':@{'namespaces':[" MOUNT "]}}", "linux.seccomp",
		"no filter: every system call of the kernel is within reach" },
	{ "no_seccomp", LINUX("", "'seccomp':@{'defaultAction':'SCMP_ACT_ALLOW'}"), "linux.seccomp",
		"the filter refuses nothing" },
	{ "new_privileges",
		"{'ociVersion':'1.0','root':{'path':'r'},'linux':{'namespaces':[" MOUNT
		"]},'process':@{'args':['a'],'cwd':'/'}}",
		"process.noNewPrivileges",
		"not set: set-uid programs of the image can gain privileges" },
	{ "host_root", PROC("'user':{'uid':@0,'gid':0}"), "process.user.uid",
		"root, and without a user namespace it is the host's root" },
	{ "host_namespace", BASE ",'linux':{'namespaces':@[" MOUNT "]}}", "linux.namespaces",
		"no network namespace: the container uses the host's" },
	{ "host_mount",
		TOP("'mounts':[{'destination':'/h','type':'bind','source':@'/','options':['bind']}]"),
		"mounts[0].source", "\"/\" of the host is mounted writable: the whole host" },
	{ "host_mount",
		TOP("'mounts':[{'destination':'/s','type':'bind',"
		    "'source':@'/var/run/docker.sock','options':['bind','ro']}]"),
		"mounts[0].source",
		"\"/var/run/docker.sock\" of the host is mounted: whoever reaches Docker's socket "
		"is root of the host" },
	{ "shared_mount",
		TOP("'mounts':[{'destination':'/d','source':'/d','options':['bind',@'rshared']}]"),
		"mounts[0].options[1]", "what the container mounts there shows up on the host" },
	{ "kernel_paths", LINUX("", "'maskedPaths':@['/proc/keys']"), "linux.maskedPaths",
		"/proc/kcore is not masked" },
	{ "host_device", LINUX("", "'devices':[@{'path':'/dev/a','type':'b','major':8,'minor':0}]"),
		"linux.devices[0]", "a disk of the host" },
	{ "all_devices", RESOURCES("'devices':[@{'allow':true,'access':'rwm'}]"),
		"linux.resources.devices[0]", "every device of the host may be used" },
	{ "no_limits", LINUX("", "'resources':@{'pids':{'limit':5}}"),
		"linux.resources.memory.limit",
		"none: the container can use up the host's memory" },
};

static bool is_it(const struct spec_finding *f, struct src_pos mark, size_t i)
{
	return f->at.line == mark.line && f->at.column == mark.column &&
	       strcmp(f->rule, cases[i].rule) == 0 && strcmp(f->path, cases[i].path) == 0 &&
	       strcmp(f->text, cases[i].text) == 0;
}

static const struct rule *row_of(const char *name)
{
	size_t count;
	const struct rule *const rules = spec_rules(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(rules[i].name, name) == 0)
			return &rules[i];
	return NULL;
}

static void expect_case(size_t i)
{
	AUTO_ARENA a = { 0 };
	struct spec_report report = { .arena = &a };
	const struct rule *const row = row_of(cases[i].rule);
	struct spec_case c = spec_case_make(cases[i].json);
	const struct spec_finding *f = NULL;
	const void *config = NULL;
	int rc;

	cr_assert(row != NULL, "%s", cases[i].rule);
	rc = spec_read(SPEC_CONFIG, c.json, strlen(c.json), &report, &config);
	if (row->severity != SPEC_LINT && row->severity != SPEC_WARNING)
		cr_expect(eq(int, rc, -EINVAL), "%s", cases[i].json);
	if (row->severity == SPEC_LINT) {
		cr_assert(eq(int, rc, 0), "%s", cases[i].json);
		spec_lint(config, &report);
	}
	while ((f = spec_report_next(&report, f, row->severity)) != NULL && !is_it(f, c.mark, i))
		;
	cr_expect(f != NULL, "%s: %s", cases[i].rule, cases[i].json);
	for (f = report.first; f != NULL && row->severity != SPEC_LINT; f = f->next)
		cr_expect(is_it(f, c.mark, i) || f->severity != SPEC_ERROR ||
				  row->severity != SPEC_ERROR ||
				  strcmp(f->rule, cases[i].rule) == 0,
			"%s: also %s: %s", cases[i].rule, f->path, f->text);
	free(c.json);
}

Test(spec_rules, broken)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect_case(i);
}

Test(spec_rules, each_has_a_case)
{
	size_t count, k;
	const struct rule *const rules = spec_rules(&count);

	for (size_t i = 0; i < count; i++) {
		for (k = 0; k < ARRAY_LEN(cases) && strcmp(cases[k].rule, rules[i].name) != 0; k++)
			;
		cr_expect(lt(sz, k, ARRAY_LEN(cases)), "no case for %s", rules[i].name);
	}
}

/* What follows from another error is not told. */
static const char *const single[] = {
	BASE ",'hostname':'x','linux':{'namespaces':[" MOUNT ",{'type':@'utss'}]}}",
	BASE ",'hostname':'x','linux':@5}",
	BASE ",'hostname':'x','linux':{'namespaces':@'all'}}",
	RESOURCES("'memory':{'limit':@'1G','swap':2}"),
	LINUX("", "'devices':[{'path':'/dev/x','type':@'char'}]"),
	LINUX("", "'devices':[{'path':'/dev/x','type':'c','major':@'1','minor':1}]"),
	USER_NS("'uidMappings':@{},'gidMappings':" IDS("0", "1", "1")),
	LINUX("", "'memoryPolicy':{'mode':'MPOL_BIND','nodes':@'a'}"),
	PROC("'capabilities':{'effective':['CAP_KILL'],'permitted':[@'CAP_KIL']}"),
	PROC("'capabilities':{'ambient':['CAP_KILL'],'permitted':['CAP_KILL'],'inheritable':@1}"),
	PROC("'terminal':@'yes','consoleSize':{'height':1,'width':1}"),
	SECCOMP("'listenerPath':@1,'listenerMetadata':'x'"),
	RESOURCES("'blockIO':{'weightDevice':[{'major':8,'minor':0,'weight':@'1'}]}"),
	RESOURCES("'rdma':{'mlx':{'hcaHandles':@-1}}"),
	PROC("'scheduler':{'policy':@'SCHED_NOPE','priority':7}"),
	PROC("'scheduler':{'policy':'SCHED_RR','priority':@100}"),
	TOP("'mounts':[@5]"),
};

Test(spec_rules, no_consequences)
{
	for (size_t i = 0; i < ARRAY_LEN(single); i++) {
		AUTO_ARENA a = { 0 };
		struct spec_report report = { .arena = &a };
		struct spec_case c = spec_case_make(single[i]);
		const void *config = NULL;
		const struct spec_finding *f;

		cr_expect(eq(int, spec_read(SPEC_CONFIG, c.json, strlen(c.json), &report, &config),
			-EINVAL));
		cr_expect(eq(sz, report.counts[SPEC_ERROR], 1), "%s", single[i]);
		cr_expect(eq(sz, report.counts[SPEC_WARNING], 0), "%s", single[i]);
		f = spec_report_next(&report, NULL, SPEC_ERROR);
		cr_expect(eq(u32, f->at.line, c.mark.line), "%s: %s", f->text, single[i]);
		cr_expect(eq(u32, f->at.column, c.mark.column), "%s: %s", f->text, single[i]);
		free(c.json);
	}
}

/* All of them, in the order of the file; the first is what spec_load says. */
Test(spec_rules, all_at_once)
{
	AUTO_ARENA a = { 0 };
	struct spec_report report = { .arena = &a };
	struct spec_case c = spec_case_make(
		"{'ociVersion':1,\n 'root':{},\n 'hostname':'x',\n 'process':{'cwd':'x','args':[]},\n"
		" 'linux':{'namespaces':[" MOUNT ",{'type':'mount'}]},\n 'Mounts':[]}");
	static const uint32_t lines[] = { 1, 2, 3, 4, 4, 5, 6 };
	const void *config = NULL;
	const struct spec_finding *f = NULL;

	cr_expect(
		eq(int, spec_read(SPEC_CONFIG, c.json, strlen(c.json), &report, &config), -EINVAL));
	f = report.first;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++, f = f->next) {
		cr_assert(f != NULL);
		cr_expect(eq(u32, f->at.line, lines[i]), "%s: %s", f->path, f->text);
	}
	cr_expect(eq(ptr, f, NULL));
	cr_expect(eq(sz, report.counts[SPEC_ERROR], 6));
	cr_expect(eq(sz, report.counts[SPEC_WARNING], 1));
	cr_expect(eq(str, (char *)report.last->hint, "did you mean \"mounts\"?"));
	free(c.json);
}

/* What is meant by a word that is none, and what is one. */
static const struct {
	const char *options, *hint; /* NULL: no finding */
} words[] = {
	{ "'nosiud','bind'", "did you mean \"nosuid\"?" },
	{ "'rbind','Ro'", "did you mean \"ro\"?" },
	{ "'bind','size=64m'", "see crun-lite check --explain mounts.options" },
	{ "'bind','ro=1'", "did you mean \"ro\"?" },
	{ "'bind','','defaults','rro','idmap','ridmap=uids=0-1-2;gids=0-1-2'", NULL },
	{ "'remount','ro','nosymfollow'", NULL },
	{ "'nosiud','size=64m'", NULL }, /* data for a file system */
};

Test(spec_rules, mount_words)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		AUTO_ARENA a = { 0 };
		char row[512];
		struct spec_case c;
		const struct spec_config *config = NULL;
		struct err e = { 0 };

		(void)snprintf(row, sizeof(row),
			TOP("'mounts':[{'destination':'/a','options':[%s]}]"), words[i].options);
		c = spec_case_make(row);
		cr_expect(eq(int, spec_load(c.json, strlen(c.json), &a, &config, &e),
				  words[i].hint == NULL ? 0 : -EINVAL),
			"%s: %s", row, e.text);
		cr_expect(eq(str, e.hint, (char *)(words[i].hint == NULL ? "" : words[i].hint)));
		free(c.json);
	}
}

/* A key that nobody knows, or that is for another system, is told of once. */
Test(spec_rules, unknown_twice)
{
	AUTO_ARENA a = { 0 };
	struct spec_report report = { .arena = &a };
	struct spec_case c = spec_case_make(TOP("'x':1,\n'x':2,\n'vm':{},\n'vm':{}"));
	const void *config = NULL;

	cr_expect(
		eq(int, spec_read(SPEC_CONFIG, c.json, strlen(c.json), &report, &config), -EINVAL));
	cr_expect(eq(sz, report.counts[SPEC_ERROR], 2));
	cr_expect(eq(sz, report.counts[SPEC_WARNING], 2));
	free(c.json);
}
