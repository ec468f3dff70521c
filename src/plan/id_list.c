/* Reading lists like "0-3,7".  Knows nothing of what the numbers stand for. */
#include "plan/id_list.h"

#include "base/text.h"

#include <string.h>

enum {
	WORD_BITS = 8 * sizeof(unsigned long),
	NONE = -1
};

/* first-last:used/size */
struct element {
	int first, last, used, size;
};

static void skip_blanks(const char **text)
{
	*text += strspn(*text, " \t\n");
}

/* A number and the blanks around it; *text is moved behind them.  At most ID_LIST_MAX, however
 * large; NONE when there is no digit. */
static int read_number(const char **text)
{
	int n = NONE;

	skip_blanks(text);
	for (; **text >= '0' && **text <= '9'; (*text)++)
		if (n < ID_LIST_MAX)
			n = (n == NONE ? 0 : n * 10) + (**text - '0');
	skip_blanks(text);
	return n < ID_LIST_MAX ? n : ID_LIST_MAX;
}

/* Is the character there?  Moves behind it. */
static bool take(const char **text, char c)
{
	const bool is = **text == c;

	*text += is;
	return is;
}

static bool read_element(const char **text, struct element *ret)
{
	struct element n = { .used = 1, .size = 1 };

	n.first = n.last = read_number(text);
	if (n.first != NONE && take(text, '-')) {
		n.last = read_number(text);
		if (n.last != NONE && take(text, ':')) {
			n.used = read_number(text);
			n.size = take(text, '/') ? read_number(text) : NONE;
		}
	}
	*ret = n;
	return n.first != NONE && n.last != NONE && n.used != NONE && n.size != NONE &&
	       (**text == ',' || **text == '\0');
}

/* What is wrong with it, or NULL. */
static const char *check(const struct element *n)
{
	if (n->first == ID_LIST_MAX || n->last == ID_LIST_MAX)
		return "is above 1023, the highest that Linux can have";
	if (n->last < n->first)
		return "ends below where it begins";
	if (n->size == 0 || n->used > n->size)
		return "takes more of each group than there is";
	return NULL;
}

int id_list_parse(
	const char *text, struct src_pos at, const char *what, struct id_list *ret, struct err *e)
{
	struct id_list set = { { 0 } };
	const char *c = text;
	char shown[TEXT_SHOWN];
	bool any = false;

	do {
		const char *const start = c + strspn(c, " \t\n");
		struct element n;
		const char *const wrong =
			!read_element(&c, &n) ? "is no number and no range like 0-3" : check(&n);

		if (wrong != NULL)
			return err_set(e, EINVAL, at, "%s: \"%s\" %s", what,
				text_escape(shown, sizeof(shown), start, strcspn(start, ",")),
				wrong);
		for (int i = n.first; i <= n.last; i++)
			if ((i - n.first) % n.size < n.used) {
				set.bits[i / WORD_BITS] |= 1ul << i % WORD_BITS;
				any = true;
			}
	} while (take(&c, ','));
	if (!any)
		return err_set(e, EINVAL, at, "%s: \"%s\" names none", what,
			text_escape(shown, sizeof(shown), text, strlen(text)));
	*ret = set;
	return 0;
}
