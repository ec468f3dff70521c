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
	SPECIAL,
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

/* Of a word "idmap=..." only what stands before "=" is compared.  Most words differ in their first
 * letter: an option is looked for in the whole table, a call for each row was a tenth of all that a
 * plan takes. */
static bool is_word(const struct row *row, const char *word)
{
	size_t len;

	if (row->word[0] != word[0])
		return false;
	len = strlen(row->word);
	if (row->action == SPECIAL && (row->value & MOUNT_IDMAP) != 0 &&
		strncmp(row->word, word, len) == 0 && word[len] == '=')
		return true;
	return strcmp(row->word, word) == 0;
}

static const struct row *find(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (is_word(&rows[i], word))
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
	case SPECIAL:
		o->special |= (unsigned)row->value;
		break;
	case SUPER:
	case NOTHING:
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
		l->super[l->super_count++] = word + row->value;
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

/* What is wrong with option number `at`. */
static int refuse(
	const struct spec_mount *m, size_t index, size_t at, const char *why, struct err *e)
{
	const struct spec_str *const word = &m->options.items[at];
	const char *const destination = m->destination.value;
	char where[TEXT_PATH_SHOWN], shown[TEXT_SHOWN];

	return err_set(e, EINVAL, word->at, "mounts[%zu] (%s): %s: \"%s\"", index,
		text_escape(where, sizeof(where), destination, strlen(destination)), why,
		text_escape(shown, sizeof(shown), word->value, strlen(word->value)));
}

/* Why the special option does not go with the others; NULL: it does. */
static const char *check_special(
	const struct spec_mount *m, const struct plan_mount_options *o, unsigned special)
{
	const unsigned nofollow = MOUNT_SOURCE_NOFOLLOW | MOUNT_TARGET_NOFOLLOW;

	if (o->remount)
		return "remount keeps what is mounted: this option is for a new mount";
	if (special == MOUNT_COPY_UP &&
		(o->bind || m->type.value == NULL || strcmp(m->type.value, "tmpfs") != 0))
		return "only a tmpfs can begin as a copy";
	if ((special & (MOUNT_COPY_LINK | MOUNT_SOURCE_NOFOLLOW)) != 0 && !o->bind)
		return "only a bind mount has a source that can be a link";
	if (special == MOUNT_COPY_LINK && (o->special & nofollow) != 0)
		return "a link is either copied or mounted: copy-symlink excludes src-nofollow "
		       "and dest-nofollow";
	return NULL;
}

static int check(
	const struct spec_mount *m, size_t index, const struct plan_mount_options *o, struct err *e)
{
	for (size_t i = 0; i < m->options.count; i++) {
		const struct row *const row = find(m->options.items[i].value);
		const char *why = NULL;

		if (row == NULL && o->bind)
			why = "bind mounts cannot have any filesystem-specific options applied";
		else if (row == NULL && o->remount)
			why = "remount changes the mount alone, not its file system";
		else if (row != NULL && row->action == SPECIAL)
			why = check_special(m, o, (unsigned)row->value);
		if (why == NULL)
			continue;
		(void)refuse(m, index, i, why, e);
		return row != NULL
			       ? -e->code
			       : err_hint(e, "the word is no option of a mount: look for a slip "
					     "of the pen");
	}
	return 0;
}

int plan_mount_options(struct plan *p, size_t index, struct plan_mount_options *ret, struct err *e)
{
	const struct spec_mount *const m = &p->config->mounts.items[index];
	struct plan_mount_options o = { 0 };
	struct lists l = { 0 };

	TRY(lists_make(p, &m->options, &l, e));
	for (size_t i = 0; i < m->options.count; i++) {
		const char *const word = m->options.items[i].value;
		const struct row *const row = find(word);

		if (row != NULL)
			apply(&o, row);
		if (row != NULL && row->action == SPECIAL && (row->value & MOUNT_IDMAP) != 0) {
			o.idmap_index = i;
			o.idmap = word[strlen(row->word)] == '=' ? word + strlen(row->word) + 1
								 : NULL;
		}
		o.has_mode = o.has_mode || strncmp(word, "mode=", 5) == 0;
		collect(&l, row, word);
	}
	o.bind = o.bind || (m->type.value != NULL && (strcmp(m->type.value, "bind") == 0 ||
							     strcmp(m->type.value, "rbind") == 0));
	o.recursive = o.recursive || (m->type.value != NULL && strcmp(m->type.value, "rbind") == 0);
	o.super = l.super;
	o.data = l.data;
	o.words = l.text;
	TRY(check(m, index, &o, e));
	*ret = o;
	return 0;
}
