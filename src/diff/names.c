/* Reading a directory as a whole, however large: its order is the file system's, ours is fixed. */
#include "diff/names.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	char *text;
	size_t len, size, count;
};

void names_done(struct names *n)
{
	free(n->text);
	free(n->list);
	*n = (struct names){ 0 };
}

static int add(struct reading *r, const char *name)
{
	const size_t len = strlen(name) + 1;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (r->len + len > r->size) {
		const size_t size = r->size == 0 ? 1024 : r->size * 2; /* a name has 256 bytes */
		char *const text = realloc(r->text, size);

		if (text == NULL)
			return -ENOMEM;
		r->text = text;
		r->size = size;
	}
	memcpy(r->text + r->len, name, len);
	r->len += len;
	r->count++;
	return 0;
}

static int read_all(int fd, struct reading *r)
{
	_Alignas(struct dirent64) char entries[8192];

	for (;;) {
		const ssize_t size = getdents64(fd, entries, sizeof(entries));

		if (size <= 0)
			return size < 0 ? -errno : 0;
		for (ssize_t at = 0; at < size;) {
			const struct dirent64 *const d = (const void *)(entries + at);

			at += d->d_reclen;
			TRY(add(r, d->d_name));
		}
	}
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int names_read(int fd, struct names *ret)
{
	struct reading r = { 0 };
	struct names n = { 0 };
	int rc = read_all(fd, &r);

	n.text = r.text;
	if (rc == 0) {
		n.list = calloc(r.count + 1, sizeof(*n.list));
		rc = n.list == NULL ? -ENOMEM : 0;
	}
	if (rc < 0) {
		names_done(&n);
		return rc;
	}
	for (char *at = r.text; n.count < r.count; at += strlen(at) + 1)
		n.list[n.count++] = at;
	qsort(n.list, n.count, sizeof(*n.list), by_bytes);
	*ret = n;
	return 0;
}
