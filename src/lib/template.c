/* `spec`: a configuration to begin with.  Its text is spec/template.def. */
#include "lib/crl.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct row {
	bool root, rootless;
	const char *text;
};

static const struct row rows[] = {
#define ROOT(text)     { true, false, text },
#define ROOTLESS(text) { false, true, text },
#define BOTH(text)     { true, true, text },
#include "spec/template.def"
#undef ROOT
#undef ROOTLESS
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

static int write_rows(int fd, bool rootless)
{
	FILE *const file = fdopen(fd, "w");
	int rc = 0;

	if (file == NULL)
		return -errno;
	for (size_t i = 0; i < ARRAY_LEN(rows) && rc == 0; i++)
		if (rootless ? rows[i].rootless : rows[i].root)
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

static int spec_write(const char *bundle, const char *file, bool rootless, struct err *e)
{
	AUTO_FD dir = openat(AT_FDCWD, bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *const name = file != NULL ? file : "config.json";
	int fd, rc;

	if (dir < 0)
		return err_sys(e, errno, POS_NONE, "cannot open bundle \"%s\"", bundle);
	fd = create(dir, bundle, file, e);
	if (fd < 0)
		return fd;
	rc = write_rows(fd, rootless);
	if (rc == 0)
		return 0;
	if (file == NULL)
		(void)unlinkat(dir, name, 0); /* half a configuration helps nobody */
	return err_sys(e, -rc, POS_NONE, "cannot write \"%s/%s\"", bundle, name);
}

int crl_spec(const char *bundle, const char *file, bool rootless, struct crl_error *error)
{
	struct err e = { 0 };

	return crl_fail(spec_write(bundle != NULL ? bundle : ".", file, rootless, &e), &e, error);
}
