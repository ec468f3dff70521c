/* The directory of one container: opened, locked, removed.  Does not read what is in it. */
#include "state/state.h"

#include "base/sys.h"
#include "base/text.h"
#include "state/dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int state_check_id(const char *id, struct err *e)
{
	static const char fit[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.";
	const size_t len = strlen(id);
	char shown[TEXT_SHOWN];

	if (len == 0)
		return err_set(e, EINVAL, POS_NONE, "the container id is empty");
	if (len <= STATE_ID_MAX && id[0] != '.' && strspn(id, fit) == len)
		return 0;
	(void)err_set(e, EINVAL, POS_NONE, "container id \"%s\" %s",
		text_escape(shown, sizeof(shown), id, len),
		len > STATE_ID_MAX ? "is longer than 255 bytes" : "is not allowed");
	return err_hint(e, "use letters, digits and _ + - . and no . at the beginning");
}

int state_no_container(const char *id, struct err *e)
{
	return err_sys(
		e, ENOENT, POS_NONE, "cannot open container \"%s\": container does not exist", id);
}

void state_done(struct state_dir *d)
{
	state_unlock(d);
	fd_close(&d->fd);
	*d = STATE_DIR_NONE;
}

bool state_is_named(const struct state_dir *d)
{
	struct stat st;

	/* A removed directory has no link left, and none can be given a new name into ROOT. */
	return fstat(d->fd, &st) == 0 && st.st_nlink > 0;
}

void state_unlock(struct state_dir *d)
{
	if (d->locked)
		state_lock_drop(d->fd);
	d->locked = false;
}

int state_lock(struct state_dir *d, int timeout_ms, struct err *e)
{
	const int rc = state_lock_take(d->fd, timeout_ms, e);

	if (rc < 0)
		return err_add(e, "container \"%s\"", d->id);
	d->locked = true;
	if (state_is_named(d))
		return 0;
	state_unlock(d);
	return state_no_container(d->id, e);
}

bool state_is_ours(const struct stat *st)
{
	return S_ISDIR(st->st_mode) && st->st_uid == sys_euid() && (st->st_mode & 077) == 0;
}

/* Says what is wrong with an open directory that is not ours alone. */
static int verify(const struct state_dir *d, struct err *e)
{
	struct stat st;

	if (fstat(d->fd, &st) < 0)
		return err_sys(e, errno, POS_NONE, "cannot open container \"%s\"", d->id);
	if (state_is_ours(&st))
		return 0;
	if (st.st_uid != sys_euid())
		return err_set(e, EPERM, POS_NONE, "container \"%s\" belongs to user %u", d->id,
			st.st_uid);
	return err_set(e, EPERM, POS_NONE,
		"the directory of container \"%s\" is open to others: its mode is %04o", d->id,
		st.st_mode & 07777);
}

int state_open(int root, const char *id, int timeout_ms, struct state_dir *ret, struct err *e)
{
	AUTO_STATE_DIR d = { .root = root, .fd = FD_NONE, .id = id };

	TRY(state_check_id(id, e));
	if (root == FD_NONE)
		return state_no_container(id, e);
	d.fd = openat(root, id, STATE_OPEN_DIR);
	if (d.fd < 0 && errno == ENOENT)
		return state_no_container(id, e);
	if (d.fd < 0)
		return err_sys(e, errno, POS_NONE, "cannot open container \"%s\"", id);
	TRY(verify(&d, e));
	if (timeout_ms != STATE_NO_LOCK)
		TRY(state_lock(&d, timeout_ms, e));
	*ret = d;
	d = STATE_DIR_NONE;
	return 0;
}

/* --- removing ----------------------------------------------------------------------------- */

static int remove_inside(int dir, int up);

/* 1: done.  Its number is a name that is free, unless somebody has seen to the contrary. */
static int move_up(int dir, const char *name, int up)
{
	char number[40];
	struct stat st;
	int rc = -1;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	for (unsigned n = 0; rc < 0; n++) {
		(void)snprintf(number, sizeof(number), "%llu.%u", (unsigned long long)st.st_ino, n);
		rc = renameat2(dir, name, up, number, RENAME_NOREPLACE);
		if (rc < 0 && errno != EEXIST)
			return -errno;
	}
	return 1;
}

/* up  where a directory goes that holds others; FD_NONE: all in it is removed
 * Returns  1 something has gone up, and is to be removed from there */
static int remove_one(int dir, const char *name, int up)
{
	AUTO_FD sub = FD_NONE;
	int rc;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != ENOTEMPTY)
		return -errno;
	if (up != FD_NONE)
		return move_up(dir, name, up);
	sub = openat(dir, name, STATE_OPEN_DIR);
	if (sub < 0)
		return -errno;
	rc = remove_inside(sub, dir);
	TRY(rc);
	return unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : rc;
}

/* The same for all that is in a directory.  A container with the right to mount can make the
 * directory of its notify socket writable, and what it leaves there is as deep as it likes. */
static int remove_inside(int dir, int up)
{
	AUTO_FD again = openat(dir, ".", STATE_OPEN_DIR);
	const struct dirent *entry;
	DIR *list = again < 0 ? NULL : fdopendir(again);
	int rc = 0, moved = 0;

	if (list == NULL)
		return -errno;
	(void)fd_take(&again); /* closed with the list */
	while (rc >= 0 && (entry = readdir(list)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			rc = remove_one(dir, entry->d_name, up);
		moved |= rc > 0;
	}
	(void)closedir(list); /* only read */
	return rc < 0 ? rc : moved;
}

int state_remove(struct state_dir *d, struct err *e)
{
	/* Tried without looking: that is all there is, nearly always.  The record goes last. */
	static const char *const names[] = { STATE_FIRST, "state" };
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(names) && rc >= 0; i++)
		rc = remove_one(d->fd, names[i], FD_NONE);
	if (rc >= 0 && unlinkat(d->root, d->id, AT_REMOVEDIR) < 0)
		rc = -errno;
	if (rc == -ENOTEMPTY) {
		while ((rc = remove_inside(d->fd, FD_NONE)) > 0)
			continue;
		if (rc == 0 && unlinkat(d->root, d->id, AT_REMOVEDIR) < 0)
			rc = -errno;
	}
	if (rc < 0 && rc != -ENOENT)
		return err_sys(
			e, -rc, POS_NONE, "cannot remove the state of container \"%s\"", d->id);
	d->locked = false; /* gone with the directory */
	return 0;
}
