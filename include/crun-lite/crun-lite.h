/* The C API of crun-lite: what the program itself is made with.
 *
 * Every call returns 0 or more on success and a negative errno on failure; then *e says why, in one
 * line that ends with the errno's words.  Nothing is printed.  Texts that a call returns are the
 * caller's to free(3).  A crl is used by one thread at a time. */
#ifndef CRUN_LITE_H
#define CRUN_LITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crun-lite/check.h"
#include "crun-lite/exec.h"

#ifdef __cplusplus
extern "C" {
#endif

struct crl_error {
	int code;              /* errno value, > 0 */
	uint32_t line, column; /* in config.json, 1-based; 0 = no place there */
	char text[1024];
	char hint[512]; /* what to do about it; may be empty */
};

enum crl_level {
	CRL_ERROR, /* a further error of a configuration: the call fails with the first of them */
	CRL_WARNING,
	CRL_DEBUG
};

struct crl_settings {
	const char *root;  /* state directory; NULL: the default of the caller's user */
	bool debug;        /* tell of the operations of a plan too, as they are done */
	const char *trace; /* file for the times of starts, as Chrome trace JSON; NULL: none */
	const char *notify_socket; /* who is told that a program is ready; NULL: nobody */
	/* What is worth telling beside the result; may be NULL.  line 0: no place. */
	void (*tell)(
		void *data, enum crl_level level, uint32_t line, uint32_t column, const char *text);
	void *data;
};

/* The containers of one state directory. */
struct crl;
int crl_new(const struct crl_settings *settings, struct crl **ret, struct crl_error *e);
void crl_free(struct crl *c);

enum crl_rootless {
	CRL_ROOTLESS_AUTO, /* as the user is */
	CRL_ROOTLESS_YES,  /* no cgroup is no error, unless limits are asked for */
	CRL_ROOTLESS_NO
};

/* How a container is made.  Zeroed: the bundle of the current directory. */
struct crl_options {
	const char *bundle;         /* directory; NULL: the current one */
	const char *config;         /* file; NULL: config.json of the bundle */
	const char *console_socket; /* gets the terminal; NULL: none */
	const char *pidfd_socket;   /* gets a pidfd of the program; NULL: none */
	const char *pid_file;       /* NULL: none */
	const char *overlay_dir;    /* with overlay: writes are kept there; NULL: in a tmpfs */
	const char *const *overlay_lower; /* layers below, from the top; up to a NULL; or NULL */
	const char *overlay_size;         /* of the tmpfs: "64m", "10%"; NULL: half of the memory */
	bool overlay, overlay_idmap, overlay_fuse;         /* root; ids mapped; by fuse-overlayfs */
	bool keep, no_pivot, no_new_keyring, no_subreaper; /* keep: crl_run leaves it on record */
	bool no_cgroup;                                    /* none is made; limits are an error */
	enum crl_rootless rootless;
	unsigned listen_fds, preserve_fds;           /* 3 and on, for the program; LISTEN_FDS */
	const char *listen_names, *seccomp_receiver; /* LISTEN_FDNAMES; agent's socket; NULL */
};

/* Makes a container whose program waits for crl_start. */
int crl_create(struct crl *c, const char *id, const struct crl_options *o, struct crl_error *e);

/* Makes a container and starts its program; returns when it runs. */
int crl_run_detached(
	struct crl *c, const char *id, const struct crl_options *o, struct crl_error *e);

/* Makes a container, runs its program in the foreground to its end, removes the container.
 * ret_status  the program's exit code, or 128 + the number of the signal that killed it */
int crl_run(struct crl *c, const char *id, const struct crl_options *o, int *ret_status,
	struct crl_error *e);

/* Lets the program of a created container go. */
int crl_start(struct crl *c, const char *id, struct crl_error *e);

/* Sends a signal to the container's first process, or to all of its cgroup; SIGKILL to all, too,
 * where the container has no pid namespace of its own.
 * signal  0 to 64 */
int crl_kill(struct crl *c, const char *id, int signal, bool all, struct crl_error *e);

/* Stops all processes of a container, and lets them go on.  It must have a cgroup of its own. */
int crl_pause(struct crl *c, const char *id, struct crl_error *e);
int crl_resume(struct crl *c, const char *id, struct crl_error *e);

/* Removes a container that is stopped or was never started; with force any, also one that is not
 * there. */
int crl_delete(struct crl *c, const char *id, bool force, struct crl_error *e);

/* The state of a container: JSON of runtime-spec, "State". */
int crl_state(struct crl *c, const char *id, char **ret, struct crl_error *e);

struct crl_entry {
	const char *id, *status, *bundle, *created, *owner;
	int pid;           /* 0: none */
	const char *state; /* as crl_state, on one line; NULL: not asked for */
};

/* Calls each with every container, in the order of their ids; entry NULL: why tells what is wrong
 * with it.  A negative result ends the list. */
int crl_list(struct crl *c, bool states,
	int (*each)(void *data, const struct crl_entry *entry, const struct crl_error *why),
	void *data, struct crl_error *e);

/* What crl_plan shows. */
struct crl_plan_options {
	bool create;            /* the plan of crl_create rather than of crl_run */
	bool json;              /* JSON; else an operation a line */
	const char *host_facts; /* text to be used instead of asking the kernel; NULL: ask */
	const struct crl_settings *settings; /* whom to tell of what; NULL: nobody */
};

/* What would be done for a bundle; does nothing. */
int crl_plan(const char *id, const struct crl_options *o, const struct crl_plan_options *how,
	char **ret, struct crl_error *e);

/* The features document of runtime-spec 1.3. */
int crl_features(char **ret, struct crl_error *e);

struct crl_spec_options {
	const char *bundle; /* directory; NULL: the current one */
	const char *file;   /* is replaced; NULL: config.json, which must not be there */
	bool rootless;      /* for a plain user */
	bool overlay;       /* what the program writes is forgotten */
};

/* Writes a configuration to begin with. */
int crl_spec(const struct crl_spec_options *o, struct crl_error *e);

/* The default state directory of the caller. */
int crl_default_root(char **ret, struct crl_error *e);

/* "0.1.0" */
const char *crl_version(void);

#ifdef __cplusplus
}
#endif
#endif
