/* Forms of the files of cgroup v2: one value, one line of several, or a line for each device.
 * Source: kernel, Documentation/admin-guide/cgroup-v2.rst */
#include "parent/limit_file.h"

#include "plan/id_list.h"

#include <stdlib.h>
#include <string.h>

enum {
	WORD_MAX = 128
};

/* A word or line within a text. */
struct piece {
	const char *text;
	size_t len;
};

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Has it a line for each device, or each resource? */
static bool is_keyed(const char *file)
{
	return begins(file, "io.") || begins(file, "rdma.") || begins(file, "misc.") ||
	       begins(file, "dmem.");
}

static struct piece next_word(const char **at)
{
	struct piece p;

	*at += strspn(*at, " \t");
	p = (struct piece){ *at, strcspn(*at, " \t\n") };
	*at += p.len;
	return p;
}

static bool same(struct piece a, struct piece b)
{
	return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

/* The line that begins with the word; text NULL: there is none. */
static struct piece find_line(const char *text, struct piece word)
{
	for (const char *line = text; *line != '\0';) {
		const size_t len = strcspn(line, "\n");
		const char *at = line;

		if (same(next_word(&at), word))
			return (struct piece){ line, len };
		line += len + (line[len] == '\n');
	}
	return (struct piece){ 0 };
}

/* The line that a write of value changes; a weight alone is that of `default`. */
static struct piece line_of(const char *value, const char *text)
{
	const char *at = value;
	const struct piece key = next_word(&at);
	const bool alone = at[strspn(at, " \t")] == '\0';
	const struct piece line =
		find_line(text, alone ? (struct piece){ "default", strlen("default") } : key);

	if (line.text == NULL && alone)
		return (struct piece){ text, strcspn(text, "\n") };
	return line;
}

static const char *undo_keyed(
	const char *file, const char *value, const char *text, struct arena *a)
{
	const struct piece line = line_of(value, text);
	const char *at = value;
	const struct piece key = next_word(&at);

	if (line.text != NULL)
		return arena_text(a, line.text, line.len);
	if (strcmp(file, "io.max") == 0)
		return arena_printf(
			a, "%.*s rbps=max wbps=max riops=max wiops=max", (int)key.len, key.text);
	if (strcmp(file, "io.weight") == 0 || strcmp(file, "io.bfq.weight") == 0)
		return arena_printf(a, "%.*s default", (int)key.len, key.text);
	return "";
}

const char *limit_file_undo(const char *file, const char *value, const char *text, struct arena *a)
{
	if (is_keyed(file))
		return undo_keyed(file, value, text, a);
	if (strcmp(file, "cpu.weight") == 0 && text[0] == '0')
		return ""; /* of an idle group, which takes none */
	if (text[0] == '\0' || text[0] == '\n')
		return "\n"; /* an empty cpuset */
	return arena_text(a, text, strcspn(text, "\n"));
}

/* Are all words of the value in the line?  What is "max" need not be told. */
static bool has_words(const char *value, struct piece line)
{
	const char *at = value;

	for (struct piece want = next_word(&at); want.len > 0; want = next_word(&at)) {
		const bool is_max =
			want.len > 4 && memcmp(want.text + want.len - 4, "=max", 4) == 0;
		const char *have = line.text;
		bool found = is_max;

		while (!found && have != NULL && have < line.text + line.len) {
			const struct piece word = next_word(&have);

			found = same(word, want);
			if (word.len == 0)
				break;
		}
		if (!found)
			return false;
	}
	return true;
}

static bool read_number(const char *text, uint64_t *ret)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	*ret = strtoull(text, &end, 10);
	return *end == '\0' || *end == '\n';
}

/* Bytes are kept as whole pages, hugetlb's as whole huge pages. */
static bool is_rounded(const char *file, uint64_t want, uint64_t have)
{
	const uint64_t page = begins(file, "hugetlb.") ? UINT64_C(16) << 30 : 64 * 1024;

	return (begins(file, "memory.") || begins(file, "hugetlb.")) && have < want &&
	       want - have < page && have % 4096 == 0;
}

static bool same_list(const char *value, const char *text)
{
	struct id_list want, have;
	struct err ignored = { 0 };
	char line[4096];

	if (strcspn(text, "\n") >= sizeof(line))
		return true;
	memcpy(line, text, strcspn(text, "\n"));
	line[strcspn(text, "\n")] = '\0';
	if (id_list_parse(value, POS_NONE, "", &want, &ignored) < 0)
		return true; /* what only the kernel understands */
	return id_list_parse(line, POS_NONE, "", &have, &ignored) == 0 &&
	       memcmp(&want, &have, sizeof(want)) == 0;
}

bool limit_file_holds(const char *file, const char *value, const char *text)
{
	uint64_t want, have;
	struct piece line = { text, strcspn(text, "\n") };

	if (strcmp(file, "cpuset.cpus") == 0 || strcmp(file, "cpuset.mems") == 0)
		return same_list(value, text);
	if (is_keyed(file))
		line = line_of(value, text);
	else if (read_number(value, &want) && read_number(text, &have))
		return want == have || is_rounded(file, want, have);
	return has_words(value, line);
}
