/* What the configuration can say and no operation carries out yet: an error, never a weaker
 * container.  A row goes when its builder comes. */
#include "plan/build.h"

static bool is_text(const struct spec_str *s)
{
	return s->value != NULL && s->value[0] != '\0';
}

static bool notifies(const struct spec_seccomp *s)
{
	for (size_t i = 0; s != NULL && i < s->syscalls.count; i++)
		if (s->syscalls.items[i].action.value == SPEC_SECCOMP_NOTIFY)
			return true;
	return false;
}

int plan_later(struct plan *p, struct err *e)
{
	const struct spec_linux *const l = p->config->os;
	const struct {
		const char *path;
		bool given;
		struct src_pos at;
	} rows[] = {
		{ "hooks", p->config->hooks != NULL, p->config->at },
		{ "linux.seccomp.listenerPath",
			l->seccomp != NULL && is_text(&l->seccomp->listenerPath), l->at },
		{ "linux.seccomp.syscalls", notifies(l->seccomp), l->at },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].given)
			return err_set(e, ENOTSUP, rows[i].at,
				"%s: this version of crun-lite cannot carry it out", rows[i].path);
	return 0;
}
