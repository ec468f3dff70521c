/* The maps in an option "idmap=...", in crun's grammar.  Knows nothing of mounts. */
#include "plan/idmap.h"

#include <stdlib.h>
#include <string.h>

enum {
	LINES_MAX = 340 /* what the kernel takes: user_namespaces(7) */
};

static const char out_of_memory[] = "out of memory";

/* "F-H-N" with or without "@".  Returns what stands behind it; NULL: it is none. */
static const char *read_range(const char *text, bool *ret_relative, struct plan_id_range *ret)
{
	uint64_t number[3];

	*ret_relative = *text == '@';
	text += *ret_relative;
	for (size_t i = 0; i < ARRAY_LEN(number); i++) {
		const bool last = i + 1 == ARRAY_LEN(number);
		char *end;

		if (*text < '0' || *text > '9') /* strtoull(3) would take blanks and signs */
			return NULL;
		number[i] = strtoull(text, &end, 10);
		if (number[i] > UINT32_MAX || (!last && *end != '-'))
			return NULL;
		text = end + !last;
	}
	*ret = (struct plan_id_range){ number[0], number[1], number[2] };
	return text;
}

static bool overlap(uint64_t a, uint64_t a_count, uint64_t b, uint64_t b_count)
{
	return a < b + b_count && b < a + a_count;
}

/* Adds a range.  Returns NULL, or what is wrong with it. */
static const char *add(struct plan_id_range *ranges, size_t *count, struct plan_id_range r)
{
	if (r.count == 0)
		return "a range of no ids";
	if (r.inside + r.count > UINT32_MAX || r.outside + r.count > UINT32_MAX)
		return "a range that ends above 4294967294";
	for (size_t i = 0; i < *count; i++)
		if (overlap(ranges[i].inside, ranges[i].count, r.inside, r.count) ||
			overlap(ranges[i].outside, ranges[i].count, r.outside, r.count))
			return "ranges that overlap";
	if (*count == LINES_MAX)
		return "more than 340 ranges";
	ranges[(*count)++] = r;
	return NULL;
}

/* Adds a range that counts within the container's map, in as many pieces as that map has there. */
static const char *add_relative(const struct plan_id_map *own, struct plan_id_range *ranges,
	size_t *count, struct plan_id_range r)
{
	uint64_t found = 0;

	if (r.count == 0)
		return "a range of no ids";
	if (own->count == 0)
		return "\"@\" counts in the id map of a user namespace made for the container, "
		       "and there is none";
	for (size_t i = 0; i < own->count; i++) {
		const struct plan_id_range *const o = &own->ranges[i];
		const uint64_t from = r.outside > o->inside ? r.outside : o->inside;
		const uint64_t end = r.outside + r.count, o_end = o->inside + o->count;
		const uint64_t to = end < o_end ? end : o_end;
		const char *why;

		if (from >= to)
			continue;
		why = add(ranges, count,
			(struct plan_id_range){ r.inside + (from - r.outside),
				o->outside + (from - o->inside), to - from });
		if (why != NULL)
			return why;
		found += to - from;
	}
	return found == r.count ? NULL : "ids that are not mapped in the container";
}

/* One list of ranges.  *text is moved behind it. */
static const char *read_list(
	struct plan *p, const struct plan_id_map *own, const char **text, struct plan_id_map *ret)
{
	struct plan_id_range *const ranges = arena_array(p->arena, LINES_MAX, sizeof(*ranges));
	size_t count = 0;
	bool more;

	if (ranges == NULL)
		return out_of_memory;
	if (ret->count > 0)
		return "the same list twice";
	do {
		struct plan_id_range r;
		bool relative;
		const char *const rest = read_range(*text, &relative, &r), *why;

		if (rest == NULL || strchr("#;", *rest) == NULL)
			return "a range is three numbers below 2^32, FILE-HOST-COUNT";
		why = relative ? add_relative(own, ranges, &count, r) : add(ranges, &count, r);
		if (why != NULL)
			return why;
		more = *rest == '#';
		*text = rest + more;
	} while (more);
	*ret = (struct plan_id_map){ ranges, count };
	return NULL;
}

const char *plan_idmap_option(struct plan *p, const char *text, struct plan_id_map ret[2])
{
	struct plan_id_map maps[2] = { { NULL, 0 }, { NULL, 0 } };

	while (*text != '\0') {
		const bool gids = strncmp(text, "gids=", strlen("gids=")) == 0;
		const char *why;

		if (!gids && strncmp(text, "uids=", strlen("uids=")) != 0)
			return "the lists are uids= and gids=, with \";\" between";
		text += strlen("uids=");
		why = read_list(p, gids ? &p->gids : &p->uids, &text, &maps[gids]);
		if (why != NULL)
			return why;
		text += *text == ';';
	}
	if (maps[0].count == 0 || maps[1].count == 0)
		return "both uids= and gids= are needed";
	ret[0] = maps[0];
	ret[1] = maps[1];
	return NULL;
}
