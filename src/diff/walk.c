/* The comparison of walk.h: two sorted directories at a time, side by side.  A stack of its own
 * takes the place of recursion; descriptors of outer directories are closed and opened again. */
#include "diff/walk.h"

#include "base/text.h"
#include "diff/names.h"

#include <stdlib.h>
#include <string.h>

enum {
	BELOW,
	ABOVE,
	SIDES
};

/* A directory on the way, in one of the trees. */
struct side {
	bool exists;
	int fd; /* open for reading; FD_NONE: closed for now */
	dev_t dev;
	ino_t ino;
	struct names names;
	size_t next; /* of its names */
};

struct level {
	struct side sides[SIDES];
	size_t len; /* of its path */
	bool cleared;
};

struct walk {
	const struct walk_trees *trees;
	const struct walk_sink *sink;
	struct file_side *room; /* two */
	struct level *levels;
	size_t depth, capacity;
	char *path; /* of the innermost directory and, behind, what is looked at */
	size_t path_size;
};

static int out_of_memory(struct err *e)
{
	return err_set(e, ENOMEM, POS_NONE, "out of memory");
}

static int failed(const struct walk *w, int rc, const char *what, struct err *e)
{
	char shown[TEXT_PATH_SHOWN];

	if (rc == -ENOMEM)
		return out_of_memory(e);
	(void)text_escape(shown, sizeof(shown), w->path, strlen(w->path));
	if (rc == -EXDEV)
		return err_set(e, EXDEV, POS_NONE,
			"cannot %s \"/%s\": another file system is mounted there", what, shown);
	return err_sys(e, -rc, POS_NONE, "cannot %s \"/%s\"", what, shown);
}

static int set_path(struct walk *w, size_t len, const char *name, struct err *e)
{
	const size_t name_len = strlen(name), need = len + name_len + 2;

	if (need > w->path_size) {
		char *const path = realloc(w->path, need * 2);

		if (path == NULL)
			return out_of_memory(e);
		w->path = path;
		w->path_size = need * 2;
	}
	if (len > 0 && name_len > 0)
		w->path[len++] = '/';
	memcpy(w->path + len, name, name_len + 1);
	return 0;
}

/* --- directories on the way ------------------------------------------------------------------ */

static void side_done(struct side *s)
{
	fd_close(&s->fd);
	names_done(&s->names);
}

static int side_open(const struct walk *w, const struct file *dir, struct side *ret)
{
	AUTO_FD fd = file_open(w->trees->proc, dir);

	if (fd < 0)
		return fd;
	TRY(names_read(fd, &ret->names));
	ret->dev = dir->st.st_dev;
	ret->ino = dir->st.st_ino;
	ret->exists = true;
	ret->fd = fd_take(&fd);
	return 0;
}

/* Was there more than one thing, and is nothing of it left? */
static bool is_cleared(const struct names *below, const struct names *above)
{
	size_t j = 0;

	for (size_t i = 0; i < below->count; i++) {
		int order = -1;

		while (j < above->count && (order = strcmp(above->list[j], below->list[i])) < 0)
			j++;
		if (j < above->count && order == 0)
			return false;
	}
	return below->count > 1;
}

static int grow(struct walk *w)
{
	const size_t capacity = w->capacity == 0 ? 16 : w->capacity * 2;
	struct level *levels;

	if (w->depth < w->capacity)
		return 0;
	levels = realloc(w->levels, capacity * sizeof(*levels));
	if (levels == NULL)
		return -ENOMEM;
	w->levels = levels;
	w->capacity = capacity;
	return 0;
}

static void close_outer(struct walk *w)
{
	if (w->depth > WALK_WINDOW + 1) /* that of the root stays */
		for (size_t s = 0; s < SIDES; s++)
			fd_close(&w->levels[w->depth - 1 - WALK_WINDOW].sides[s].fd);
}

/* Goes into a directory, whose path is the one that is set.
 * below  FILE_NONE: it is new */
static int enter(struct walk *w, const struct file *below, const struct file *above, struct err *e)
{
	struct level *l;
	int rc = w->depth < WALK_DEPTH_MAX ? grow(w) : -ENAMETOOLONG;

	if (rc < 0)
		return failed(w, rc, "read", e);
	l = &w->levels[w->depth++];
	*l = (struct level){ .sides = { { .fd = FD_NONE }, { .fd = FD_NONE } },
		.len = strlen(w->path) };
	rc = below->fd == FD_NONE ? 0 : side_open(w, below, &l->sides[BELOW]);
	if (rc == 0)
		rc = side_open(w, above, &l->sides[ABOVE]);
	if (rc < 0)
		return failed(w, rc, "read", e);
	close_outer(w);
	l->cleared = w->sink->cleared != NULL &&
		     is_cleared(&l->sides[BELOW].names, &l->sides[ABOVE].names);
	return l->cleared ? w->sink->cleared(w->sink->data, w->path, e) : 0;
}

static bool has_more(const struct side *s)
{
	return s->next < s->names.count;
}

/* One step down on the way back to where we were; it must be the same directory. */
static int go_back(const struct walk *w, size_t k, size_t s, int dir, int *ret)
{
	const struct level *const from = &w->levels[k - 1], *const to = &w->levels[k];
	const size_t begin = from->len + (from->len > 0);
	AUTO_FILE f = FILE_NONE;
	char name[NAME_MAX + 1];
	int fd;

	must(to->len - begin < sizeof(name));
	memcpy(name, w->path + begin, to->len - begin);
	name[to->len - begin] = '\0';
	TRY(file_look(dir, name, &f));
	if (f.fd == FD_NONE || f.st.st_dev != to->sides[s].dev || f.st.st_ino != to->sides[s].ino)
		return -ESTALE;
	fd = file_open(w->trees->proc, &f);
	if (fd < 0)
		return fd;
	*ret = fd;
	return 0;
}

/* Opens the innermost directory and those around it again, from the root on. */
static int reopen(struct walk *w, size_t innermost, size_t s)
{
	AUTO_FD dir = FD_NONE;

	for (size_t k = 1; k <= innermost; k++) {
		struct side *const own = &w->levels[k].sides[s];
		int next = FD_NONE;

		TRY(go_back(w, k, s, dir != FD_NONE ? dir : w->levels[k - 1].sides[s].fd, &next));
		fd_close(&dir);
		if (k + WALK_WINDOW > innermost)
			own->fd = next;
		else
			dir = next;
	}
	return 0;
}

/* The directory is done.  It is closed last: as long as it is open the kernel keeps those above it,
 * and their numbers. */
static int leave(struct walk *w, struct err *e)
{
	struct level *const done = &w->levels[w->depth - 1];
	int rc = 0;

	for (size_t s = 0; s < SIDES && w->depth > 1 && rc == 0; s++) {
		const struct side *const outer = &done[-1].sides[s];

		if (outer->fd == FD_NONE && has_more(outer))
			rc = reopen(w, w->depth - 2, s);
	}
	for (size_t s = 0; s < SIDES; s++)
		side_done(&done->sides[s]);
	w->depth--;
	if (rc == 0)
		return 0;
	w->path[done->len] = '\0';
	(void)failed(w, rc, "come back from", e);
	return err_hint(e, "the container is at work: pause it, or try again");
}

/* --- names ----------------------------------------------------------------------------------- */

static int tell(
	struct walk *w, enum walk_kind kind, int what, const struct file *file, struct err *e)
{
	const struct walk_change c = {
		.kind = kind,
		.what = (unsigned)what,
		.path = w->path,
		.len = strlen(w->path),
		.file = file,
		.covered = kind == WALK_DELETED && w->levels[w->depth - 1].cleared,
	};

	return w->sink->change(w->sink->data, &c, e);
}

static int visit_both(
	struct walk *w, const struct file *below, const struct file *above, struct err *e)
{
	const bool untouched = file_is_untouched(below, above);
	const bool is_dir = S_ISDIR(above->st.st_mode);
	const struct file none = FILE_NONE;
	int what;

	if (untouched && (!is_dir || w->trees->skip))
		return 0;
	what = untouched ? 0 : file_compare(w->trees->proc, below, above, w->room);
	if (what < 0)
		return failed(w, what, "compare", e);
	if (what > 0)
		TRY(tell(w, WALK_CHANGED, what, above, e));
	return is_dir ? enter(w, (what & FILE_TYPE) != 0 ? &none : below, above, e) : 0;
}

static int visit(struct walk *w, const struct file *below, const struct file *above, struct err *e)
{
	if (below->fd != FD_NONE && above->fd != FD_NONE)
		return visit_both(w, below, above, e);
	if (below->fd != FD_NONE)
		return tell(w, WALK_DELETED, 0, below, e);
	if (above->fd == FD_NONE)
		return 0; /* gone since the names were read */
	TRY(tell(w, WALK_ADDED, 0, above, e));
	return S_ISDIR(above->st.st_mode) ? enter(w, below, above, e) : 0;
}

static int pass_over(struct level *l, const char *name)
{
	for (size_t s = 0; s < SIDES; s++) {
		struct side *const d = &l->sides[s];

		if (has_more(d) && strcmp(d->names.list[d->next], name) == 0)
			d->next++;
	}
	return 0;
}

/* The next name of either directory. */
static int step(struct walk *w, struct err *e)
{
	struct level *const l = &w->levels[w->depth - 1];
	AUTO_FILE below = FILE_NONE;
	AUTO_FILE above = FILE_NONE;
	struct file *const files[SIDES] = { &below, &above };
	const char *name = NULL;

	for (size_t s = 0; s < SIDES; s++) {
		const struct side *const d = &l->sides[s];

		if (has_more(d) && (name == NULL || strcmp(d->names.list[d->next], name) < 0))
			name = d->names.list[d->next];
	}
	if (name == NULL)
		return leave(w, e);
	TRY(set_path(w, l->len, name, e));
	if (w->trees->marks && strncmp(name, ".wh.", 4) == 0)
		return pass_over(l, name);
	for (size_t s = 0; s < SIDES; s++) {
		struct side *const d = &l->sides[s];
		int rc;

		if (!has_more(d) || strcmp(d->names.list[d->next], name) != 0)
			continue;
		d->next++;
		rc = file_look(d->fd, name, files[s]);
		if (rc < 0)
			return failed(w, rc, "look at", e);
	}
	return visit(w, &below, &above, e);
}

/* --- all ------------------------------------------------------------------------------------- */

static int look_at_root(const struct walk *w, int fd, struct file *ret, struct err *e)
{
	const int rc = file_look(fd, ".", ret);

	return rc < 0 ? failed(w, rc, "look at", e) : 0;
}

/* The root's own times say nothing: the layer of writes begins with a new one. */
static int begin(struct walk *w, struct err *e)
{
	AUTO_FILE below = FILE_NONE;
	AUTO_FILE above = FILE_NONE;
	int what;

	TRY(set_path(w, 0, "", e));
	TRY(look_at_root(w, w->trees->below, &below, e));
	TRY(look_at_root(w, w->trees->above, &above, e));
	what = file_compare(w->trees->proc, &below, &above, w->room);
	if (what < 0)
		return failed(w, what, "compare", e);
	what &= ~FILE_TIME;
	if (what > 0)
		TRY(tell(w, WALK_CHANGED, what, &above, e));
	return enter(w, &below, &above, e);
}

static void walk_done(struct walk *w)
{
	while (w->depth > 0)
		for (size_t s = (w->depth--, 0); s < SIDES; s++)
			side_done(&w->levels[w->depth].sides[s]);
	free(w->levels);
	free(w->path);
	free(w->room);
}

int walk(const struct walk_trees *trees, const struct walk_sink *sink, struct err *e)
{
	__attribute__((cleanup(walk_done))) struct walk w = { .trees = trees, .sink = sink };

	w.room = calloc(SIDES, sizeof(*w.room));
	if (w.room == NULL)
		return out_of_memory(e);
	TRY(begin(&w, e));
	while (w.depth > 0)
		TRY(step(&w, e));
	return 0;
}
