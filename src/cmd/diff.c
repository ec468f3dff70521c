/* crun-lite diff */
#include "crun-lite/diff.h"
#include "cmd/cmd.h"

#include "base/json_out.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
	unsigned bit;
	const char *word;
} whats[] = {
	{ CRL_CHANGE_TYPE, "type" },
	{ CRL_CHANGE_CONTENT, "content" },
	{ CRL_CHANGE_MODE, "mode" },
	{ CRL_CHANGE_OWNER, "owner" },
	{ CRL_CHANGE_TIME, "time" },
	{ CRL_CHANGE_XATTRS, "xattrs" },
	{ CRL_CHANGE_LINKS, "links" },
};

/* --- text ------------------------------------------------------------------------------------ */

static int print_text(void *data, const struct crl_change *c)
{
	static const char letters[] = { 'A', 'C', 'D' };
	const size_t size = c->length * 4 + 8; /* the longest escape of a byte has four */
	char *const shown = malloc(size);
	const char *before = " (";

	(void)data;
	if (shown == NULL)
		return -ENOMEM;
	(void)printf("%c %s", letters[c->kind], text_escape(shown, size, c->path, c->length));
	free(shown);
	for (size_t i = 0; i < ARRAY_LEN(whats); i++)
		if ((c->what & whats[i].bit) != 0) {
			(void)printf("%s%s", before, whats[i].word);
			before = ", ";
		}
	return puts(c->what != 0 ? ")" : "") < 0 ? -EIO : 0;
}

/* --- JSON ------------------------------------------------------------------------------------ */

static bool is_utf8(const char *text, size_t len)
{
	uint32_t letter;

	for (size_t i = 0, n; i < len; i += n) {
		n = text_utf8(text + i, len - i, &letter);
		if (n == 0)
			return false;
	}
	return true;
}

/* What a JSON string cannot hold, byte by byte. */
static int put_bytes(struct json_out *j, const struct crl_change *c)
{
	char *hex;

	if (is_utf8(c->path, c->length))
		return 0;
	hex = malloc(c->length * 2 + 1);
	if (hex == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->length; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", (unsigned)(unsigned char)c->path[i]);
	json_text(j, "pathHex", hex);
	free(hex);
	return 0;
}

static const char *type_word(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "symlink";
	case S_IFCHR:
		return "character";
	case S_IFBLK:
		return "block";
	case S_IFIFO:
		return "fifo";
	default:
		return "socket";
	}
}

static int put_change(struct json_out *j, const struct crl_change *c)
{
	static const char *const words[] = { "added", "changed", "deleted" };
	char mode[8];
	int rc;

	json_object(j, NULL);
	json_text(j, "change", words[c->kind]);
	json_text(j, "path", c->path);
	rc = put_bytes(j, c);
	json_text(j, "type", type_word(c->mode));
	if (c->kind == CRL_CHANGED) {
		json_array(j, "what");
		for (size_t i = 0; i < ARRAY_LEN(whats); i++)
			if ((c->what & whats[i].bit) != 0)
				json_text(j, NULL, whats[i].word);
		json_end(j);
	}
	if (c->kind != CRL_DELETED) {
		(void)snprintf(mode, sizeof(mode), "%04o", c->mode & 07777u);
		json_text(j, "mode", mode);
		json_uint(j, "uid", c->uid);
		json_uint(j, "gid", c->gid);
		json_uint(j, "size", c->size);
		json_int(j, "mtime", c->seconds);
		json_uint(j, "mtimeNanoseconds", c->nanoseconds);
	}
	json_end(j);
	return rc;
}

static int print_json(void *data, const struct crl_change *c)
{
	bool *const any = data;
	AUTO_JSON j = { 0 };
	struct err ignored = { 0 };
	const char *text;
	size_t len;
	const int rc = put_change(&j, c);

	if (rc < 0 || json_finish(&j, &text, &len, &ignored) < 0)
		return -ENOMEM;
	(void)printf("%s\n%s", *any ? "," : "", text);
	*any = true;
	return ferror(stdout) != 0 ? -EIO : 0;
}

static int print(struct cmd *c, bool json)
{
	struct crl_error e;
	bool any = false;
	int rc;

	if (json)
		(void)fputs("[", stdout);
	rc = crl_diff(c->crl, c->args->words[0], json ? print_json : print_text, &any, &e);
	if (ferror(stdout) != 0)
		return 1; /* which main.c tells of, by fflush */
	if (rc < 0)
		return cmd_fail(c, &e);
	if (json)
		(void)puts(any ? "\n]" : "]");
	return 0;
}

/* --- the layer ------------------------------------------------------------------------------- */

/* The file; a new one goes away again if it cannot be finished. */
static int open_file(const char *path, bool *ret_new)
{
	const int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY;
	int fd = openat(AT_FDCWD, path, flags | O_CREAT | O_EXCL, 0666);

	*ret_new = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = openat(AT_FDCWD, path, flags | O_TRUNC);
	return fd < 0 ? -errno : fd;
}

static int write_file(struct cmd *c, const char *path)
{
	struct err failed = { 0 };
	struct crl_error e;
	bool is_new;
	AUTO_FD fd = open_file(path, &is_new);
	int rc;

	if (fd < 0) {
		(void)err_sys(&failed, -fd, POS_NONE, "cannot write \"%s\"", path);
		return cmd_fail_usage(c, &failed);
	}
	rc = crl_diff_tar(c->crl, c->args->words[0], fd, &e);
	if (rc == 0 && close(fd_take(&fd)) < 0) {
		rc = -errno;
		(void)err_sys(&failed, errno, POS_NONE, "cannot write \"%s\"", path);
	}
	if (rc == 0)
		return 0;
	if (is_new)
		(void)unlink(path); /* half a layer is none */
	return failed.code != 0 ? cmd_fail_usage(c, &failed) : cmd_fail(c, &e);
}

static int write_layer(struct cmd *c)
{
	struct err usage = { 0 };
	struct crl_error e;

	if (c->args->tar_value != NULL)
		return write_file(c, c->args->tar_value);
	if (isatty(STDOUT_FILENO) == 1) {
		(void)err_set(&usage, EINVAL, POS_NONE,
			"option --tar: standard output is a terminal: name a file, --tar=FILE");
		return cmd_fail_usage(c, &usage);
	}
	return crl_diff_tar(c->crl, c->args->words[0], STDOUT_FILENO, &e) < 0 ? cmd_fail(c, &e) : 0;
}

int cmd_diff(struct cmd *c)
{
	const char *const format = c->args->format_text;
	const bool json = format != NULL && strcmp(format, "json") == 0;
	struct err usage = { 0 };

	if (format != NULL && !json && strcmp(format, "text") != 0)
		(void)err_set(&usage, EINVAL, POS_NONE, "option --format: expected text or json");
	else if (format != NULL && c->args->tar)
		(void)err_set(
			&usage, EINVAL, POS_NONE, "options --format and --tar do not go together");
	if (usage.code != 0)
		return cmd_fail_usage(c, &usage);
	if (cmd_open(c) != 0)
		return 1;
	return c->args->tar ? write_layer(c) : print(c, json);
}
