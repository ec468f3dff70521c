/* The words of mounts[].options, by the table of spec/mount_options.def.  Knows nothing of paths.
 */
#include "plan/mount_options.h"

#include "base/text.h"

#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

enum action {
	SET,
	CLEAR,
	RSET,
	RCLEAR,
	ATIME,
	RATIME,
	PROPAGATE,
	BIND,
	REMOUNT,
	SUPER,
	NOTHING,
	LATER,
};

static const struct row {
	const char *word;
	enum action action;
	uint64_t value;
} rows[] = {
#define OPTION(word, action, value, ...) { word, action, value },
#include "spec/mount_options.def"
#undef OPTION
};

static const char *const words[] = {
#define OPTION(word, action, value, ...) word,
#include "spec/mount_options.def"
#undef OPTION
	NULL,
};

const char *const *plan_mount_option_words(void)
{
	return words;
}

static const struct row *find(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].word, word) == 0)
			return &rows[i];
	return NULL;
}

/* The later of two words that contradict each other wins. */
static void change(uint64_t *on, uint64_t *off, uint64_t bits)
{
	*on |= bits;
	*off &= ~bits;
}

static void apply(struct plan_mount_options *o, const struct row *row)
{
	switch (row->action) {
	case SET:
		change(&o->set, &o->clear, row->value);
		break;
	case CLEAR:
		change(&o->clear, &o->set, row->value);
		break;
	case RSET:
		change(&o->rec_set, &o->rec_clear, row->value);
		break;
	case RCLEAR:
		change(&o->rec_clear, &o->rec_set, row->value);
		break;
	case ATIME: /* one field of several values: all of it is cleared, then set */
		o->clear |= MOUNT_ATTR__ATIME;
		o->set = (o->set & ~(uint64_t)MOUNT_ATTR__ATIME) | row->value;
		break;
	case RATIME:
		o->rec_clear |= MOUNT_ATTR__ATIME;
		o->rec_set = (o->rec_set & ~(uint64_t)MOUNT_ATTR__ATIME) | row->value;
		break;
	case PROPAGATE:
		o->propagation = row->value;
		break;
	case BIND:
		o->bind = true;
		o->recursive = o->recursive || row->value != 0;
		break;
	case REMOUNT:
		o->remount = true;
		break;
	case SUPER:
	case NOTHING:
	case LATER:
		break;
	}
}

static bool is_attribute(const struct row *row)
{
	return row->action <= RATIME || row->action == PROPAGATE;
}

/* Puts the word into the lists it belongs to. */
struct lists {
	const char **super, **data;
	size_t super_count, data_count;
	char *text;
	size_t text_len;
};

static void collect(struct lists *l, const struct row *row, const char *word)
{
	if (row == NULL) {
		l->data[l->data_count++] = word;
		return;
	}
	if (row->action == SUPER)
		l->super[l->super_count++] = word;
	if (is_attribute(row)) {
		if (l->text_len > 0)
			l->text[l->text_len++] = ' ';
		memcpy(l->text + l->text_len, word, strlen(word));
		l->text_len += strlen(word);
	}
}

static int lists_make(
	struct plan *p, const struct spec_strings *options, struct lists *ret, struct err *e)
{
	size_t text = 1;

	for (size_t i = 0; i < options->count; i++)
		text += strlen(options->items[i].value) + 1;
	ret->super = arena_array(p->arena, options->count + 1, sizeof(*ret->super));
	ret->data = arena_array(p->arena, options->count + 1, sizeof(*ret->data));
	ret->text = arena_alloc(p->arena, text);
	if (ret->super == NULL || ret->data == NULL || ret->text == NULL)
		return err_set(e, ENOMEM, options->at, "out of memory");
	return 0;
}

static int check(const struct spec_mount *m, size_t index, const struct plan_mount_options *o,
	struct src_pos data_at, struct err *e)
{
	char where[TEXT_SHOWN], word[TEXT_SHOWN];

	if (o->data[0] != NULL && (o->bind || o->remount)) {
		const char *const why =
			o->bind ? "bind mounts cannot have any filesystem-specific options applied"
				: "remount changes the mount alone, not its file system";

		(void)text_escape(
			where, sizeof(where), m->destination.value, strlen(m->destination.value));
		(void)err_set(e, EINVAL, data_at, "mounts[%zu] (%s): %s: \"%s\"", index, where, why,
			text_escape(word, sizeof(word), o->data[0], strlen(o->data[0])));
		return err_hint(e, "the word is no option of a mount: look for a slip of the pen");
	}
	return 0;
}

int plan_mount_options(struct plan *p, size_t index, struct plan_mount_options *ret, struct err *e)
{
	const struct spec_mount *const m = &p->config->mounts.items[index];
	struct plan_mount_options o = { 0 };
	struct src_pos data_at = m->at;
	struct lists l = { 0 };

	TRY(lists_make(p, &m->options, &l, e));
	for (size_t i = 0; i < m->options.count; i++) {
		const char *const word = m->options.items[i].value;
		const struct row *const row = find(word);
		char shown[TEXT_SHOWN];

		if ((row != NULL && row->action == LATER) || strncmp(word, "idmap=", 6) == 0)
			return err_set(e, ENOTSUP, m->options.items[i].at,
				"mounts[%zu].options[%zu]: \"%s\" is not carried out by this version "
				"of crun-lite",
				index, i, text_escape(shown, sizeof(shown), word, strlen(word)));
		if (row != NULL)
			apply(&o, row);
		else
			data_at = m->options.items[i].at;
		o.has_mode = o.has_mode || strncmp(word, "mode=", 5) == 0;
		collect(&l, row, word);
	}
	o.bind = o.bind || (m->type.value != NULL && (strcmp(m->type.value, "bind") == 0 ||
							     strcmp(m->type.value, "rbind") == 0));
	o.recursive = o.recursive || (m->type.value != NULL && strcmp(m->type.value, "rbind") == 0);
	o.super = l.super;
	o.data = l.data;
	o.words = l.text;
	TRY(check(m, index, &o, data_at, e));
	*ret = o;
	return 0;
}
