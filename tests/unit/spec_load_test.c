/* config.json to structs: what is refused, with which words and where; what is kept. */
#include "spec_case.h"

#include <stdio.h>

#define ID_RANGE "expected a whole number from 0 to 4294967294, found "
#define USER(x)  PROCESS("'args':['a'],'cwd':'/',\n  'user':{" x "}")
#define OOM(x)   PROCESS("'args':['a'],'cwd':'/','oomScoreAdj' :\t" x)

/* Values: type, range, words, duplicates, what comes later. */
static const struct {
	const char *json, *text, *hint;
} values[] = {
	{ USER("'uid':@'abc'"), "process.user.uid: " ID_RANGE "\"abc\"", "" },
	{ USER("'uid':@-1"), "process.user.uid: " ID_RANGE "-1", "" },
	{ USER("'uid':@-0"), "process.user.uid: " ID_RANGE "-0", "" },
	{ USER("'uid':@1.0"), "process.user.uid: " ID_RANGE "1.0", "" },
	{ USER("'uid':@1e0"), "process.user.uid: " ID_RANGE "1e0", "" },
	{ USER("'uid':@4294967295"), "process.user.uid: " ID_RANGE "4294967295", "" },
	{ USER("'uid':@18446744073709551616"), "process.user.uid: " ID_RANGE "18446744073709551616",
		"" },
	{ USER("'uid':@null"), "process.user.uid: " ID_RANGE "null", "leave it out instead" },
	{ USER("'additionalGids':[1,\n@true]"), "process.user.additionalGids[1]: " ID_RANGE "true",
		"" },
	{ OOM("@-1001"),
		"process.oomScoreAdj: expected a whole number from -1000 to 1000, found -1001",
		"" },
	{ OOM("@1001"),
		"process.oomScoreAdj: expected a whole number from -1000 to 1000, found 1001", "" },
	{ OOM("@-0"), "process.oomScoreAdj: expected a whole number from -1000 to 1000, found -0",
		"" },
	{ OOM("@9223372036854775808"),
		"process.oomScoreAdj: expected a whole number from -1000 to 1000, found "
		"9223372036854775808",
		"" },
	{ PROCESS("'args':['a', @null],'cwd':'/'"),
		"process.args[1]: expected a string, found null", "" },
	{ PROCESS("'args':@null,'cwd':'/'"), "process.args: expected a list of strings, found null",
		"" },
	{ PROCESS("'args':['a'],'cwd':'/','env':@null"),
		"process.env: expected a list of strings, found null", "leave it out instead" },
	{ PROCESS("'args':['a'],'cwd':'/','rlimits':[{'type':'RLIMIT_CPU','soft':0,'hard':0},\n"
		  "{'type':'RLIMIT_AS','soft':@[],'hard':0}]"),
		"process.rlimits[1].soft: expected a whole number from 0 to 18446744073709551615, "
		"found a list",
		"" },
	{ PROCESS("'args':['a'],'cwd':'/','rlimits':[{'type':@'RLIMIT_CORES','soft':1,'hard':0}]"),
		"process.rlimits[0].type: \"RLIMIT_CORES\" is not one of: RLIMIT_AS, RLIMIT_CORE, "
		"RLIMIT_CPU, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_LOCKS, RLIMIT_MEMLOCK, "
		"RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_RSS, "
		"RLIMIT_RTPRIO, RLIMIT_RTTIME, RLIMIT_SIGPENDING, RLIMIT_STACK",
		"did you mean \"RLIMIT_CORE\"?" },
	{ LINUX(",{'type':@'netwrk'}", "'x':1"),
		"linux.namespaces[1].type: \"netwrk\" is not one of: pid, network, mount, ipc, "
		"uts, user, cgroup, time",
		"did you mean \"network\"?" },
	{ LINUX(",{'type':@''}", "'x':1"),
		"linux.namespaces[1].type: \"\" is not one of: pid, network, mount, ipc, uts, "
		"user, cgroup, time",
		"" },
	{ LINUX("", "'seccomp':{'defaultAction':'SCMP_ACT_LOG','syscalls':[{'names':['a'],"
		    "'action':'SCMP_ACT_LOG','args':[\n{'index':@6}]}]}"),
		"linux.seccomp.syscalls[0].args[0].index: expected a whole number from 0 to 5, "
		"found 6",
		"" },
	{ LINUX("", "'seccomp':{'defaultAction':'SCMP_ACT_LOG','syscalls':[{'names':['a'],"
		    "'action':'SCMP_ACT_LOG'},@{'names':['a']}]}"),
		"linux.seccomp.syscalls[1].action: missing", "" },
	{ "@{'ociVersion':'1','process':{'args':['a'],'cwd':'/'}}", "root: missing", "" },
	{ "{'ociVersion':'1',\n 'root':@{}}", "root.path: missing", "" },
	{ "{'ociVersion':'1',\n 'process':@{'cwd':'/'}}", "process.args: missing", "" },
	{ PROCESS("'args':['a'],'cwd':'/','rlimits':[@{'type':'RLIMIT_AS','hard':1}]"),
		"process.rlimits[0].soft: missing", "" },
	{ TOP("@'root':{}"), "root: given twice", "" },
	{ TOP("@'\\u0072oot':{}"), "root: given twice", "" },
	{ TOP("'x':1,@'x':1"), "x: given twice", "" },
	{ TOP("'x y':1,@'x\\u0020y':1"), "[\"x y\"]: given twice", "" },
	{ TOP("'x':[0,{'a':{'\\u00e9':1,@'\xc3\xa9':1}}]"), "x[1].a[\"\xc3\xa9\"]: given twice",
		"" },
	{ TOP("'x':{'\\ud83d\\ude00':1,@'\xf0\x9f\x98\x80':1}"),
		"x[\"\xf0\x9f\x98\x80\"]: given twice", "" },
	{ TOP("'annotations':{'a':'','b':'',@'a':''}"), "annotations[\"a\"]: given twice", "" },
	{ TOP("'annotations':{'a.b':@1}"), "annotations[\"a.b\"]: expected a string, found 1", "" },
	{ TOP("'annotations':{'\\u001b[2J':@1}"),
		"annotations[\"\\x1b[2J\"]: expected a string, found 1", "" },
	{ TOP("'hostname':@{'x':1}"),
		"hostname: expected a name of at most 64 bytes, found an object", "" },
	{ USER("'uid':@'\\u001b]0;\xe2\x80\xaex\\u007f\\n'"),
		"process.user.uid: " ID_RANGE "\"\\x1b]0;\\u202ex\\x7f\\n\"", "" },
	{ USER("'uid':@'0123456789012345678901234567890123456789012345678901234567890123456789'"),
		"process.user.uid: " ID_RANGE
		"\"0123456789012345678901234567890123456789012345678901234567890123...\"",
		"" },
	{ LINUX("", "'resources':{'rdma':{'mlx':{'hcaHandles':1},'b':{'hcaHandles':@'1'}}}"),
		"linux.resources.rdma[\"b\"].hcaHandles: expected a whole number from 0 to "
		"4294967295, found \"1\"",
		"" },
	{ LINUX("", "'resources':{'rdma':{'mlx':@[]}}"),
		"linux.resources.rdma[\"mlx\"]: expected an object, found a list", "" },
	{ LINUX("", "'memoryPolicy':{'mode':@'BIND'}"),
		"linux.memoryPolicy.mode: invalid memory policy mode: \"BIND\" is not one of: "
		"MPOL_DEFAULT, MPOL_PREFERRED, MPOL_BIND, MPOL_INTERLEAVE, MPOL_LOCAL, "
		"MPOL_PREFERRED_MANY, MPOL_WEIGHTED_INTERLEAVE",
		"did you mean \"MPOL_BIND\"?" },
	{ LINUX("", "'memoryPolicy':{'mode':'MPOL_BIND','nodes':'0','flags':[@'x']}"),
		"linux.memoryPolicy.flags[0]: invalid memory policy flag: \"x\" is not one of: "
		"MPOL_F_NUMA_BALANCING, MPOL_F_RELATIVE_NODES, MPOL_F_STATIC_NODES",
		"" },
	{ LINUX("", "'memoryPolicy':{'mode':'MPOL_BIND','nodes':@'x'}"),
		"linux.memoryPolicy.nodes: invalid memory policy node: expected a list like 0-3,7, "
		"found \"x\"",
		"" },
};

Test(spec_load, values)
{
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		spec_case_expect(values[i].json, -EINVAL, values[i].text, values[i].hint);
}

static const char *const good[] = {
	BASE ",'linux':{'namespaces':[" MOUNT "]}}",
	TOP("'Root':1,'unknown':[null,1e5,-0,{'a':[{}]}],'x':{'x':{'x':null}}"),
	TOP("'hooks':{}"),
	PROCESS("'args':[''],'cwd':'/','apparmorProfile':'','selinuxLabel':''"),
	OOM("-1000"),
	USER("'uid':4294967294,'umask':511,'additionalGids':[]"),
	LINUX("", "'rootfsPropagation':''"),
	LINUX("",
		"'resources':{'cpu':{'quota':-9223372036854775808,'shares':18446744073709551615}}"),
	"\r\n\t " BASE ",'linux':{'namespaces':[" MOUNT "]}}\r\n\t ",
};

Test(spec_load, good)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		spec_case_expect(good[i], 0, "", "");
}

Test(spec_load, values_and_places)
{
	AUTO_ARENA a = { 0 };
	const struct spec_config *c = NULL;
	struct err e = { 0 };
	struct spec_case s = spec_case_make(BASE
		",\n'hostname' : 'h\\u00e9\\ud83d\\ude00\\n','annotations':{'k':'v','l':'w'},\n"
		"  'linux':{'namespaces':[" MOUNT
		",{'type':'uts'}],'sysctl':{},'resources':{'cpu':{'quota':-5},\n"
		"'rdma':{'mlx4':{'hcaObjects':7}}}},'mounts':[{'destination':'/a',\n"
		" 'options':['ro','rbind']},{'destination':'/b'}]}");

	cr_assert(eq(int, spec_load(s.json, strlen(s.json), &a, &c, &e), 0), "%s", e.text);
	memset(s.json, 'X', strlen(s.json));
	free(s.json);
	cr_expect(eq(str, (char *)c->hostname.value, "h\xc3\xa9\xf0\x9f\x98\x80\n"));
	cr_expect(eq(u32, c->hostname.at.line, 4));
	cr_expect(eq(u32, c->hostname.at.column, 14));
	cr_expect(eq(sz, c->annotations.count, 2));
	cr_expect(eq(str, (char *)c->annotations.items[0].key.value, "k"));
	cr_expect(eq(u32, c->annotations.items[0].key.at.column, 53));
	cr_expect(eq(u32, c->annotations.items[0].value.at.column, 57));
	cr_expect(eq(str, (char *)c->annotations.items[1].value.value, "w"));
	cr_expect(eq(int, GIVEN(c->os->namespaces), 1));
	cr_expect(eq(sz, c->os->namespaces.count, 2));
	cr_expect(eq(int, GIVEN(c->os->maskedPaths), 0));
	cr_expect(eq(i64, c->os->resources->cpu->quota.value, -5));
	cr_expect(eq(int, GIVEN(c->os->resources->cpu->period), 0));
	cr_expect(eq(ptr, (void *)c->os->resources->memory, NULL));
	cr_expect(eq(str, (char *)c->os->resources->rdma.items[0].name.value, "mlx4"));
	cr_expect(eq(u64, c->os->resources->rdma.items[0].hcaObjects.value, 7));
	cr_expect(eq(sz, c->mounts.count, 2));
	cr_expect(eq(str, (char *)c->mounts.items[0].options.items[1].value, "rbind"));
	cr_expect(eq(u32, c->mounts.items[0].options.items[1].at.line, 7));
	cr_expect(eq(u32, c->mounts.items[0].options.items[1].at.column, 18));
	cr_expect(eq(str, (char *)c->mounts.items[1].destination.value, "/b"));
	cr_expect(eq(u32, c->mounts.items[1].at.line, 7));
	cr_expect(eq(u32, c->at.line, 1));
}

/* count times `one` between BASE ", " open and close. */
static char *repeat(const char *open, const char *one, size_t count, const char *close)
{
	const size_t size = strlen(open) + strlen(one) * count + strlen(close) + 1;
	char *const text = malloc(size), *end;

	cr_assert(text != NULL);
	end = stpcpy(text, open);
	for (size_t i = 0; i < count; i++)
		end = stpcpy(end, one);
	(void)stpcpy(end, close);
	return text;
}

static void expect_repeated(char *row, int rc, const char *text)
{
	AUTO_ARENA a = { 0 };
	const struct spec_config *config = NULL;
	struct spec_case c = spec_case_make(row);
	struct err e = { 0 };

	cr_expect(eq(int, spec_load(c.json, strlen(c.json), &a, &config, &e), rc));
	cr_expect(eq(str, e.text, (char *)text));
	free(c.json);
	free(row);
}

Test(spec_load, depth)
{
	AUTO_ARENA a = { 0 };
	const struct spec_config *config = NULL;
	struct err e = { 0 };
	char *deep = repeat("{\n\"x\":", "[", 128, "");

	cr_expect(eq(int, spec_load(deep, strlen(deep), &a, &config, &e), -E2BIG));
	cr_expect(eq(str, e.text, "nested deeper than 128 objects and lists"));
	cr_expect(eq(u32, e.at.line, 2));
	cr_expect(eq(u32, e.at.column, 4 + 128));
	deep[strlen(deep) - 1] = '\0';
	cr_expect(eq(int, spec_load(deep, strlen(deep), &a, &config, &e), -EINVAL));
	cr_expect(eq(str, e.text, "syntax error: the text ends too early"));
	free(deep);
}

Test(spec_load, elements)
{
	const char *const open = PROCESS("'args':['a'],'cwd':'/','env':['a'");
	const char *const close = "]}}";
	char *const head = strdup(open);

	cr_assert(head != NULL);
	head[strlen(head) - 2] = '\0';
	expect_repeated(repeat(head, ",''", 65535, close), 0, "");
	expect_repeated(repeat(head, ",''", 65536, close), -EINVAL,
		"process.env: more than 65536 elements");
	free(head);
}

Test(spec_load, size)
{
	AUTO_ARENA a = { 0 };
	const struct spec_config *config = NULL;
	struct err e = { 0 };
	struct spec_case c = spec_case_make(TOP("'x':0"));
	char *const big = calloc(1, SPEC_SIZE_MAX + 1);

	cr_assert(big != NULL);
	memset(big, ' ', SPEC_SIZE_MAX + 1);
	memcpy(big, c.json, strlen(c.json));
	cr_expect(eq(int, spec_load(big, SPEC_SIZE_MAX, &a, &config, &e), 0), "%s", e.text);
	cr_expect(eq(int, spec_load(big, SPEC_SIZE_MAX + 1, &a, &config, &e), -E2BIG));
	cr_expect(eq(str, e.text, "larger than 16 MiB"));
	free(big);
	free(c.json);
}

/* Half a million keys of one unknown object: in linear time, and a duplicate among them is found.
 */
Test(spec_load, many_keys, .timeout = 30) /* square time would take minutes */
{
	enum {
		KEYS = 500000
	};
	AUTO_ARENA a = { 0 };
	struct spec_report report = { .arena = &a };
	const void *config = NULL;
	char *const text = malloc(KEYS * 16 + 64);
	char *end = text;

	cr_assert(text != NULL);
	end = stpcpy(end, "{\"x\":{");
	for (size_t i = 0; i < KEYS; i++)
		end += sprintf(end, "\"%zu\":0,", i);
	(void)stpcpy(end, "\"31415\":0}}");
	cr_expect(eq(int, spec_read(SPEC_CONFIG, text, strlen(text), &report, &config), -EINVAL));
	cr_expect(eq(str, (char *)report.last->path, "x.31415"));
	cr_expect(eq(str, (char *)report.last->text, "given twice"));
	cr_expect(eq(u32, report.last->at.column, (uint32_t)(end - text) + 1));
	free(text);
}

/* A filter of 60 KiB, as compact as it goes and indented: the arena stays near the file's size. */
Test(spec_load, memory)
{
	static const struct {
		const char *open, *one, *close;
		size_t count;
	} forms[] = {
		{ "'names':['a'", ",'accept4'", "],'action':'SCMP_ACT_LOG'", 6000 },
		{ "'names':['a'", ",\n                                        'accept4'",
			"],'action':'SCMP_ACT_LOG'", 1200 },
		{ "'names':['a'],'action':'SCMP_ACT_LOG'",
			"},{'names':['accept4'],'action':'SCMP_ACT_LOG'", "", 1300 },
		{ "'names':['a'],'action':'SCMP_ACT_LOG','args':[{'index':0,'value':1,"
		  "'op':'SCMP_CMP_EQ'}",
			",{'index':0,'value':1,'op':'SCMP_CMP_EQ'}", "]", 1500 },
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		AUTO_ARENA a = { 0 };
		const struct spec_config *config = NULL;
		struct err e = { 0 };
		char *const middle =
			repeat(forms[i].open, forms[i].one, forms[i].count, forms[i].close);
		char *const tail = repeat(middle, "", 0, "}]}}}");
		char *const row = repeat(BASE ",'linux':{'namespaces':[" MOUNT
					      "],'seccomp':{'defaultAction':'SCMP_ACT_LOG',"
					      "'syscalls':[{",
			tail, 1, "");
		struct spec_case c = spec_case_make(row);

		cr_expect(eq(int, spec_load(c.json, strlen(c.json), &a, &config, &e), 0), "%s",
			e.text);
		cr_expect(ge(sz, strlen(c.json), 50000), "form %zu", i);
		cr_expect(le(sz, a.total, strlen(c.json) * 4 + 8192), "form %zu: %zu of %zu", i,
			a.total, strlen(c.json));
		free(c.json);
		free(row);
		free(tail);
		free(middle);
	}
}

/* open, then `one` so many times with its number in the place of '%', then close. */
static char *count_up(const char *open, const char *one, size_t count, const char *close)
{
	const size_t size = strlen(open) + (strlen(one) + 20) * count + strlen(close) + 1;
	char *const text = malloc(size), *end;

	cr_assert(text != NULL);
	end = stpcpy(text, open);
	for (size_t i = 0; i < count; i++)
		for (const char *c = one; *c != '\0'; c++)
			if (*c == '%')
				end += sprintf(end, "%zu", i);
			else
				*end++ = *c;
	(void)stpcpy(end, close);
	return text;
}

#define OPEN       BASE ",'linux':{'namespaces':[" MOUNT "]},"
#define OPEN_LINUX BASE ",'linux':{'namespaces':[" MOUNT "],"

/* Many small objects, and what there is to say of them, as `check` reads them. */
Test(spec_load, memory_of_objects)
{
	static const struct {
		const char *open, *one, *close;
		size_t count, findings, times;
	} forms[] = {
		/* as they are written */
		{ OPEN "'hooks':{'poststop':[{'path':'/a'}",
			",\n{'path':'/usr/bin/hook','args':['hook','poststop'],'env':"
			"['PATH=/usr/sbin:/usr/bin:/sbin:/bin'],'timeout':10}",
			"]}}", 500, 0, 4 },
		{ OPEN "'mounts':[{'destination':'/a'}",
			",\n{'destination':'/var/lib/a%','type':'bind','source':'/srv/data/a%',"
			"'options':['rbind','rprivate','nosuid','ro']}",
			"]}", 480, 0, 4 },
		{ OPEN_LINUX "'resources':{'devices':[{'allow':false}",
			",\n{'allow':true,'type':'c','major':1,'minor':%,'access':'rwm'}", "]}}}",
			900, 0, 4 },
		{ OPEN_LINUX "'devices':[{'path':'/a','type':'p'}",
			",\n{'path':'/dev/device%','type':'c','major':10,'minor':%,'fileMode':438,"
			"'uid':0,'gid':0}",
			"]}}", 600, 0, 4 },
		{ OPEN "'x':1", ",\n'x-key-%':{'value':'something','more':[1,2]}", "}", 1200, 1000,
			4 },
		/* as short as they can be: a bound there is all the same */
		{ OPEN "'hooks':{'poststop':[{'path':'/a'}", ",{'path':'/a'}", "]}}", 4500, 0, 9 },
		{ OPEN "'mounts':[{'destination':'/a'}", ",{'destination':'/a','x':1}", "]}", 2300,
			1000, 9 },
		{ OPEN_LINUX "'resources':{'devices':[{'allow':false}", ",{'allow':false}", "]}}}",
			3900, 0, 9 },
		{ OPEN_LINUX "'maskedPaths':['/a'", ",'a'", "]}}", 15000, 1000, 9 },
		{ OPEN "'x':1", ",'k%':1", "}", 6000, 1000, 9 },
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		AUTO_ARENA a = { 0 };
		struct spec_report report = { .arena = &a };
		const void *config = NULL;
		char *const row =
			count_up(forms[i].open, forms[i].one, forms[i].count, forms[i].close);
		struct spec_case c = spec_case_make(row);
		const size_t size = strlen(c.json);

		(void)!spec_read(SPEC_CONFIG, c.json, size, &report, &config);
		cr_expect(ge(sz, report.counts[SPEC_ERROR] + report.counts[SPEC_WARNING],
				  forms[i].findings),
			"form %zu", i);
		cr_expect(ge(sz, size, 50000), "form %zu: %zu", i, size);
		cr_expect(le(sz, a.total, size * forms[i].times + 8192), "form %zu: %zu of %zu", i,
			a.total, size);
		free(c.json);
		free(row);
	}
}
