/* The handle: settings, state directory, errors.  Makes no container. */
#include "lib/crl.h"

#include "base/sys.h"
#include "host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int crl_fail(int rc, const struct err *from, struct crl_error *to)
{
	_Static_assert(sizeof(to->text) == sizeof(from->text), "one text");
	_Static_assert(sizeof(to->hint) == sizeof(from->hint), "one hint");
	if (rc >= 0)
		return rc;
	*to = (struct crl_error){ .code = -rc, .line = from->at.line, .column = from->at.column };
	memcpy(to->text, from->text, sizeof(to->text));
	memcpy(to->hint, from->hint, sizeof(to->hint));
	return rc;
}

void crl_tell(
	const struct crl_settings *s, enum crl_level level, struct src_pos at, const char *text)
{
	if (s != NULL && s->tell != NULL && (level != CRL_DEBUG || s->debug))
		s->tell(s->data, level, at.line, at.column, text);
}

/* Root inside a user namespace is a plain user who has a runtime directory (engines.md, G13); the
 * kernel is asked only where that makes a difference. */
static int choose_root(
	const char *option, struct arena *arena, struct state_root *ret, struct err *e)
{
	struct state_where where = { .option = option,
		.runtime_dir = getenv("XDG_RUNTIME_DIR"),
		.run = "/run",
		.uid = sys_euid() };

	if (option == NULL && where.uid == 0 && where.runtime_dir != NULL)
		TRY(host_in_user_namespace(&where.user_namespace, e));
	return state_root(&where, arena, ret, e);
}

int crl_new(const struct crl_settings *settings, struct crl **ret, struct crl_error *error)
{
	struct crl *const c = calloc(1, sizeof(*c));
	struct err e = { 0 };
	int rc;

	if (c == NULL)
		return crl_fail(err_set(&e, ENOMEM, POS_NONE, "out of memory"), &e, error);
	c->settings = *settings;
	c->root_fd = FD_NONE;
	rc = choose_root(settings->root, &c->arena, &c->root, &e);
	if (rc < 0) {
		crl_free(c);
		return crl_fail(rc, &e, error);
	}
	*ret = c;
	return 0;
}

void crl_free(struct crl *c)
{
	if (c == NULL)
		return;
	fd_close(&c->root_fd);
	arena_done(&c->arena);
	free(c);
}

int crl_open_root(struct crl *c, bool make, struct err *e)
{
	return c->root_fd != FD_NONE ? 0 : state_root_open(&c->root, make, &c->root_fd, e);
}

void crl_tell_notify(struct crl *c, int error)
{
	char text[160];

	if (error == 0)
		return;
	(void)snprintf(text, sizeof(text),
		"NOTIFY_SOCKET: cannot tell that the program is ready: %s", strerror(error));
	crl_tell(&c->settings, CRL_WARNING, POS_NONE, text);
}

int crl_default_root(char **ret, struct crl_error *error)
{
	AUTO_ARENA arena = { 0 };
	struct state_root root;
	struct err e = { 0 };
	int rc = choose_root(NULL, &arena, &root, &e);

	if (rc == 0) {
		*ret = strdup(root.path);
		if (*ret == NULL)
			rc = err_set(&e, ENOMEM, POS_NONE, "out of memory");
	}
	return crl_fail(rc, &e, error);
}

const char *crl_version(void)
{
	return CRUN_LITE_VERSION;
}
