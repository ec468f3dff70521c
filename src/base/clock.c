/* The calendar, and the clock that measures.  gmtime_r(3) is not used: it opens the file of the
 * local time zone first. */
#include "base/clock.h"

#include <stdio.h>

enum {
	SECONDS_PER_DAY = 24 * 60 * 60
};

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month] + (month == 1 && is_leap(year));
}

void clock_text(struct timespec t, char ret[CLOCK_TEXT_SIZE])
{
	const int second = (int)(t.tv_sec % SECONDS_PER_DAY);
	int64_t days = t.tv_sec / SECONDS_PER_DAY;
	int year = 1970, month = 0;

	must(t.tv_sec >= 0 && t.tv_sec <= INT64_C(253402300799)); /* the end of the year 9999 */
	for (; days >= 365 + is_leap(year); year++)
		days -= 365 + is_leap(year);
	for (; days >= month_days(year, month); month++)
		days -= month_days(year, month);
	(void)snprintf(ret, CLOCK_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ", year,
		month + 1, (int)days + 1, second / 3600, second / 60 % 60, second % 60, t.tv_nsec);
}

int64_t clock_now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
