/* The sink that writes a layer: see layer.h.  A file whose contents change while they are read gets
 * the size that it had at first, cut or filled with zeros. */
#include "diff/layer.h"

#include "base/arena.h"
#include "base/text.h"
#include "diff/tar.h"

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

/* A file with more than one name, and the first of them that was written. */
struct linked {
	struct linked *next; /* of those that are alike */
	struct stat st;
	bool copied;
	const char *path;
};

struct layer {
	const struct walk_trees *trees;
	struct arena arena;
	struct tar_out tar;
	struct file_side room;
	void *linked; /* tree of tsearch(3), of struct linked in the arena */
};

static int failed(int rc, const char *path, struct err *e)
{
	char shown[TEXT_PATH_SHOWN];

	if (rc == -ENOMEM)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	(void)text_escape(shown, sizeof(shown), path, strlen(path));
	if (rc == -EILSEQ)
		return err_set(e, EILSEQ, POS_NONE,
			"cannot write \"/%s\" into the layer: a name that begins with \".wh.\" "
			"would mean a deletion there",
			shown);
	return err_sys(e, -rc, POS_NONE, "cannot write \"/%s\" into the layer", shown);
}

/* --- hard links ------------------------------------------------------------------------------ */

static int order(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_likeness(const void *a, const void *b)
{
	const struct stat *const x = &((const struct linked *)a)->st;
	const struct stat *const y = &((const struct linked *)b)->st;
	const int orders[] = {
		order((uint64_t)x->st_ctim.tv_sec, (uint64_t)y->st_ctim.tv_sec),
		order((uint64_t)x->st_ctim.tv_nsec, (uint64_t)y->st_ctim.tv_nsec),
		order((uint64_t)x->st_mtim.tv_sec, (uint64_t)y->st_mtim.tv_sec),
		order((uint64_t)x->st_mtim.tv_nsec, (uint64_t)y->st_mtim.tv_nsec),
		order((uint64_t)x->st_size, (uint64_t)y->st_size),
		order(x->st_nlink, y->st_nlink),
		order(x->st_mode, y->st_mode),
		order(x->st_uid, y->st_uid),
		order(x->st_gid, y->st_gid),
	};

	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		if (orders[i] != 0)
			return orders[i];
	return 0;
}

/* An overlay gives the name that a copied file had from the beginning another number than its new
 * names, for as long as it keeps the old one in memory.  The time of the last change of the inode,
 * which they share, is as good as a number then. */
static bool is_same(const struct linked *a, const struct linked *b)
{
	return (a->st.st_dev == b->st.st_dev && a->st.st_ino == b->st.st_ino) ||
	       a->copied != b->copied;
}

/* The name that this file was written under already; "" it was not. */
static int find_linked(struct layer *y, const struct walk_change *c, const char **ret)
{
	const struct stat *const st = &c->file->st;
	struct linked *mine, **found;

	*ret = "";
	if (S_ISDIR(st->st_mode) || st->st_nlink < 2)
		return 0;
	mine = arena_alloc(&y->arena, sizeof(*mine));
	if (mine == NULL)
		return -ENOMEM;
	*mine = (struct linked){ .st = *st, .copied = c->kind == WALK_CHANGED };
	mine->path = arena_text(&y->arena, c->path, c->len);
	if (mine->path == NULL)
		return -ENOMEM;
	found = tsearch(mine, &y->linked, by_likeness);
	if (found == NULL)
		return -ENOMEM;
	if (*found == mine)
		return 0;
	for (const struct linked *l = *found; l != NULL; l = l->next)
		if (is_same(l, mine)) {
			*ret = l->path;
			return 0;
		}
	mine->next = (*found)->next;
	(*found)->next = mine;
	return 0;
}

/* --- entries --------------------------------------------------------------------------------- */

static int add_xattrs(struct layer *y, const struct file *f)
{
	char key[sizeof("SCHILY.xattr.") + NAME_MAX];

	TRY(file_xattrs(f, &y->room));
	for (size_t i = 0; i < y->room.count; i++) {
		const ssize_t size = file_xattr(f, y->room.list[i], &y->room);
		size_t len = strlen(y->room.list[i]);

		if (size == -ENODATA)
			continue;
		if (size < 0)
			return (int)size;
		must(len <= NAME_MAX);
		memcpy(key, "SCHILY.xattr.", sizeof("SCHILY.xattr.") - 1);
		memcpy(key + sizeof("SCHILY.xattr.") - 1, y->room.list[i], len + 1);
		TRY(tar_record(&y->tar, key, y->room.value, (size_t)size));
	}
	return 0;
}

static int add_contents(struct layer *y, int fd)
{
	for (;;) {
		const ssize_t n = read(fd, y->room.data, sizeof(y->room.data));
		int rc;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		rc = tar_data(&y->tar, y->room.data, (size_t)n);
		if (rc != 0)
			return rc < 0 ? rc : 0;
	}
}

static bool type_of(mode_t mode, enum tar_type *ret)
{
	static const struct {
		mode_t mode;
		enum tar_type type;
	} rows[] = {
		{ S_IFREG, TAR_FILE },
		{ S_IFLNK, TAR_LINK },
		{ S_IFCHR, TAR_CHARACTER },
		{ S_IFBLK, TAR_BLOCK },
		{ S_IFDIR, TAR_DIRECTORY },
		{ S_IFIFO, TAR_FIFO },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].mode == (mode & S_IFMT)) {
			*ret = rows[i].type;
			return true;
		}
	return false; /* a socket: nothing without the process that listens */
}

static int fill_entry(struct layer *y, const struct walk_change *c, struct tar_entry *entry)
{
	const struct stat *const st = &c->file->st;
	const char *linked;

	entry->mode = st->st_mode & 07777;
	entry->uid = st->st_uid;
	entry->gid = st->st_gid;
	entry->mtime = st->st_mtim;
	TRY(find_linked(y, c, &linked));
	if (linked[0] != '\0') {
		entry->type = TAR_HARD_LINK;
		entry->link = linked;
		return 0;
	}
	if (entry->type == TAR_FILE)
		entry->size = (uint64_t)st->st_size;
	if (entry->type == TAR_CHARACTER || entry->type == TAR_BLOCK) {
		entry->major = major(st->st_rdev);
		entry->minor = minor(st->st_rdev);
	}
	TRY(add_xattrs(y, c->file));
	if (entry->type == TAR_LINK) {
		TRY(file_link(c->file, &y->room));
		entry->link = y->room.data;
	}
	return 0;
}

static int add_file(struct layer *y, const struct walk_change *c)
{
	const char *const slash = strrchr(c->path, '/');
	struct tar_entry entry = { 0 };
	AUTO_ARENA arena = { 0 };
	AUTO_FD fd = FD_NONE;

	if (!type_of(c->file->st.st_mode, &entry.type))
		return 0;
	if (strncmp(slash == NULL ? c->path : slash + 1, ".wh.", 4) == 0)
		return -EILSEQ; /* it would take away another one */
	entry.path = c->path;
	if (entry.type == TAR_DIRECTORY)
		entry.path = arena_printf(&arena, "%s/", c->len > 0 ? c->path : ".");
	if (entry.path == NULL)
		return -ENOMEM;
	TRY(fill_entry(y, c, &entry));
	if (entry.type == TAR_FILE) /* before the header: it may not be allowed */
		fd = file_open(y->trees->proc, c->file);
	if (entry.type == TAR_FILE && fd < 0)
		return fd;
	TRY(tar_header(&y->tar, &entry));
	if (entry.type == TAR_FILE)
		TRY(add_contents(y, fd));
	return tar_finish(&y->tar);
}

/* An empty file that takes one of the lower layers away: ".wh." and its name. */
static int add_whiteout(struct layer *y, const char *path)
{
	AUTO_ARENA arena = { 0 };
	const char *const slash = strrchr(path, '/');
	const size_t dir = slash == NULL ? 0 : (size_t)(slash + 1 - path);
	const struct tar_entry entry = { .type = TAR_FILE,
		.path = arena_printf(&arena, "%.*s.wh.%s", (int)dir, path, path + dir) };

	if (entry.path == NULL)
		return -ENOMEM;
	TRY(tar_header(&y->tar, &entry));
	return tar_finish(&y->tar);
}

static int change(void *data, const struct walk_change *c, struct err *e)
{
	struct layer *const y = data;
	int rc = 0;

	if (c->kind != WALK_DELETED)
		rc = add_file(y, c);
	else if (!c->covered)
		rc = add_whiteout(y, c->path);
	return rc < 0 ? failed(rc, c->path, e) : 0;
}

/* ".wh..wh..opq" */
static int cleared(void *data, const char *path, struct err *e)
{
	struct layer *const y = data;
	AUTO_ARENA arena = { 0 };
	const char *const mark =
		arena_printf(&arena, "%s%s.wh..opq", path, path[0] != '\0' ? "/" : "");
	const int rc = mark != NULL ? add_whiteout(y, mark) : -ENOMEM;

	return rc < 0 ? failed(rc, path, e) : 0;
}

static void keep(void *node)
{
	(void)node; /* the arena's */
}

static void layer_free(struct layer **p)
{
	struct layer *const y = *p;

	if (y == NULL)
		return;
	tdestroy(y->linked, keep);
	tar_done(&y->tar);
	arena_done(&y->arena);
	free(y);
}

int layer_write(const struct walk_trees *trees, int fd, struct err *e)
{
	__attribute__((cleanup(layer_free))) struct layer *y = calloc(1, sizeof(*y));
	const struct walk_sink sink = { .change = change, .cleared = cleared, .data = y };
	int rc;

	if (y == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	y->trees = trees;
	y->tar.fd = fd;
	TRY(walk(trees, &sink, e));
	rc = tar_end(&y->tar);
	return rc < 0 ? err_sys(e, -rc, POS_NONE, "cannot write the layer") : 0;
}
