/* What is asked for as an overlay: annotations, and the options above them.  Appends nothing. */
#include "plan/overlay.h"

#include "base/text.h"

#include <string.h>

#define KEY       "org.crun-lite.overlay"
#define KEY_LOWER KEY ".lower"
#define KEY_SIZE  KEY ".size"
#define KEY_IDMAP KEY ".idmap"
#define KEY_FUSE  KEY ".fuse"

/* The option where it was given, else the annotation. */
static struct plan_overlay_text text_of(
	const struct spec_config *c, const char *given, const char *option, const char *key)
{
	const struct spec_pair *const pair = spec_annotation(c, key);

	if (given != NULL)
		return (struct plan_overlay_text){ given, option, c->root->path.at };
	if (pair != NULL)
		return (struct plan_overlay_text){ pair->value.value, NULL, pair->value.at };
	return (struct plan_overlay_text){ 0 };
}

static int refuse(const struct plan_overlay_text *t, const char *why, struct err *e)
{
	char shown[TEXT_SHOWN];

	return err_set(e, EINVAL, t->at, "%s: %s: \"%s\"", t->where, why,
		text_escape(shown, sizeof(shown), t->value, strlen(t->value)));
}

/* What tmpfs(5) takes, above 0. */
static bool is_size(const char *text)
{
	const size_t digits = strspn(text, "0123456789");

	return digits > 0 && digits < 20 && strspn(text, "0") < digits &&
	       (text[digits] == '\0' ||
		       (strchr("kKmMgGtT%", text[digits]) != NULL && text[digits + 1] == '\0'));
}

/* Copies a name of the list up to its colon; after a backslash any character is itself.
 * Returns how many bytes of the text it took. */
static size_t read_name(const char *text, char *ret, size_t *ret_len)
{
	size_t i = 0, len = 0;

	while (text[i] != '\0' && text[i] != ':') {
		i += text[i] == '\\' && text[i + 1] != '\0';
		ret[len++] = text[i++];
	}
	ret[len] = '\0';
	*ret_len = len;
	return i;
}

static const char *below(struct arena *arena, const char *bundle, const char *path)
{
	return path[0] == '/' ? path : arena_printf(arena, "%s/%s", bundle, path);
}

static size_t count_colons(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += *text == ':';
	return n;
}

static int layers_of_text(const struct plan_overlay_text *t, const char *bundle,
	struct arena *arena, struct plan_overlay_wish *w, struct err *e)
{
	const size_t size = strlen(t->value);
	char *const names = arena_alloc(arena, size + 1); /* each where it is in the text */
	struct host_layer *const layers =
		arena_array(arena, count_colons(t->value) + 1, sizeof(*layers));
	size_t len, n = 0;

	if (layers == NULL || names == NULL)
		return err_set(e, ENOMEM, t->at, "out of memory");
	for (size_t i = 0; i < size; n++) {
		char *const name = names + i;

		i += read_name(t->value + i, name, &len);
		if (len == 0 || (t->value[i] == ':' && t->value[i + 1] == '\0'))
			return err_set(e, EINVAL, t->at, "%s: an empty layer name", t->where);
		i += t->value[i] == ':';
		layers[n] = (struct host_layer){ below(arena, bundle, name), t->where, t->at };
		if (layers[n].path == NULL)
			return err_set(e, ENOMEM, t->at, "out of memory");
	}
	w->layers = layers;
	w->count = n;
	return 0;
}

static int read_layers(const struct spec_config *c, const struct plan_options *o,
	struct arena *arena, struct plan_overlay_wish *w, struct err *e)
{
	struct plan_overlay_text t = text_of(c, NULL, NULL, KEY_LOWER);
	struct host_layer *layers;

	t.where = "annotations[\"" KEY_LOWER "\"]";
	if (o->overlay_lower_count == 0)
		return t.value == NULL ? 0 : layers_of_text(&t, o->bundle, arena, w, e);
	layers = arena_array(arena, o->overlay_lower_count, sizeof(*layers));
	if (layers == NULL)
		return err_set(e, ENOMEM, t.at, "out of memory");
	for (size_t i = 0; i < o->overlay_lower_count; i++)
		layers[i] = (struct host_layer){ o->overlay_lower[i], "--overlay-lower",
			c->root->path.at };
	w->layers = layers;
	w->count = o->overlay_lower_count;
	return 0;
}

static int read_dir(const struct spec_config *c, const struct plan_options *o, struct arena *arena,
	struct plan_overlay_wish *w, struct err *e)
{
	w->dir = text_of(c, o->overlay_dir, "--overlay", KEY);
	if (w->dir.where == NULL)
		w->dir.where = "annotations[\"" KEY "\"]";
	if (w->dir.value == NULL || (o->overlay && o->overlay_dir == NULL) ||
		w->dir.value[0] == '\0' || strcmp(w->dir.value, "tmpfs") == 0)
		w->dir.value = NULL;
	else
		w->dir.value = below(arena, o->bundle, w->dir.value);
	return w->size.value == NULL || w->dir.value == NULL
		       ? 0
		       : refuse(&w->size, "only for writes to memory, not to a directory", e);
}

static bool is_true(const struct plan_overlay_text *t)
{
	return t->value != NULL && strcmp(t->value, "true") == 0;
}

static int check_switch(const struct plan_overlay_text *t, struct err *e)
{
	if (t->value == NULL || is_true(t) || strcmp(t->value, "false") == 0)
		return 0;
	return refuse(t, "expected true or false", e);
}

static int read_words(const struct spec_config *c, const struct plan_options *o,
	struct plan_overlay_wish *w, struct err *e)
{
	w->size = text_of(c, o->overlay_size, "--overlay-size", KEY_SIZE);
	if (w->size.where == NULL)
		w->size.where = "annotations[\"" KEY_SIZE "\"]";
	if (w->size.value != NULL && !is_size(w->size.value))
		return refuse(&w->size, "expected a size such as 64m or 10%", e);
	w->idmap = text_of(c, o->overlay_idmap ? "true" : NULL, "--overlay-idmap", KEY_IDMAP);
	if (w->idmap.where == NULL)
		w->idmap.where = "annotations[\"" KEY_IDMAP "\"]";
	w->fuse = text_of(c, o->overlay_fuse ? "true" : NULL, "--overlay-fuse", KEY_FUSE);
	if (w->fuse.where == NULL)
		w->fuse.where = "annotations[\"" KEY_FUSE "\"]";
	TRY(check_switch(&w->idmap, e));
	TRY(check_switch(&w->fuse, e));
	if (!is_true(&w->idmap))
		w->idmap.value = NULL;
	return 0;
}

static void want(struct plan_overlay_wish *w, bool is_given, const char *where, struct src_pos at)
{
	if (!is_given || w->wanted)
		return;
	w->wanted = true;
	w->where = where;
	w->at = at;
}

int plan_overlay_wish(const struct spec_config *c, const struct plan_options *o,
	struct arena *arena, struct plan_overlay_wish *ret, struct err *e)
{
	const struct spec_pair *const own = spec_annotation(c, KEY);
	const struct spec_pair *const lower = spec_annotation(c, KEY_LOWER);
	struct plan_overlay_wish w = { 0 };

	TRY(read_words(c, o, &w, e));
	TRY(read_dir(c, o, arena, &w, e));
	TRY(read_layers(c, o, arena, &w, e));
	want(&w, o->overlay, "--overlay", c->root->path.at);
	if (own != NULL)
		want(&w, true, "annotations[\"" KEY "\"]", own->value.at);
	if (o->overlay_lower_count > 0)
		want(&w, true, "--overlay-lower", c->root->path.at);
	if (lower != NULL)
		want(&w, true, "annotations[\"" KEY_LOWER "\"]", lower->value.at);
	want(&w, w.size.value != NULL, w.size.where, w.size.at);
	want(&w, w.idmap.value != NULL, w.idmap.where, w.idmap.at);
	want(&w, is_true(&w.fuse), w.fuse.where, w.fuse.at);
	*ret = w;
	return 0;
}
