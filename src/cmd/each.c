/* One container by its id, or all whose ids match a regular expression: kill and delete. */
#include "cmd/cmd.h"

#include "base/text.h"

#include <regex.h>
#include <string.h>

struct match {
	struct match *next;
	const char *id;
};

struct matches {
	struct arena *arena;
	regex_t regex;
	struct match *first, **last;
};

static int collect(void *data, const struct crl_entry *entry, const struct crl_error *why)
{
	struct matches *const m = data;
	struct match *one;

	(void)why;
	if (entry == NULL || regexec(&m->regex, entry->id, 0, NULL, 0) != 0)
		return 0;
	one = arena_alloc(m->arena, sizeof(*one));
	if (one == NULL)
		return -ENOMEM;
	one->id = arena_text(m->arena, entry->id, strlen(entry->id));
	if (one->id == NULL)
		return -ENOMEM;
	*m->last = one;
	m->last = &one->next;
	return 0;
}

static int compile(const char *word, regex_t *ret, struct err *e)
{
	char why[128], shown[TEXT_SHOWN];
	const int rc = regcomp(ret, word, REG_EXTENDED | REG_NOSUB);

	if (rc == 0)
		return 0;
	(void)regerror(rc, ret, why, sizeof(why));
	return err_set(e, EINVAL, POS_NONE, "option --regex: \"%s\": %s",
		text_escape(shown, sizeof(shown), word, strlen(word)), why);
}

/* Each of those that were there when it began; what fails for one does not keep the others. */
static int each_match(struct cmd *c, cmd_each_fn one, const void *data)
{
	struct matches m = { .arena = &c->arena };
	struct crl_error public;
	struct err e = { 0 };
	int status = 0;

	m.last = &m.first;
	if (compile(c->args->words[0], &m.regex, &e) < 0)
		return cmd_fail_usage(c, &e);
	if (crl_list(c->crl, false, collect, &m, &public) < 0)
		status = cmd_fail(c, &public);
	regfree(&m.regex);
	for (const struct match *i = m.first; status == 0 && i != NULL; i = i->next)
		(void)one(c, i->id, data);
	return status;
}

int cmd_each(struct cmd *c, cmd_each_fn one, const void *data)
{
	if (cmd_open(c) != 0)
		return 1;
	return c->args->regex ? each_match(c, one, data) : one(c, c->args->words[0], data);
}
