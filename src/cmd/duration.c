/* Lengths of time, as Go's programs take them.  Knows no clock. */
#include "cmd/duration.h"

#include "base/text.h"

#include <string.h>

static const struct {
	const char *word;
	uint64_t nanoseconds;
} units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "\u00b5s", 1000 },
	{ "\u03bcs", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "m", UINT64_C(60000000000) },
	{ "h", UINT64_C(3600000000000) },
};

#define MILLION UINT64_C(1000000)
#define LONGEST (MILLION * INT32_MAX)

/* The unit at the word, seconds at its end; 0 when there is none. */
static uint64_t take_unit(const char **at, bool alone)
{
	if (**at == '\0' && alone)
		return 1000000000;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		const size_t len = strlen(units[i].word);
		const char next = strncmp(*at, units[i].word, len) == 0 ? (*at)[len] : 'x';

		if (next == '\0' || (next >= '0' && next <= '9') || next == '.') {
			*at += len;
			return units[i].nanoseconds;
		}
	}
	return 0;
}

/* What is behind the point, in millionths; more digits are nothing to a clock. */
static uint64_t take_part_of_one(const char **at, size_t *digits)
{
	uint64_t value = 0, place = MILLION;

	for (; **at >= '0' && **at <= '9'; (*at)++, (*digits)++) {
		place /= 10;
		value += place * (uint64_t)(**at - '0');
	}
	return value;
}

/* One number and its unit, in nanoseconds. */
static bool take_term(const char **at, bool alone, uint64_t *ret)
{
	uint64_t whole = 0, part = 0, unit;
	size_t digits = 0;

	for (; **at >= '0' && **at <= '9'; (*at)++, digits++) {
		whole = whole * 10 + (uint64_t)(**at - '0');
		if (whole > LONGEST)
			return false;
	}
	if (**at == '.') {
		(*at)++;
		part = take_part_of_one(at, &digits);
	}
	unit = digits == 0 ? 0 : take_unit(at, alone);
	if (unit == 0 || __builtin_mul_overflow(whole, unit, &whole))
		return false;
	*ret = whole + part * unit / MILLION; /* below 2^64: the longest unit is 3.6 * 10^12 */
	return true;
}

int duration_of(const char *name, const char *word, unsigned *ret, struct err *e)
{
	uint64_t total = 0;
	const char *at = word;
	char shown[TEXT_SHOWN];
	bool good = word[0] != '\0';

	while (good && *at != '\0') {
		uint64_t part = 0;

		good = take_term(&at, at == word, &part) && part <= LONGEST &&
		       total + part <= LONGEST;
		total += part;
	}
	if (good && total > 0) {
		*ret = (unsigned)((total + 999999) / 1000000);
		return 0;
	}
	(void)text_escape(shown, sizeof(shown), word, strlen(word));
	if (good && word[0] != '\0')
		return err_set(e, EINVAL, POS_NONE,
			"option --%s: a duration must be greater than 0", name);
	(void)err_set(
		e, EINVAL, POS_NONE, "option --%s: expected a duration, found \"%s\"", name, shown);
	return err_hint(e, "such as 5s, 500ms or 1m30s, up to 24 days");
}
