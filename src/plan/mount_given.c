/* Bind mounts of what a descriptor of the caller's is open on: /proc/self/fd/N as source.
 *
 * Only of those that --preserve-fds hands on.  What they are open on is a mount of the caller's
 * mount namespace, or one of none, which a copy of that namespace cannot bind: the parent clones
 * it.  In a user namespace that would lose the flags that the kernel locks when it copies a mount
 * into one, and a plain user may clone nothing outside: there the child finds the same by its path.
 */
#include "plan/mount_given.h"

#include "base/text.h"
#include "plan/build.h"

#include <stdlib.h>
#include <string.h>

enum {
	FD_NUMBER_MAX = 9 /* digits */
};

int mount_given_fd(const struct spec_mount *m, const struct plan_mount_options *o)
{
	static const char *const prefixes[] = { "/proc/self/fd/", "/dev/fd/" };
	const char *const source = m->source.value;

	if (source == NULL || !o->bind || (o->special & (MOUNT_SOURCE_NOFOLLOW | MOUNT_COPY_LINK)))
		return FD_NONE;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		const char *const number = source + strlen(prefixes[i]);

		if (strncmp(source, prefixes[i], strlen(prefixes[i])) != 0)
			continue;
		if (number[0] != '\0' && number[strspn(number, "0123456789")] == '\0' &&
			strlen(number) <= FD_NUMBER_MAX)
			return (int)strtol(number, NULL, 10);
	}
	return FD_NONE;
}

static int refuse(const struct plan *p, const struct mount_job *j, struct err *e)
{
	const char *const source = j->m->source.value;
	char shown[TEXT_SHOWN];

	(void)err_sys(e, EBADF, j->m->source.at, "%s: cannot bind \"%s\"", j->path,
		text_escape(shown, sizeof(shown), source, strlen(source)));
	if (p->options->preserve_fds == 0)
		return err_hint(e, "descriptors from 3 on are handed on with --preserve-fds N");
	return err_hint(e, "--preserve-fds %llu hands on descriptors 3 to %llu",
		(unsigned long long)p->options->preserve_fds,
		2 + (unsigned long long)p->options->preserve_fds);
}

int mount_append_given(struct plan *p, const struct mount_job *j, int fd, struct err *e)
{
	struct plan_op *op;

	if (fd < 3 || (uint64_t)fd - 3 >= p->options->preserve_fds)
		return refuse(p, j, e);
	op = mount_append(p, j, p->user_ns ? PLAN_given_path : PLAN_given_tree, e);
	if (op == NULL)
		return -ENOMEM;
	op->at = j->m->source.at;
	if (p->user_ns) {
		op->given_path.path = j->m->source.value;
		op->given_path.fd = (uint64_t)fd;
		op->given_path.recursive = j->o.recursive;
		op->given_path.into = j->tree;
	} else {
		op->given_tree.path = j->m->source.value;
		op->given_tree.fd = (uint64_t)fd;
		op->given_tree.recursive = j->o.recursive;
		op->given_tree.into = j->tree;
	}
	return 0;
}
