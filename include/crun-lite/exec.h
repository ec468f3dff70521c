/* Further processes in a container.  A part of crun-lite.h, which explains how calls fail. */
#ifndef CRUN_LITE_EXEC_H
#define CRUN_LITE_EXEC_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct crl;
struct crl_error;

enum crl_choice {
	CRL_AS_IS, /* as the container's configuration has it */
	CRL_YES,
	CRL_NO
};

/* A further process in a container.  What is not given is as in `process` of the configuration that
 * the container was made with; but a terminal is only made when it is asked for. */
struct crl_exec_options {
	const char *process;     /* a file with another `process` (runtime-spec), "-": standard
				    input; what is given beside it goes before it */
	const char *const *args; /* up to a NULL; NULL with process: its own */
	const char *cwd;         /* absolute; NULL: not given, here and below */
	const char *const *env;  /* "NAME=VALUE", up to a NULL; beside the others */
	const char *user;        /* "UID" or "UID:GID" */
	const char *const *additional_gids; /* up to a NULL; beside the others */
	const char *const *caps; /* "CAP_KILL" or "kill", up to a NULL; beside the others */
	enum crl_choice no_new_privileges, terminal;
	const char *process_label, *apparmor;
	const char *pid_file;
	const char *console_socket; /* gets the terminal */
	const char *pidfd_socket;   /* gets a pidfd of the process */
	const char *cgroup;         /* a cgroup below the container's own */
	unsigned preserve_fds;      /* descriptors 3 and on that the program gets */
	/* Descriptors 3 and on that it is told of by LISTEN_FDS (sd_listen_fds(3)), in front of
	 * those; where its environment has LISTEN_FDS already, they are among those. */
	unsigned listen_fds;
	const char *listen_names;     /* LISTEN_FDNAMES; NULL: none */
	bool ignore_paused;           /* in a paused container: it starts when that goes on */
	const char *seccomp_receiver; /* socket of who answers notifications */

	bool detached, json; /* of crl_exec_plan: the plan of crl_exec_detached; as JSON */
};

/* Runs a process in a container, created or running, to its end.
 * ret_status  as crl_run */
int crl_exec(struct crl *c, const char *id, const struct crl_exec_options *o, int *ret_status,
	struct crl_error *e);

/* The same; returns when it runs. */
int crl_exec_detached(
	struct crl *c, const char *id, const struct crl_exec_options *o, struct crl_error *e);

/* What would be done, as o->detached and o->json say; does nothing. */
int crl_exec_plan(struct crl *c, const char *id, const struct crl_exec_options *o, char **ret,
	struct crl_error *e);

#ifdef __cplusplus
}
#endif
#endif
