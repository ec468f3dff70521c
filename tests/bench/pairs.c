/* pairs: how long commands take, side by side.
 *
 * Each round runs every command once, in an order of its own by chance, so that whatever the
 * machine does meanwhile meets all of them alike. A command's time is from before posix_spawn to
 * after its end was waited for. Knows nothing of containers; judges nothing.
 *
 * usage: pairs [-n ROUNDS] [-w WARM_UP] LABEL PROGRAM [ARG...] [-- LABEL PROGRAM [ARG...]]...
 *
 * The first command is the reference. Standard input and output are /dev/null for all of them.
 * Prints a line for each, its fields separated by tabs:
 *   label, times that it failed, median in ms, 90th percentile in ms, ratio of its median to the
 *   reference's, median of the ratios within each round, peak of one process's memory in KiB
 * Until its execve a process is charged with this program's memory, which it shares: a peak below
 * some 600 KiB cannot be told. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	COMMANDS_MAX = 16,
	ROUNDS_MAX = 100000,
	FAILED = 125
};

struct command {
	const char *label;
	char *const *argv;
	double *ms; /* one a round */
	long peak_kib;
	unsigned failed;
};

struct bench {
	struct command commands[COMMANDS_MAX];
	size_t count;
	size_t rounds, warm_up;
	uint32_t random; /* never 0 */
};

static double now_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* fails only for a clock that is not there */
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Marsaglia's xorshift: order by chance needs no more. */
static size_t random_below(struct bench *b, size_t limit)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 17;
	b->random ^= b->random << 5;
	return b->random % limit;
}

/* Runs it once; the time, or a negative errno when it cannot be run at all. */
static double run_once(struct command *c, const posix_spawn_file_actions_t *files)
{
	struct rusage used = { 0 };
	const double start = now_ms();
	int status = 0;
	double end;
	pid_t pid;
	int rc;

	rc = posix_spawn(&pid, c->argv[0], files, NULL, c->argv, environ);
	if (rc != 0)
		return -rc;
	while (wait4(pid, &status, 0, &used) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	end = now_ms();
	if (status != 0)
		c->failed++;
	if (used.ru_maxrss > c->peak_kib)
		c->peak_kib = used.ru_maxrss;
	return end - start;
}

static int run_round(struct bench *b, size_t round, const posix_spawn_file_actions_t *files)
{
	size_t order[COMMANDS_MAX];

	for (size_t i = 0; i < b->count; i++) {
		const size_t j = random_below(b, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	for (size_t i = 0; i < b->count; i++) {
		struct command *const c = &b->commands[order[i]];
		const double ms = run_once(c, files);

		if (ms < 0) {
			(void)fprintf(stderr, "pairs: %s: %s\n", c->argv[0], strerror((int)-ms));
			return -1;
		}
		if (round >= b->warm_up)
			c->ms[round - b->warm_up] = ms;
	}
	return 0;
}

static int run_all(struct bench *b)
{
	posix_spawn_file_actions_t files;
	int rc;

	rc = posix_spawn_file_actions_init(&files);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	if (rc != 0) {
		(void)fprintf(stderr, "pairs: %s\n", strerror(rc));
		return -1;
	}
	for (size_t i = 0; i < b->warm_up + b->rounds; i++) {
		if (run_round(b, i, &files) < 0)
			return -1;
	}
	return 0;
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(const double *sorted, size_t count)
{
	return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

/* Sorts the samples of `c`, so the ratios must be taken before the reference is sorted. */
static void print_command(
	const struct bench *b, struct command *c, const double *ratios, double reference)
{
	qsort(c->ms, b->rounds, sizeof(*c->ms), by_value);
	(void)printf("%s\t%u\t%.4f\t%.4f\t%.3f\t%.3f\t%ld\n", c->label, c->failed,
		median(c->ms, b->rounds), c->ms[(b->rounds * 9 + 9) / 10 - 1],
		median(c->ms, b->rounds) / reference, median(ratios, b->rounds), c->peak_kib);
}

/* The reference's samples stay in the order of the rounds until the ratios of all are taken. */
static int print_all(struct bench *b)
{
	const size_t size = b->rounds * sizeof(double);
	double *const first = malloc(size);
	double *const ratios = malloc(size);
	double reference;

	if (first == NULL || ratios == NULL)
		return -1;
	memcpy(first, b->commands[0].ms, size);
	memcpy(ratios, first, size);
	qsort(ratios, b->rounds, sizeof(*ratios), by_value);
	reference = median(ratios, b->rounds);

	for (size_t i = 0; i < b->count; i++) {
		for (size_t r = 0; r < b->rounds; r++)
			ratios[r] = b->commands[i].ms[r] / first[r];
		qsort(ratios, b->rounds, sizeof(*ratios), by_value);
		print_command(b, &b->commands[i], ratios, reference);
	}
	free(first);
	free(ratios);
	return fflush(stdout) == 0 ? 0 : -1;
}

/* Cuts the words into commands; each "--" becomes the NULL that ends an argument list. */
static int parse_commands(struct bench *b, char **words)
{
	while (*words != NULL) {
		struct command *const c = &b->commands[b->count];

		if (b->count == COMMANDS_MAX || words[1] == NULL || strcmp(words[1], "--") == 0)
			return -1;
		c->label = words[0];
		c->argv = ++words;
		c->ms = calloc(b->rounds, sizeof(*c->ms));
		if (c->ms == NULL)
			return -1;
		b->count++;
		while (*words != NULL && strcmp(*words, "--") != 0)
			words++;
		if (*words != NULL)
			*words++ = NULL;
	}
	return b->count > 0 ? 0 : -1;
}

static int parse_number(const char *text, size_t *ret)
{
	char *end;
	const long n = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || n < 0 || n > ROUNDS_MAX)
		return -1;
	*ret = (size_t)n;
	return 0;
}

static int parse(struct bench *b, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "+n:w:")) != -1) {
		if (opt == '?' || parse_number(optarg, opt == 'n' ? &b->rounds : &b->warm_up) < 0)
			return -1;
	}
	return b->rounds == 0 ? -1 : parse_commands(b, argv + optind);
}

int main(int argc, char **argv)
{
	struct bench b = { .rounds = 200, .warm_up = 20 };

	b.random = (uint32_t)(now_ms() * 1e3) | 1;
	if (parse(&b, argc, argv) < 0) {
		(void)fprintf(stderr,
			"usage: pairs [-n ROUNDS] [-w WARM_UP] LABEL PROGRAM [ARG...] "
			"[-- LABEL PROGRAM [ARG...]]...\n");
		return FAILED;
	}
	if (run_all(&b) < 0 || print_all(&b) < 0)
		return FAILED;
	return 0;
}
