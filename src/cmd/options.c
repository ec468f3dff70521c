/* What run, create and plan make of their words and options. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The words are checked: main.c. */
static enum crl_rootless rootless_of(const char *word)
{
	if (word == NULL || strcmp(word, "auto") == 0)
		return CRL_ROOTLESS_AUTO;
	return strcmp(word, "true") == 0 ? CRL_ROOTLESS_YES : CRL_ROOTLESS_NO;
}

int cmd_options_of(struct cmd *c, struct crl_options *ret)
{
	const struct cmd_args *const a = c->args;
	struct err e = { 0 };

	*ret = (struct crl_options){
		.bundle = a->bundle,
		.config = a->config,
		.console_socket = a->console_socket,
		.pidfd_socket = a->pidfd_socket,
		.pid_file = a->pid_file,
		.overlay = a->overlay,
		.overlay_dir = a->overlay_value,
		.overlay_lower = a->overlay_lower,
		.overlay_size = a->overlay_size,
		.overlay_idmap = a->overlay_idmap,
		.overlay_fuse = a->overlay_fuse,
		.no_pivot = a->no_pivot,
		.no_new_keyring = a->no_new_keyring,
		.keep = a->keep,
		.no_subreaper = a->no_subreaper,
		.no_cgroup = a->global.cgroup_manager != NULL &&
			     strcmp(a->global.cgroup_manager, "disabled") == 0,
		.rootless = rootless_of(a->global.rootless),
		.preserve_fds = c->fds.preserve,
		.listen_fds = c->fds.listen,
		.listen_names = getenv("LISTEN_FDNAMES"),
		.seccomp_receiver = getenv("RUN_OCI_SECCOMP_RECEIVER"),
	};
	if (a->overlay_value != NULL && a->overlay_value[0] == '\0') {
		(void)err_set(
			&e, EINVAL, POS_NONE, "option --overlay=: the directory's name is empty");
		return cmd_fail_usage(c, &e);
	}
	for (size_t i = 0; i < a->overlay_lower_count; i++)
		if (a->overlay_lower[i][0] == '\0') {
			(void)err_set(&e, EINVAL, POS_NONE,
				"option --overlay-lower: the layer's name is empty");
			return cmd_fail_usage(c, &e);
		}
	return 0;
}

/* Where the current directory is no bundle, the word must be one. */
static bool is_bundle(const char *word)
{
	return strchr(word, '/') != NULL || strcmp(word, ".") == 0 || strcmp(word, "..") == 0 ||
	       access("config.json", F_OK) < 0;
}

/* The last component of the path; "." and ".." are asked what they are called. */
static const char *base_name(const char *path, char *buf, size_t size)
{
	size_t end = strlen(path), start;
	char *real;
	int len;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (start = end; start > 0 && path[start - 1] != '/'; start--)
		;
	if (path[start] != '.')
		return (size_t)snprintf(buf, size, "%.*s", (int)(end - start), path + start) < size
			       ? buf
			       : NULL;
	real = realpath(path, NULL);
	len = snprintf(buf, size, "%s", real != NULL ? strrchr(real, '/') + 1 : path + start);
	free(real);
	return len > 0 && (size_t)len < size ? buf : NULL;
}

const char *cmd_id_of(struct cmd *c, struct crl_options *o, const char *word)
{
	struct err e = { 0 };
	const char *id = word;

	if (word == NULL || (o->bundle == NULL && is_bundle(word))) {
		if (word != NULL)
			o->bundle = word;
		id = base_name(o->bundle != NULL ? o->bundle : ".", c->id, sizeof(c->id));
	}
	if (id == NULL) {
		(void)err_set(&e, EINVAL, POS_NONE, "no container id: the bundle's name is none");
		(void)cmd_fail_usage(c, &e);
	}
	if (o->config != NULL)
		c->log.config = o->config;
	else if (o->bundle != NULL && strcmp(o->bundle, ".") != 0 &&
		 (size_t)snprintf(c->config_name, sizeof(c->config_name), "%s/config.json",
			 o->bundle) < sizeof(c->config_name))
		c->log.config = c->config_name;
	return id;
}
