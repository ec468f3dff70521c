/* Looking at the layers of an overlay: directories, or images by their magic numbers.
 * Opens nothing but regular files; mounts nothing. */
#include "host/layers.h"

#include "base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	START_SIZE = 2048,
	WORD_SIZE = 16
};

/* Documentation/filesystems/ of the kernel: where the superblock is, and its magic bytes as they
 * lie in the file. */
static const struct {
	const char *name, *magic;
	size_t offset, len;
} rows[] = {
	{ "squashfs", "hsqs", 0, 4 },
	{ "erofs", "\xe2\xe1\xf5\xe0", 1024, 4 },
	{ "ext4", "\x53\xef", 1024 + 56, 2 },
};

const char *host_image_type(const unsigned char *start, size_t size)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].offset + rows[i].len <= size &&
			memcmp(start + rows[i].offset, rows[i].magic, rows[i].len) == 0)
			return rows[i].name;
	return NULL;
}

/* Returns the word, or NULL with errno set. */
static const char *file_word(const char *path)
{
	AUTO_FD fd = openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	unsigned char start[START_SIZE];
	const char *type;
	ssize_t size;

	if (fd < 0)
		return NULL;
	size = pread(fd, start, sizeof(start), 0);
	if (size < 0)
		return NULL;
	type = host_image_type(start, (size_t)size);
	return type != NULL ? type : "unknown";
}

static const char *word_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return NULL;
	if (S_ISDIR(st.st_mode))
		return "dir";
	return S_ISREG(st.st_mode) ? file_word(path) : "special";
}

static int refuse(const struct host_layer *l, int code, struct err *e)
{
	char shown[TEXT_PATH_SHOWN];

	(void)err_sys(e, code, l->at, "%s: cannot use layer \"%s\"", l->where,
		text_escape(shown, sizeof(shown), l->path, strlen(l->path)));
	return err_hint(e, "a layer is a directory or an image file, there before the container; "
			   "relative names begin at the bundle, those of --overlay-lower here");
}

int host_probe_layers(
	const struct host_wish *wish, struct arena *arena, struct host_facts *h, struct err *e)
{
	char *const words = arena_array(arena, wish->layer_count, WORD_SIZE);
	size_t len = 0;

	if (words == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	for (size_t i = 0; i < wish->layer_count; i++) {
		const char *const word = word_of(wish->layers[i].path);

		if (word == NULL)
			return refuse(&wish->layers[i], errno, e);
		len += (size_t)snprintf(words + len, wish->layer_count * WORD_SIZE - len, "%s%s",
			i == 0 ? "" : " ", word);
	}
	h->layers = words;
	return 0;
}
