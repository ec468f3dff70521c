/* `spec`: a configuration to begin with.  Its text is spec/template.def. */
#include "lib/crl.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct row {
	enum {
		FOR_ROOT = 1,
		FOR_ROOTLESS = 2,
		FOR_OVERLAY = 4,
		FOR_PLAIN = 8
	} who;
	const char *text;
};

static const struct row rows[] = {
#define ROOT(text)     { FOR_ROOT, text },
#define ROOTLESS(text) { FOR_ROOTLESS, text },
#define OVERLAY(text)  { FOR_OVERLAY, text },
#define PLAIN(text)    { FOR_PLAIN, text },
#define BOTH(text)     { FOR_ROOT | FOR_ROOTLESS, text },
#include "spec/template.def"
#undef ROOT
#undef ROOTLESS
#undef OVERLAY
#undef PLAIN
#undef BOTH
};

/* A row into the file, the caller's ids in their places. */
static int write_row(FILE *file, const char *text)
{
	const char *const uid = strstr(text, "@UID@"), *const gid = strstr(text, "@GID@");
	const char *const place = uid != NULL ? uid : gid;
	int rc;

	if (place == NULL)
		rc = fputs(text, file);
	else
		rc = fprintf(file, "%.*s%u%s", (int)(place - text), text,
			(unsigned)(uid != NULL ? geteuid() : getegid()), place + 5);
	return rc < 0 ? -errno : 0;
}

static int write_rows(int fd, const struct crl_spec_options *o)
{
	const unsigned who =
		(o->rootless ? FOR_ROOTLESS : FOR_ROOT) | (o->overlay ? FOR_OVERLAY : FOR_PLAIN);
	FILE *const file = fdopen(fd, "w");
	int rc = 0;

	if (file == NULL)
		return -errno;
	for (size_t i = 0; i < ARRAY_LEN(rows) && rc == 0; i++)
		if ((rows[i].who & who) != 0)
			rc = write_row(file, rows[i].text);
	if (fclose(file) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

/* A name of our choice must not be there yet; the caller's own is the caller's to lose. */
static int create(int dir, const char *bundle, const char *file, struct err *e)
{
	const char *const name = file != NULL ? file : "config.json";
	const int fd = openat(dir, name,
		O_WRONLY | O_CREAT | O_CLOEXEC | (file != NULL ? O_TRUNC : O_EXCL | O_NOFOLLOW),
		0644);

	if (fd >= 0)
		return fd;
	if (errno != EEXIST)
		return err_sys(e, errno, POS_NONE, "cannot write \"%s/%s\"", bundle, name);
	(void)err_set(
		e, EEXIST, POS_NONE, "\"%s/config.json\" already exists: File exists", bundle);
	return err_hint(e, "move it away, or give --bundle DIR or --file FILE");
}

static int spec_write(const struct crl_spec_options *o, struct err *e)
{
	const char *const bundle = o->bundle != NULL ? o->bundle : ".";
	const char *const name = o->file != NULL ? o->file : "config.json";
	AUTO_FD dir = openat(AT_FDCWD, bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd, rc;

	if (dir < 0)
		return err_sys(e, errno, POS_NONE, "cannot open bundle \"%s\"", bundle);
	fd = create(dir, bundle, o->file, e);
	if (fd < 0)
		return fd;
	rc = write_rows(fd, o);
	if (rc == 0)
		return 0;
	if (o->file == NULL)
		(void)unlinkat(dir, name, 0); /* half a configuration helps nobody */
	return err_sys(e, -rc, POS_NONE, "cannot write \"%s/%s\"", bundle, name);
}

int crl_spec(const struct crl_spec_options *o, struct crl_error *error)
{
	struct err e = { 0 };

	return crl_fail(spec_write(o, &e), &e, error);
}
