/* Records of one size, each with a text behind: see wire.h. */
#include "diff/wire.h"

#include <stdlib.h>
#include <string.h>

enum {
	WIRE_END = WALK_DELETED + 1,
	WIRE_FAILED,
	PATH_LONGEST = WALK_DEPTH_MAX * (NAME_MAX + 1),
};

/* Without holes: all of it is written. */
struct head {
	uint64_t kind, what, mode, uid, gid, size, seconds, nanoseconds, len;
};

static int lost(struct err *e)
{
	return err_sys(e, EPIPE, POS_NONE, "cannot hand on what was found");
}

static int send_change(void *data, const struct walk_change *c, struct err *e)
{
	const struct stat *const st = &c->file->st;
	const struct head head = {
		.kind = c->kind,
		.what = c->what,
		.mode = st->st_mode,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.size = (uint64_t)st->st_size,
		.seconds = (uint64_t)st->st_mtim.tv_sec,
		.nanoseconds = (uint64_t)st->st_mtim.tv_nsec,
		.len = c->len,
	};

	return fwrite(&head, sizeof(head), 1, data) == 1 &&
			       fwrite(c->path, 1, c->len, data) == c->len
		       ? 0
		       : lost(e);
}

int wire_walk(const struct walk_trees *trees, FILE *out, struct err *e)
{
	const struct walk_sink sink = { .change = send_change, .data = out };

	return walk(trees, &sink, e);
}

int wire_end(FILE *out, int rc, const struct err *e)
{
	const struct head head = {
		.kind = rc < 0 ? WIRE_FAILED : WIRE_END,
		.what = rc < 0 ? (uint64_t)-rc : 0,
		.len = rc < 0 ? sizeof(e->text) + sizeof(e->hint) : 0,
	};
	bool done = fwrite(&head, sizeof(head), 1, out) == 1;

	if (rc < 0)
		done = done && fwrite(e->text, sizeof(e->text), 1, out) == 1 &&
		       fwrite(e->hint, sizeof(e->hint), 1, out) == 1;
	return done && fflush(out) == 0 ? 0 : -EPIPE;
}

static int died(struct err *e)
{
	return err_sys(e, EPIPE, POS_NONE, "the process that compares ended half-way");
}

static int failed(FILE *in, const struct head *head, struct err *e)
{
	struct err theirs = { .code = head->what > 0 && head->what < 4096 ? (int)head->what : EIO };

	if (head->len != sizeof(theirs.text) + sizeof(theirs.hint) ||
		fread(theirs.text, sizeof(theirs.text), 1, in) != 1 ||
		fread(theirs.hint, sizeof(theirs.hint), 1, in) != 1)
		return died(e);
	theirs.text[sizeof(theirs.text) - 1] = '\0';
	theirs.hint[sizeof(theirs.hint) - 1] = '\0';
	*e = theirs;
	return -theirs.code;
}

static int receive_one(FILE *in, const struct head *h, char *path, struct wire_change *ret)
{
	if (fread(path, 1, (size_t)h->len, in) != h->len)
		return -EPIPE;
	path[h->len] = '\0';
	*ret = (struct wire_change){
		.kind = (enum walk_kind)h->kind,
		.what = (unsigned)h->what,
		.path = path,
		.len = (size_t)h->len,
		.mode = (uint32_t)h->mode,
		.uid = (uint32_t)h->uid,
		.gid = (uint32_t)h->gid,
		.size = h->size,
		.seconds = (int64_t)h->seconds,
		.nanoseconds = (uint32_t)h->nanoseconds,
	};
	return 0;
}

struct path {
	char *text;
};

static void path_done(struct path *p)
{
	free(p->text);
}

int wire_receive(FILE *in, wire_each_fn each, void *data, struct err *e)
{
	__attribute__((cleanup(path_done))) struct path path = { malloc(PATH_LONGEST + 1) };
	struct wire_change c;
	struct head head;

	if (path.text == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	for (;;) {
		if (fread(&head, sizeof(head), 1, in) != 1)
			return died(e);
		if (head.kind == WIRE_END)
			return 0;
		if (head.kind == WIRE_FAILED)
			return failed(in, &head, e);
		if (head.kind > WIRE_FAILED || head.len > PATH_LONGEST ||
			receive_one(in, &head, path.text, &c) < 0)
			return died(e);
		TRY(each(data, &c, e));
	}
}
