/* The words for signals. */
#include "cmd/signal.h"

#include "base/text.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	int number;
} names[] = {
#define SIGNAL(name) { #name, SIG##name },
#include "spec/signals.def"
#undef SIGNAL
};

enum {
	SIGNAL_MAX = 64
};

/* A number from the whole word; -1 when it is none. */
static long number_of(const char *word)
{
	char *end;
	const long n = strtol(word, &end, 10);

	return word[0] >= '0' && word[0] <= '9' && *end == '\0' ? n : -1;
}

/* RTMIN, RTMIN+n, RTMAX, RTMAX-n, as the C library counts them. */
static long real_time(const char *word)
{
	const bool low = strncasecmp(word, "RTMIN", 5) == 0;
	const long from = low ? SIGRTMIN : SIGRTMAX;
	long n;

	if (!low && strncasecmp(word, "RTMAX", 5) != 0)
		return -1;
	if (word[5] == '\0')
		return from;
	n = number_of(word + 6);
	if (word[5] != (low ? '+' : '-') || n < 0 || n > SIGRTMAX - SIGRTMIN)
		return -1;
	return low ? from + n : from - n;
}

int signal_of(const char *word, int *ret, struct err *e)
{
	const char *const bare = strncasecmp(word, "SIG", 3) == 0 ? word + 3 : word;
	long n = number_of(word);
	char shown[TEXT_SHOWN];

	if (n < 0)
		n = real_time(bare);
	for (size_t i = 0; n < 0 && i < ARRAY_LEN(names); i++)
		if (strcasecmp(names[i].name, bare) == 0)
			n = names[i].number;
	if (n >= 0 && n <= SIGNAL_MAX) {
		*ret = (int)n;
		return 0;
	}
	text_escape(shown, sizeof(shown), word, strlen(word));
	(void)err_set(e, EINVAL, POS_NONE, "unknown signal \"%s\"", shown);
	return err_hint(e, "a number from 0 to 64, or a name such as TERM, SIGUSR1, RTMIN+3");
}
