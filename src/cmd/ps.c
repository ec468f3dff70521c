/* crun-lite ps: the host's ps, and of its rows those of the container. */
#include "cmd/cmd.h"
#include "crun-lite/stats.h"

#include "base/sys.h"
#include "cmd/ps.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

bool ps_has(const struct ps_pids *pids, int pid)
{
	size_t low = 0, high = pids->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (pids->list[middle] == pid)
			return true;
		if (pids->list[middle] < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static int print_json(const struct ps_pids *pids)
{
	(void)putchar('[');
	for (size_t i = 0; i < pids->count; i++)
		(void)printf("%s%d", i > 0 ? "," : "", pids->list[i]);
	(void)puts("]");
	return 0;
}

/* Which of the words, that blanks divide, is it?  -1: none. */
static int word_number(const char *line, const char *word)
{
	int number = 0;

	for (const char *c = line + strspn(line, " \t\n"); *c != '\0'; number++) {
		const size_t len = strcspn(c, " \t\n");

		if (strlen(word) == len && strncmp(c, word, len) == 0)
			return number;
		c += len;
		c += strspn(c, " \t\n");
	}
	return -1;
}

static const char *word_at(const char *line, int number)
{
	const char *c = line + strspn(line, " \t\n");

	for (; number > 0 && *c != '\0'; number--) {
		c += strcspn(c, " \t\n");
		c += strspn(c, " \t\n");
	}
	return c;
}

/* Rows of the container's processes; a row whose number is "-" is a thread of the one before. */
static int filter(FILE *from, const struct ps_pids *pids, struct err *e)
{
	char *line = NULL;
	size_t room = 0;
	int column = -1;
	bool kept = false;

	while (getline(&line, &room, from) > 0) {
		if (column < 0) {
			column = word_number(line, "PID");
			kept = true;
			if (column < 0)
				break;
		} else {
			const char *const word = word_at(line, column);

			kept = word[0] == '-' ? kept : ps_has(pids, (int)strtol(word, NULL, 10));
		}
		if (kept)
			(void)fputs(line, stdout);
	}
	free(line);
	if (column >= 0)
		return 0;
	(void)err_set(e, EINVAL, POS_NONE, "the output of ps has no column PID");
	return err_hint(e, "give ps options that show it, such as -ef or -o pid,args");
}

/* Starts ps with its output into a pipe. */
static int start(char *const *words, pid_t *ret_pid, FILE **ret, struct err *e)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t defaults;
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, errno, POS_NONE, "cannot make a pipe");
	(void)sigemptyset(&defaults);
	(void)sigaddset(&defaults, SIGPIPE);
	(void)posix_spawn_file_actions_init(
		&files); /* none of these fails in glibc but for memory */
	(void)posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
	(void)posix_spawnattr_init(&how);
	(void)posix_spawnattr_setsigdefault(&how, &defaults);
	(void)posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawnp(ret_pid, "ps", &files, &how, words, environ);
	(void)posix_spawnattr_destroy(&how);
	(void)posix_spawn_file_actions_destroy(&files);
	fd_close(&ends[1]);
	*ret = rc == 0 ? fdopen(ends[0], "r") : NULL;
	if (*ret == NULL)
		fd_close(&ends[0]);
	return -rc;
}

static int run_ps(char *const *words, const struct ps_pids *pids, struct err *e)
{
	FILE *from = NULL;
	pid_t pid;
	int rc, status = 0;

	TRY(start(words, &pid, &from, e));
	if (from == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	rc = filter(from, pids, e);
	(void)fclose(from); /* what it still writes ends it */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (sys_exit_code(status) == 0 || (rc == 0 && sys_exit_code(status) >= 128))
		return rc;
	*e = (struct err){ 0 };
	return err_set(e, EINVAL, POS_NONE, "ps ended with status %d", sys_exit_code(status));
}

static int print_table(struct cmd *c, const struct ps_pids *pids, struct err *e)
{
	char name[] = "ps", all[] = "-ef";
	const char *const *const given = c->args->rest;
	char **words;
	size_t count = 0;
	int rc;

	while (given != NULL && given[count] != NULL)
		count++;
	words = arena_array(&c->arena, count + 3, sizeof(*words));
	if (words == NULL)
		return err_set(e, ENOMEM, POS_NONE, "out of memory");
	words[0] = name;
	words[1] = all;
	for (size_t i = 0; i < count; i++)
		words[1 + i] = (char *)(uintptr_t)given[i]; /* as execve(2) wants them */
	rc = run_ps(words, pids, e);
	if (rc == -ENOENT && count == 0) {
		ps_own(pids);
		return 0;
	}
	return rc < 0 && e->code == 0 ? err_sys(e, -rc, POS_NONE, "cannot run ps") : rc;
}

int cmd_ps(struct cmd *c)
{
	const char *const format = c->args->format != NULL ? c->args->format : "table";
	const bool json = strcmp(format, "json") == 0;
	struct ps_pids pids;
	struct err e = { 0 };
	struct crl_error public;
	int *list, rc = 0;

	if (!json && strcmp(format, "table") != 0) {
		(void)err_set(&e, EINVAL, POS_NONE, "option --format: expected table or json");
		return cmd_fail_usage(c, &e);
	}
	if (cmd_open(c) != 0)
		return 1;
	if (crl_pids(c->crl, c->args->words[0], &list, &pids.count, &public) < 0)
		return cmd_fail(c, &public);
	pids.list = list;
	rc = json ? print_json(&pids) : print_table(c, &pids, &e);
	free(list);
	return rc < 0 ? cmd_fail_usage(c, &e) : 0;
}
