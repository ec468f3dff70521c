/* The C API of crun-lite, continued: what a container has changed in its root, which is an overlay.
 * The rules are those of crun-lite.h.
 *
 * What is compared is the root and what lay below it.  A container at work may change it meanwhile:
 * then each file is as it was when it was looked at.  Ids are those that the container sees.  The
 * calls start a process of their own and wait for it. */
#ifndef CRUN_LITE_DIFF_H
#define CRUN_LITE_DIFF_H

#include "crun-lite/crun-lite.h"

#ifdef __cplusplus
extern "C" {
#endif

enum crl_change_kind {
	CRL_ADDED,
	CRL_CHANGED,
	CRL_DELETED /* with all that was in it */
};

/* What of a file has changed; bits. */
enum crl_change_what {
	CRL_CHANGE_TYPE = 1, /* it is another kind of file now; the rest is not compared */
	CRL_CHANGE_CONTENT = 2,
	CRL_CHANGE_MODE = 4,
	CRL_CHANGE_OWNER = 8,
	CRL_CHANGE_TIME = 16,
	CRL_CHANGE_XATTRS = 32,
	CRL_CHANGE_LINKS = 64 /* it shares its contents with other names than before */
};

struct crl_change {
	enum crl_change_kind kind;
	unsigned what;    /* of CRL_CHANGED */
	const char *path; /* absolute in the container; any byte but NUL */
	size_t length;    /* of path */
	/* As it is now; of CRL_DELETED, as it was. */
	uint32_t mode; /* with its type, as of stat(2) */
	uint32_t uid, gid;
	uint64_t size;
	int64_t seconds; /* last change of the contents, since 1970 */
	uint32_t nanoseconds;
};

/* Calls each with every change: a directory before what is in it, names by their bytes.  A negative
 * result ends it and is the call's. */
int crl_diff(struct crl *c, const char *id,
	int (*each)(void *data, const struct crl_change *change), void *data, struct crl_error *e);

/* Writes the changes as a layer of an OCI image, an uncompressed tar stream: the same tree gives
 * the same bytes.  Sockets are left out. fd  open for writing; stays open */
int crl_diff_tar(struct crl *c, const char *id, int fd, struct crl_error *e);

#ifdef __cplusplus
}
#endif
#endif
