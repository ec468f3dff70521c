/* What the command line of exec changes in a process.  Looks at no container. */
#include "lib/exec_process.h"

#include "base/text.h"
#include "lib/config_file.h"
#include "lib/findings.h"

#include <stdio.h>
#include <string.h>

static int no_memory(struct err *e)
{
	return err_set(e, ENOMEM, POS_NONE, "out of memory");
}

/* --- the file --------------------------------------------------------------------------------- */

int exec_process_read(const char *path, struct arena *a, const struct crl_settings *tell,
	const struct spec_process **ret, struct err *e)
{
	struct spec_report report = { .arena = a, .errors_only = true };
	const void *process = NULL;
	struct state_bytes text;

	TRY(config_file_read_any(path, a, &text, e));
	if (spec_read(SPEC_PROCESS, text.text, text.size, &report, &process) < 0) {
		findings_tell(&report, tell);
		return spec_report_err(&report, e);
	}
	*ret = process;
	return 0;
}

/* --- lists ------------------------------------------------------------------------------------ */

static size_t count_of(const char *const *list)
{
	size_t count = 0;

	while (list != NULL && list[count] != NULL)
		count++;
	return count;
}

/* Room for the items of an array and some more, those copied. */
static void *more_of(struct arena *a, const void *items, size_t count, size_t more, size_t size)
{
	char *const ret = arena_array(a, count + more + 1, size);

	if (ret != NULL && count > 0)
		memcpy(ret, items, count * size);
	return ret;
}

static int bad(const char *option, const char *text, const char *expected, struct err *e)
{
	char shown[TEXT_SHOWN];

	return err_set(e, EINVAL, POS_NONE, "option --%s: expected %s, found \"%s\"", option,
		expected, text_escape(shown, sizeof(shown), text, strlen(text)));
}

static int add_env(struct spec_process *p, const char *const *env, struct arena *a, struct err *e)
{
	const size_t more = count_of(env);
	struct spec_str *items;

	if (more == 0)
		return 0;
	items = more_of(a, p->env.items, p->env.count, more, sizeof(*items));
	if (items == NULL)
		return no_memory(e);
	for (size_t i = 0; i < more; i++) {
		const char *const equals = strchr(env[i], '=');

		if (equals == NULL || equals == env[i])
			return bad("env", env[i], "NAME=VALUE", e);
		items[p->env.count + i] = (struct spec_str){ env[i], POS_NONE };
	}
	p->env.items = items;
	p->env.count += more;
	return 0;
}

static int set_args(struct spec_process *p, const char *const *args, struct arena *a, struct err *e)
{
	const size_t count = count_of(args);
	struct spec_str *const items = arena_array(a, count + 1, sizeof(*items));

	if (items == NULL)
		return no_memory(e);
	for (size_t i = 0; i < count; i++)
		items[i] = (struct spec_str){ args[i], POS_NONE };
	p->args = (struct spec_strings){ items, count, POS_NONE };
	return 0;
}

/* --- ids -------------------------------------------------------------------------------------- */

/* An id in decimal digits alone, without zeros in front; *end is where it ends.  A name is never
 * looked up (CVE-2024-40635, CVE-2026-30892). */
static bool read_id(const char *text, uint64_t *ret, const char **end)
{
	uint64_t id = 0;
	const char *c = text;

	for (; *c >= '0' && *c <= '9' && id <= SPEC_ID_MAX; c++)
		id = id * 10 + (uint64_t)(*c - '0');
	*ret = id;
	*end = c;
	return c > text && (text[0] != '0' || c == text + 1) && id <= SPEC_ID_MAX;
}

static int set_user(struct spec_user *u, const char *text, struct err *e)
{
	static const char expected[] = "UID or UID:GID in numbers from 0 to 4294967294";
	const char *end;
	uint64_t id;

	if (!read_id(text, &id, &end) || (*end != '\0' && *end != ':'))
		return bad("user", text, expected, e);
	u->uid = (struct spec_uint){ id, POS_NONE };
	if (*end == '\0')
		return 0;
	if (!read_id(end + 1, &id, &end) || *end != '\0')
		return bad("user", text, expected, e);
	u->gid = (struct spec_uint){ id, POS_NONE };
	return 0;
}

static int add_groups(struct spec_user *u, const char *const *gids, struct arena *a, struct err *e)
{
	const size_t more = count_of(gids);
	struct spec_uint *const items =
		more_of(a, u->additionalGids.items, u->additionalGids.count, more, sizeof(*items));

	if (items == NULL)
		return no_memory(e);
	for (size_t i = 0; i < more; i++) {
		struct spec_uint *const gid = &items[u->additionalGids.count + i];
		const char *end;

		*gid = (struct spec_uint){ 0, POS_NONE };
		if (!read_id(gids[i], &gid->value, &end) || *end != '\0')
			return bad("additional-gids", gids[i],
				"a GID, a number from 0 to 4294967294", e);
	}
	u->additionalGids.items = items;
	u->additionalGids.count += more;
	return 0;
}

static int change_user(
	struct spec_process *p, const struct crl_exec_options *o, struct arena *a, struct err *e)
{
	struct spec_user *u;

	if (o->user == NULL && count_of(o->additional_gids) == 0)
		return 0;
	u = arena_alloc(a, sizeof(*u));
	if (u == NULL)
		return no_memory(e);
	*u = p->user != NULL ? *p->user : (struct spec_user){ 0 };
	if (o->user != NULL)
		TRY(set_user(u, o->user, e));
	TRY(add_groups(u, o->additional_gids, a, e));
	p->user = u;
	return 0;
}

/* --- capabilities ----------------------------------------------------------------------------- */

/* "CAP_KILL", "cap_kill", "kill" */
static int read_cap(const char *text, struct spec_enum *ret, struct err *e)
{
	char name[40] = "CAP_";
	size_t len = strncasecmp(text, "CAP_", 4) == 0 ? 0 : 4;
	const struct spec_word *word = NULL;

	for (const char *c = text; *c != '\0' && len + 1 < sizeof(name); c++)
		name[len++] = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
	name[len] = '\0';
	if (strlen(text) < sizeof(name) - 4)
		word = spec_word_find(&spec_capability, name);
	if (word == NULL)
		return bad("cap", text, "the name of a capability, like CAP_KILL", e);
	*ret = (struct spec_enum){ word->number, POS_NONE };
	return 0;
}

static bool has_cap(const struct spec_enums *set, int64_t number)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->items[i].value == number)
			return true;
	return false;
}

/* only  NULL, or: those alone that are in this set */
static int add_to_set(struct spec_enums *set, const struct spec_enums *caps,
	const struct spec_enums *only, struct arena *a, struct err *e)
{
	struct spec_enum *const items =
		more_of(a, set->items, set->count, caps->count, sizeof(*items));

	if (items == NULL)
		return no_memory(e);
	for (size_t i = 0; i < caps->count; i++)
		if (only == NULL || has_cap(only, caps->items[i].value))
			items[set->count++] = caps->items[i];
	set->items = items;
	return 0;
}

/* As runc: into the three sets that a program of root's has of them, into the ambient one where
 * the configuration lets it be inherited, and never into the inheritable one (CVE-2022-29162). */
static int add_caps(
	struct spec_process *p, const char *const *names, struct arena *a, struct err *e)
{
	const size_t count = count_of(names);
	struct spec_capabilities *c;
	struct spec_enum *items;
	struct spec_enums caps;

	if (count == 0)
		return 0;
	c = arena_alloc(a, sizeof(*c));
	items = arena_array(a, count, sizeof(*items));
	if (c == NULL || items == NULL)
		return no_memory(e);
	*c = p->capabilities != NULL ? *p->capabilities : (struct spec_capabilities){ 0 };
	for (size_t i = 0; i < count; i++)
		TRY(read_cap(names[i], &items[i], e));
	caps = (struct spec_enums){ items, count, POS_NONE };
	TRY(add_to_set(&c->bounding, &caps, NULL, a, e));
	TRY(add_to_set(&c->effective, &caps, NULL, a, e));
	TRY(add_to_set(&c->permitted, &caps, NULL, a, e));
	TRY(add_to_set(&c->ambient, &caps, &c->inheritable, a, e));
	p->capabilities = c;
	return 0;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void set_text(struct spec_str *s, const char *text)
{
	if (text != NULL)
		*s = (struct spec_str){ text, POS_NONE };
}

static void set_choice(struct spec_bool *b, enum crl_choice choice)
{
	if (choice != CRL_AS_IS)
		*b = (struct spec_bool){ choice == CRL_YES, POS_NONE };
}

int exec_process_change(const struct spec_process *from, const struct crl_exec_options *o,
	struct arena *a, const struct spec_process **ret, struct err *e)
{
	struct spec_process *const p = arena_alloc(a, sizeof(*p));

	if (p == NULL)
		return no_memory(e);
	*p = *from;
	if (o->cwd != NULL && o->cwd[0] != '/')
		return bad("cwd", o->cwd, "an absolute path", e);
	set_text(&p->cwd, o->cwd);
	set_text(&p->apparmorProfile, o->apparmor);
	set_text(&p->selinuxLabel, o->process_label);
	set_choice(&p->noNewPrivileges, o->no_new_privileges);
	if (o->process == NULL) /* the container's own says nothing of this one */
		p->terminal = (struct spec_bool){ false, POS_NONE };
	set_choice(&p->terminal, o->terminal);
	if (o->args != NULL)
		TRY(set_args(p, o->args, a, e));
	TRY(add_env(p, o->env, a, e));
	TRY(change_user(p, o, a, e));
	TRY(add_caps(p, o->caps, a, e));
	*ret = p;
	return 0;
}
