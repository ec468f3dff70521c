/* The device program against a model that walks the rules letter by letter: fixed lists and 2,000
 * random ones, each asked about 2 types x 40 devices x 8 sets of access. */
#include "device_model.h"
#include "plan/build.h"
#include "plan/device_program.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

enum {
	M = 1,
	R = 2,
	W = 4,
	BLOCK = 1,
	CHR = 2
};

enum {
	GROUP = 1,
	ROOT = 2,
	NO_RESOURCES = 4,
	NO_LINUX = 8,
	IN_USER_NS = 16,
	FEW_CAPS = 32,
	BPF_CAPS = 64
};

static const struct src_pos here = { 7, 3 };

static void to_spec(const struct device_model_rule *r, struct spec_device_rule *ret)
{
	*ret = (struct spec_device_rule){ .allow = { r->allow, here }, .at = here };
	if (r->type != 0)
		ret->type = (struct spec_enum){ r->type, here };
	if (r->major != -1)
		ret->major = (struct spec_int){ r->major, here };
	if (r->minor != -1 || r->allow) /* -1 both given and absent */
		ret->minor = (struct spec_int){ r->minor, here };
	if (r->access != NULL)
		ret->access = (struct spec_str){ r->access, here };
}

/* The plan's memory belongs to the arena; the rest is done with when this returns. */
static int make(const struct device_model_list *l, unsigned how, struct arena *arena,
	struct plan *p, struct err *e)
{
	struct spec_device_rule items[DEVICE_MODEL_RULES];
	struct spec_resources resources = { .devices = { items, l->count, here } };
	struct spec_linux os = { .resources = how & NO_RESOURCES ? NULL : &resources };
	struct spec_config config = { .os = how & NO_LINUX ? NULL : &os };
	struct host_facts host = {
		.uid = how & ROOT ? 0 : 1000,
		.user_namespace = (how & IN_USER_NS) != 0,
		.capabilities = how & BPF_CAPS   ? 1ULL << 39 | 1 << 12
				: how & FEW_CAPS ? 1ULL << 39
						 : 1 << 21,
	};

	for (size_t i = 0; i < l->count; i++)
		to_spec(&l->rules[i], &items[i]);
	*p = (struct plan){ .arena = arena,
		.config = &config,
		.host = &host,
		.cgroup = how & GROUP ? "/c" : NULL };
	return plan_device_filter(p, e);
}

static const unsigned numbers[40][2] = {
	{ 1, 1 },
	{ 1, 2 },
	{ 1, 3 },
	{ 1, 4 },
	{ 1, 5 },
	{ 1, 6 },
	{ 1, 7 },
	{ 1, 8 },
	{ 1, 9 },
	{ 1, 10 },
	{ 1, 11 },
	{ 5, 0 },
	{ 5, 1 },
	{ 5, 2 },
	{ 5, 3 },
	{ 136, 0 },
	{ 136, 1 },
	{ 136, 1048575 },
	{ 135, 0 },
	{ 137, 0 },
	{ 0, 0 },
	{ 0, 1 },
	{ 8, 0 },
	{ 8, 1 },
	{ 8, 2 },
	{ 8, 16 },
	{ 10, 200 },
	{ 10, 229 },
	{ 10, 232 },
	{ 10, 1 },
	{ 7, 0 },
	{ 7, 1 },
	{ 3, 1 },
	{ 3, 3 },
	{ 4, 0 },
	{ 4, 3 },
	{ 195, 255 },
	{ 259, 0 },
	{ 4095, 1048575 },
	{ 229, 10 },
};

static unsigned differences(const struct device_model_list *l, const struct plan *p)
{
	const struct bpf_insn *const insns = p->count == 0 ? NULL : p->ops[0].device_filter.insns;
	unsigned wrong = 0;

	for (unsigned type = BLOCK; type <= CHR; type++)
		for (size_t n = 0; n < ARRAY_LEN(numbers); n++)
			for (unsigned access = 0; access <= (R | W | M); access++) {
				const struct device_model_request q = { type, numbers[n][0],
					numbers[n][1], access };
				const int got =
					insns == NULL ? 1
						      : device_model_run(insns,
								p->ops[0].device_filter.count, &q);

				wrong += got != (device_model_allows(l, &q) ? 1 : 0);
			}
	if (insns != NULL && !device_model_all_reachable(insns, p->ops[0].device_filter.count))
		wrong++;
	return wrong;
}

enum {
	UNCHECKED = 1
};

static const struct {
	const char *label;
	struct device_model_list list;
	size_t count; /* instructions; 0: no operation */
} fixed[] = {
	{ "empty list", { { { 0 } }, 0 }, 27 },
	{ "deny all", { { { false, 0, -1, -1, "rwm" } }, 1 }, 27 },
	{ "allow all", { { { true, 0, -1, -1, "rwm" } }, 1 }, 0 },
	{ "allow all, by a", { { { true, 'a', -1, -1, NULL } }, 1 }, 0 },
	{ "allow all, and one", { { { true, 'a', -1, -1, "" }, { true, 'c', 1, 1, "r" } }, 2 }, 0 },
	{ "deny, allow all", { { { false, 'c', 1, 1, "r" }, { true, 0, -1, -1, "rwm" } }, 2 }, 0 },
	{ "allow, deny all", { { { true, 0, -1, -1, NULL }, { false, 0, -1, -1, NULL } }, 2 }, 27 },
	{ "all but rw", { { { true, 0, -1, -1, "" }, { false, 'c', 10, 229, "rw" } }, 2 }, 14 },
	{ "all but one", { { { true, 0, -1, -1, "" }, { false, 'c', 10, 229, "" } }, 2 }, 15 },
	{ "one allow entry", { { { true, 'b', 8, 0, "r" } }, 1 }, 36 },
	{ "r, then w", { { { true, 'b', 8, 0, "r" }, { true, 'b', 8, 0, "w" } }, 2 }, 40 },
	{ "w taken back", { { { true, 'b', 8, -1, "rw" }, { false, 'b', 8, 1, "w" } }, 2 },
		UNCHECKED },
	{ "last wins",
		{ { { true, 'b', 8, 1, "rw" }, { false, 'b', 8, 1, "rwm" },
			  { true, 'b', 8, 1, "r" } },
			3 },
		36 },
	{ "major any", { { { true, 'c', -1, 3, "rwm" } }, 1 }, UNCHECKED },
	{ "type a with numbers", { { { true, 'a', 8, 1, "rwm" } }, 1 }, UNCHECKED },
	{ "large numbers",
		{ { { true, 'c', 4294967295, 4294967295, "rwm" },
			  { true, 'c', 4095, 1048575, "w" } },
			2 },
		UNCHECKED },
	{ "a default denied", { { { false, 'c', 1, 3, "rwm" } }, 1 }, 27 },
	{ "letters twice", { { { true, 'c', 10, 200, "rrwwmm" } }, 1 }, 31 },
};

Test(device_filter, fixed_lists)
{
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
		AUTO_ARENA arena = { 0 };
		struct plan p;
		struct err e = { 0 };
		const char *const label = fixed[i].label;

		cr_assert(eq(int, make(&fixed[i].list, GROUP | ROOT, &arena, &p, &e), 0), "%s",
			label);
		cr_expect(eq(uint, differences(&fixed[i].list, &p), 0), "%s", label);
		cr_assert(eq(sz, p.count, fixed[i].count > 0), "%s", label);
		if (p.count == 0)
			continue;
		cr_expect(eq(str, (char *)p.ops[0].path, "linux.resources.devices"), "%s", label);
		cr_expect(eq(u32, p.ops[0].at.line, here.line), "%s", label);
		if (fixed[i].count != UNCHECKED)
			cr_expect(
				eq(sz, p.ops[0].device_filter.count, fixed[i].count), "%s", label);
	}
}

static uint32_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

static void random_list(uint64_t *state, struct device_model_list *ret)
{
	static const char *const access[] = { "r", "w", "m", "rw", "rm", "wm", "rwm", "mwr", "",
		NULL };

	ret->count = next(state) % (DEVICE_MODEL_RULES + 1);
	for (size_t i = 0; i < ret->count; i++) {
		const unsigned *const near = numbers[next(state) % ARRAY_LEN(numbers)];

		ret->rules[i] = (struct device_model_rule){
			.allow = next(state) % 2 == 0,
			.type = "\0abcbcbc"[next(state) % 8],
			.major = next(state) % 4 == 0 ? -1 : (int64_t)near[0],
			.minor = next(state) % 4 == 0 ? -1 : (int64_t)near[1],
			.access = access[next(state) % ARRAY_LEN(access)],
		};
	}
}

Test(device_filter, random_lists)
{
	uint64_t state = 20240229;

	for (unsigned i = 0; i < 2000; i++) {
		AUTO_ARENA arena = { 0 };
		struct device_model_list l;
		struct plan p;
		struct err e = { 0 };

		random_list(&state, &l);
		cr_assert(eq(int, make(&l, GROUP | ROOT, &arena, &p, &e), 0), "list %u", i);
		cr_assert(eq(uint, differences(&l, &p), 0), "list %u", i);
	}
}

static const struct {
	const char *label;
	unsigned how;
	size_t ops;
} callers[] = {
	{ "root", GROUP | ROOT, 1 },
	{ "no resources", GROUP | ROOT | NO_RESOURCES, 1 },
	{ "no linux", GROUP | ROOT | NO_LINUX, 1 },
	{ "no cgroup", ROOT, 0 },
	{ "a plain user", GROUP, 0 },
	{ "root of a user namespace", GROUP | ROOT | IN_USER_NS, 0 },
	{ "CAP_BPF alone", GROUP | ROOT | FEW_CAPS, 0 },
	{ "CAP_BPF and CAP_NET_ADMIN", GROUP | ROOT | BPF_CAPS, 1 },
};

Test(device_filter, callers)
{
	static const struct device_model_list none = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(callers); i++) {
		AUTO_ARENA arena = { 0 };
		struct plan p;
		struct err e = { 0 };

		cr_assert(eq(int, make(&none, callers[i].how, &arena, &p, &e), 0), "%s",
			callers[i].label);
		cr_expect(eq(sz, p.count, callers[i].ops), "%s", callers[i].label);
		if (p.count == 1)
			cr_expect(eq(uint, differences(&none, &p), 0), "%s", callers[i].label);
	}
}

/* Nothing is ever allowed, so nothing may lead to an answer that says so. */
Test(device_filter, only_denials)
{
	struct device_rule rules[] = { { false, BPF_DEVCG_ACC_READ, BPF_DEVCG_DEV_CHAR, 1, 3 } };
	const struct device_model_request null = { BPF_DEVCG_DEV_CHAR, 1, 3, BPF_DEVCG_ACC_READ };
	AUTO_ARENA arena = { 0 };
	struct device_program p;

	cr_assert(eq(int, device_program_make(rules, 1, &arena, &p), 0));
	cr_expect(device_model_all_reachable(p.insns, p.count));
	cr_expect(eq(int, device_model_run(p.insns, p.count, &null), 0));
}

Test(device_filter, wrong_letter)
{
	static const struct device_model_list l = {
		{ { true, 'c', 1, 3, "rwm" }, { true, 'c', 1, 3, "rx" } }, 2
	};
	AUTO_ARENA arena = { 0 };
	struct plan p;
	struct err e = { 0 };

	cr_expect(eq(int, make(&l, GROUP | ROOT, &arena, &p, &e), -EINVAL));
	cr_expect(
		eq(str, e.text, "linux.resources.devices[1].access: only r, w and m are possible"));
	cr_expect(eq(u32, e.at.line, here.line));
}

Test(device_filter, too_many_rules)
{
	enum {
		MANY = 5000
	};
	static struct spec_device_rule items[MANY];
	const struct spec_resources resources = { .devices = { items, MANY, here } };
	const struct spec_linux os = { .resources = &resources };
	const struct spec_config config = { .os = &os };
	const struct host_facts host = { .capabilities = 1 << 21 };
	AUTO_ARENA arena = { 0 };
	struct plan p = { .arena = &arena, .config = &config, .host = &host, .cgroup = "/c" };
	struct err e = { 0 };

	cr_expect(eq(int, plan_device_filter(&p, &e), -E2BIG));
	cr_expect(eq(str, e.text,
		"linux.resources.devices: 5000 rules are given, at most 2039 are possible"));
	cr_expect(eq(u32, e.at.line, here.line));
}
