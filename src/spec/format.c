/* Forms of strings: one function a row of spec/formats.def.  Looks at nothing but the text. */
#include "spec/format.h"

#include <stdlib.h>
#include <string.h>

enum {
	UTS_NAME_BYTES = 64,   /* sethostname(2): __NEW_UTS_LEN */
	INTERFACE_BYTES = 15,  /* <linux/if.h>: IFNAMSIZ without the NUL */
	FILE_NAME_BYTES = 255, /* <linux/limits.h>: NAME_MAX */
	LARGEST_ID_DIGITS = 9
};

static bool is_any(const char *text)
{
	(void)text;
	return true;
}

static bool is_some(const char *text)
{
	return text[0] != '\0';
}

static bool is_path(const char *text)
{
	return text[0] == '/';
}

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* The numbers and dots of SemVer 2.0; what follows '-' or '+' is free. */
static bool is_version(const char *text)
{
	for (int part = 0; part < 3; part++) {
		const size_t len = digits(text);

		if (len == 0)
			return false;
		text += len;
		if (part == 2 || text[0] != '.')
			break;
		text++;
	}
	return text[0] == '\0' || text[0] == '-' || text[0] == '+';
}

static bool is_uts_name(const char *text)
{
	return text[0] != '\0' && strlen(text) <= UTS_NAME_BYTES;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t\n");
}

/* One number of a list; NULL when there is none. */
static const char *skip_id(const char *text, long *ret)
{
	const char *const p = skip_blanks(text);
	const size_t len = digits(p);

	if (len == 0 || len > LARGEST_ID_DIGITS)
		return NULL;
	*ret = strtol(p, NULL, 10);
	return skip_blanks(p + len);
}

/* The ":used/size" that a range may have behind it; NULL when it is broken. */
static const char *skip_groups(const char *p)
{
	long ignored;

	if (p == NULL || *p != ':')
		return p;
	p = skip_id(p + 1, &ignored);
	return p != NULL && *p == '/' ? skip_id(p + 1, &ignored) : NULL;
}

/* The kernel's list format for CPUs and memory nodes: cpuset(7), "List format".
 * ordered  ranges that end below where they begin are refused */
static bool is_list(const char *text, bool ordered)
{
	while (true) {
		long first = 0, last = 0;
		const char *p = skip_id(text, &first);

		if (p != NULL && *p == '-') {
			p = skip_groups(skip_id(p + 1, &last));
			if (ordered && last < first)
				return false;
		}
		if (p == NULL)
			return false;
		if (*p != ',')
			return *p == '\0';
		text = p + 1;
	}
}

static bool is_ids(const char *text)
{
	return is_list(text, true);
}

/* Their numbers are the plan's to judge, in words of its own. */
static bool is_nodes(const char *text)
{
	return is_list(text, false);
}

/* The names of the kernel's hugetlb files. */
static bool is_page_size(const char *text)
{
	const size_t len = digits(text);

	return len > 0 && text[0] != '0' && text[len] != '\0' && strchr("KMG", text[len]) != NULL &&
	       strcmp(text + len + 1, "B") == 0;
}

static bool is_access(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "rwm")] == '\0';
}

static bool is_dots(const char *text)
{
	return strcmp(text, ".") == 0 || strcmp(text, "..") == 0;
}

/* "/" alone stands for the default group of resctrl. */
static bool is_closid(const char *text)
{
	if (strcmp(text, "/") == 0)
		return true;
	return text[0] != '\0' && strlen(text) <= FILE_NAME_BYTES && !is_dots(text) &&
	       strchr(text, '/') == NULL && strchr(text, '\n') == NULL;
}

static bool is_line(const char *text)
{
	return text[0] != '\0' && strchr(text, '\n') == NULL;
}

static bool is_bandwidth(const char *text)
{
	return strncmp(text, "MB:", 3) == 0 && is_line(text);
}

/* net/core/dev.c, dev_valid_name; with % the kernel takes it for a pattern of names */
static bool is_ifname(const char *text)
{
	return text[0] != '\0' && strlen(text) <= INTERFACE_BYTES && !is_dots(text) &&
	       strpbrk(text, "/:% \t\n\v\f\r") == NULL;
}

static const struct {
	bool (*is)(const char *text);
	const char *words, *example;
} formats[] = {
#define FORMAT(name, expected, example) [SPEC_FORMAT_##name] = { is_##name, expected, example },
#include "spec/formats.def"
#undef FORMAT
};

bool spec_format_is(enum spec_format format, const char *text)
{
	return formats[format].is(text);
}

const char *spec_format_words(enum spec_format format)
{
	return formats[format].words;
}

const char *spec_format_example(enum spec_format format)
{
	return formats[format].example;
}
