/* Ready programs, from an annotation: their size and whether they notify; unknown names. */
#include "plan/seccomp.h"

#include "plan/build.h"
#include "plan/seccomp_names.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>

#define KEY "run.oci.seccomp_bpf_data"

enum {
	TEXT_MAX = 48 * 1024
};

/* count bytes, the first eight of them an instruction. */
static const char *encode(char *text, struct sock_filter first, size_t count)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned char bytes[3] = { 0 };
	char *to = text;

	for (size_t i = 0; i < count; i += 3) {
		uint32_t group = 0;

		for (size_t k = 0; k < 3; k++) {
			bytes[k] = i + k < sizeof(first) ? ((unsigned char *)&first)[i + k] : 0;
			group = group << 8 | bytes[k];
		}
		for (int shift = 18; shift >= 0; shift -= 6)
			*to++ = digits[group >> shift & 63];
	}
	if (count % 3 != 0)
		to[-1] = '=';
	if (count % 3 == 1)
		to[-2] = '=';
	*to = '\0';
	return text;
}

#define RET(answer)               \
	{                         \
		6, 0, 0, (answer) \
	}

static const struct {
	const char *label;
	struct sock_filter first;
	size_t size;
	const char *receiver; /* NULL: none */
	const char *text;     /* of the error; NULL: none */
	int code;
	uint64_t flags;
} cases[] = {
	{ "one", RET(SECCOMP_RET_ALLOW), 8, NULL, NULL, 0, SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "the most", RET(0), 4096 * 8, NULL, NULL, 0, SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "one more", RET(0), 4097 * 8, NULL,
		"annotations[\"" KEY "\"]: the filter has more than 4096 instructions", E2BIG, 0 },
	{ "none", RET(0), 0, NULL,
		"annotations[\"" KEY "\"]: 0 bytes: must be a multiple of 8 and not 0", EINVAL, 0 },
	{ "a part", RET(0), 12, NULL,
		"annotations[\"" KEY "\"]: 12 bytes: must be a multiple of 8 and not 0", EINVAL,
		0 },
	{ "notifies", RET(SECCOMP_RET_USER_NOTIF | 7), 8, NULL,
		"annotations[\"" KEY "\"]: seccomp notify unsupported: there is no listener",
		EINVAL, 0 },
	{ "notifies, with an agent", RET(SECCOMP_RET_USER_NOTIF), 8, "/s", NULL, 0,
		SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_NEW_LISTENER },
	{ "may notify", { BPF_RET | BPF_A, 0, 0, 0 }, 8, "/s", NULL, 0,
		SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_NEW_LISTENER },
	{ "an agent for nothing", RET(SECCOMP_RET_ALLOW), 8, "/s", NULL, 0,
		SECCOMP_FILTER_FLAG_SPEC_ALLOW },
};

Test(seccomp_plan, ready_programs)
{
	static char text[TEXT_MAX];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_ARENA a = { 0 };
		const struct spec_pair notes[] = {
			{ { KEY, { 5, 1 } },
				{ encode(text, cases[i].first, cases[i].size), { 5, 9 } } },
			{ { "run.oci.seccomp.receiver", { 6, 1 } },
				{ cases[i].receiver, { 6, 9 } } }
		};
		const struct spec_linux os = { 0 };
		const struct spec_config config = { .os = &os,
			.annotations = { notes, cases[i].receiver != NULL ? 2 : 1, { 4, 1 } } };
		const struct plan_options options = { 0 };
		const struct host_facts host = { 0 };
		struct plan p = {
			.arena = &a, .config = &config, .options = &options, .host = &host
		};
		struct err e = { 0 };

		cr_expect(eq(int, plan_seccomp(&p, &e), -cases[i].code), "%s: %s", cases[i].label,
			e.text);
		cr_expect(eq(str, e.text, (char *)(cases[i].text != NULL ? cases[i].text : "")));
		cr_expect(eq(u32, e.at.line, cases[i].code != 0 ? 5 : 0), "%s", cases[i].label);
		if (cases[i].code != 0)
			continue;
		cr_assert(ne(ptr, (void *)p.seccomp, NULL));
		cr_expect(eq(sz, p.seccomp->raw_count, cases[i].size / 8), "%s", cases[i].label);
		cr_expect(eq(int, memcmp(p.seccomp->raw, &cases[i].first, 8), 0), "%s",
			cases[i].label);
		cr_expect(eq(u64, p.seccomp->flags, cases[i].flags), "%s", cases[i].label);
	}
}

/* Names of other architectures are known. */
Test(seccomp_plan, unknown_names)
{
	const struct spec_str first[] = { { "read", { 1, 1 } }, { "", { 1, 2 } },
		{ "socketcall", { 1, 3 } } };
	const struct spec_str second[] = { { "breakpoint", { 2, 1 } }, { "no_such_call", { 2, 2 } },
		{ "READ", { 2, 3 } } };
	const struct spec_syscall rules[] = { { .names = { first, 3, { 1, 1 } } },
		{ .names = { second, 3, { 2, 1 } } } };
	const struct spec_seccomp s = { .syscalls = { rules, 2, { 1, 1 } } };
	const struct spec_str *const want[] = { &first[1], &second[1], &second[2], NULL };
	struct seccomp_place at = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(want); i++, at.name++)
		cr_expect(
			eq(ptr, (void *)plan_seccomp_unknown(&s, &at), (void *)want[i]), "%zu", i);
}
