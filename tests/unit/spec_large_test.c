/* The longest lists: neither the time nor the memory grows with the square of what is in them.
 * Each of these took between 2 and 25 seconds, or 25 times its own memory, at one time. */
#include "spec_case.h"

#include <stdio.h>
#include <time.h>

#include "host/host.h"
#include "plan/plan.h"

enum {
	ELEMENTS = 65000,
	SECONDS = 2, /* of processor time; 0.1 are usual, but not with all checks compiled in */
	ROOM = 400   /* for one element */
};

#define X8          "xxxxxxxx"
#define X64         X8 X8 X8 X8 X8 X8 X8 X8
#define BAD4        "{},{},{},{}"
#define BAD16       BAD4 "," BAD4 "," BAD4 "," BAD4
#define BAD80       BAD16 "," BAD16 "," BAD16 "," BAD16 "," BAD16
#define BAD320      BAD80 "," BAD80 "," BAD80 "," BAD80

#define HEAD        "{'ociVersion':'1.0','root':{'path':'r'},"
#define PROC(x)     "'process':{'cwd':'/','args':['a']" x
#define NAMESPACES  "'namespaces':[{'type':'mount'},{'type':'network'}]"
#define LINUX_END   ",'linux':{" NAMESPACES "}}"
#define IN_PROC(x)  HEAD PROC(",'" x "':[")
#define IN_LINUX(x) HEAD PROC("},") "'linux':{" NAMESPACES "," x

/* before, the elements with their numbers, after; ' stands for " and # for a number.  errors 0: a
 * plan is made. */
static const struct {
	const char *name, *before, *element, *after;
	size_t errors;
	unsigned memory; /* at most so many times the file */
} cases[] = {
	{ "words nobody knows", HEAD PROC(",'capabilities':{'bounding':["), "'CAP_A" X8 X8 X8 "#'",
		"]}}" LINUX_END, ELEMENTS, 8 },
	{ "keys nobody knows", HEAD PROC("},") "'linux':{" NAMESPACES "},", "'" X8 X8 X8 X8 "#':0",
		"}", 0, 8 },
	{ "elements that are wrong",
		HEAD PROC("},") "'mounts':[{'destination':'/a','uidMappings':[", "{}",
		"]}]" LINUX_END, 3 * ELEMENTS, 8 },
	{ "variables", IN_PROC("env"), "'V" X64 X64 "#=x'", "]}" LINUX_END, 0, 8 },
	{ "long variables", IN_PROC("env"), "'" X64 X64 X64 "#='", "]}" LINUX_END, 0, 8 },
	{ "devices", IN_LINUX("'devices':["), "{'type':'c','path':'/dev/x#','major':1,'minor':3}",
		"]}}", 0, 12 },
	{ "devices without numbers",
		HEAD PROC(",'rlimits':[" BAD320 "]},") "'linux':{" NAMESPACES ",'devices':[",
		"{'type':'c','path':'/dev/x#'}", "]}}", 2 * ELEMENTS + 3 * 320, 8 },
	{ "network devices", IN_LINUX("'netDevices':{"), "'e#':{}", "}}}", 0, 40 },
	{ "parameters, and nothing of namespaces",
		HEAD PROC(",'rlimits':[" BAD320 "]},") "'linux':{'namespaces':0,'sysctl':{",
		"'net.x#':'1'", "}}}", 1 + 3 * 320, 16 },
};

static char *make(const char *before, const char *element, const char *after)
{
	char *const json = calloc(ELEMENTS + 20, ROOM);
	char *to = json;

	cr_assert(json != NULL);
	to += sprintf(to, "%s", before);
	for (unsigned i = 0; i < ELEMENTS; i++) {
		if (i > 0)
			*to++ = ',';
		for (const char *c = element; *c != '\0'; c++) {
			if (*c == '#')
				to += sprintf(to, "%05u", i);
			else
				*to++ = *c;
		}
	}
	(void)sprintf(to, "%s", after);
	for (to = json; *to != '\0'; to++)
		if (*to == '\'')
			*to = '"';
	return json;
}

static double seconds(void)
{
	struct timespec now;

	cr_assert(eq(int, clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0));
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void plan(const struct spec_config *config, struct arena *a)
{
	const struct plan_options options = { .id = "x", .bundle = "/b", .state_dir = "/s" };
	struct plan p = { .arena = a };
	struct host_facts host;
	struct err e = { 0 };

	host_facts_ideal(&host);
	cr_expect(eq(int, plan_build(config, &host, &options, &p, &e), 0), "%s", e.text);
}

Test(spec_large, time_and_memory)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *const json = make(cases[i].before, cases[i].element, cases[i].after);
		const size_t size = strlen(json);
		const double begin = seconds();
		AUTO_ARENA a = { 0 };
		struct spec_report report = { .arena = &a };
		const void *config = NULL;
		const int rc = spec_read(SPEC_CONFIG, json, size, &report, &config);

		cr_expect(eq(int, rc, cases[i].errors > 0 ? -EINVAL : 0), "%s: %s", cases[i].name,
			report.first != NULL ? report.first->text : "");
		cr_expect(eq(sz, report.counts[SPEC_ERROR], cases[i].errors), "%s", cases[i].name);
		if (rc == 0)
			plan(config, &a);
		cr_expect(lt(dbl, seconds() - begin, SECONDS), "%s", cases[i].name);
		cr_expect(le(sz, a.total, cases[i].memory * size), "%s: %zu", cases[i].name, size);
		free(json);
	}
}
