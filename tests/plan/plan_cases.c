/* Golden files: configuration, facts of a host and options in, the text of the plan (or the error)
 * out.  Needs no root and looks at no host.
 *
 *     plan_cases [--update] DIRECTORY [NAME...]
 *
 * A case is a directory: config.json; host.txt, the facts as spec/host.def names them; options.txt,
 * when there are any, one option of the command line a line; and what shall come out of it, either
 * expected.txt (the plan's lines without their numbers, so that one more line is one line of
 * difference) or error.txt.  With the option --exec it is the plan of a further process, which
 * config.json holds, in a container that is there; with --mounts-add and --mounts-remove that of
 * its mounts.
 * --update writes these files as they are now: look at the difference before you accept it. */
#include "base/sys.h"
#include "plan/exec.h"
#include "plan/hot.h"
#include "plan/print.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_MAX = 256 * 1024,
	PATH_SIZE = 4096,
	LOWER_MAX = 16
};

struct run {
	const char *cases; /* the directory */
	bool update;
	bool failed;
	size_t count;
};

/* One case on its way. */
struct job {
	const char *dir;
	struct arena arena;
	const char **lower; /* of --overlay-lower */
	struct plan_target target;
	int (*plan)(const struct spec_config *c, const struct host_facts *h,
		const struct plan_options *o, struct plan *ret, struct err *e);
	struct err e;
};

/* --- files ----------------------------------------------------------------------------------- */

/* The file's text in the arena; NULL: there is no such file. */
static const char *read_text(struct job *j, const char *name)
{
	char path[PATH_SIZE];
	char *const text = arena_alloc(&j->arena, FILE_MAX);

	must(text != NULL);
	(void)snprintf(path, sizeof(path), "%s/%s", j->dir, name);
	return sys_read_text(AT_FDCWD, path, text, FILE_MAX) < 0 ? NULL : text;
}

/* text NULL: the file shall not be there. */
static int write_text(const struct job *j, const char *name, const char *text)
{
	char path[PATH_SIZE];
	AUTO_FD fd = FD_NONE;

	(void)snprintf(path, sizeof(path), "%s/%s", j->dir, name);
	if (text == NULL)
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	fd = openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return fd < 0 ? -errno : sys_write_once(fd, text, strlen(text));
}

/* --- options --------------------------------------------------------------------------------- */

/* Is it the option?  *ret_value: what stands behind "=", NULL when nothing does. */
static bool is_option(const char *word, const char *name, const char **ret_value)
{
	const size_t len = strlen(name);

	if (strncmp(word, name, len) != 0 || (word[len] != '\0' && word[len] != '='))
		return false;
	*ret_value = word[len] == '=' ? word + len + 1 : NULL;
	return true;
}

/* Those of a container that is there alone. */
static bool take_exec_option(struct job *j, const char *word, struct plan_options *o)
{
	const char *value;

	if (is_option(word, "--exec", &value))
		j->plan = plan_exec;
	else if (is_option(word, "--mounts-add", &value))
		j->plan = plan_mounts_add;
	else if (is_option(word, "--mounts-remove", &value))
		j->plan = plan_mounts_remove;
	else if (is_option(word, "--no-cgroup", &value))
		j->target.cgroup = "";
	else if (is_option(word, "--cgroup", &value))
		j->target.below = value;
	else
		return false;
	if (j->plan != plan_build)
		o->target = &j->target;
	return true;
}

static bool take_option(struct job *j, const char *word, struct plan_options *o)
{
	const char *value;

	if (is_option(word, "--pidfd-socket", &value)) {
		o->pidfd_socket = value;
	} else if (is_option(word, "--overlay", &value)) {
		o->overlay = true;
		o->overlay_dir = value;
	} else if (is_option(word, "--overlay-lower", &value) && value != NULL) {
		must(o->overlay_lower_count < LOWER_MAX);
		j->lower[o->overlay_lower_count++] = value;
	} else if (is_option(word, "--overlay-size", &value)) {
		o->overlay_size = value;
	} else if (is_option(word, "--overlay-idmap", &value)) {
		o->overlay_idmap = true;
	} else if (is_option(word, "--overlay-fuse", &value)) {
		o->overlay_fuse = true;
	} else if (is_option(word, "--no-pivot", &value)) {
		o->no_pivot = true;
	} else if (is_option(word, "--no-new-keyring", &value)) {
		o->no_new_keyring = true;
	} else if (is_option(word, "--console-socket", &value)) {
		o->console_socket = value;
	} else if (is_option(word, "--preserve-fds", &value) && value != NULL) {
		o->preserve_fds = strtoull(value, NULL, 10);
	} else if (is_option(word, "RUN_OCI_SECCOMP_RECEIVER", &value)) {
		o->seccomp_receiver = value;
	} else if (is_option(word, "LISTEN_FDS", &value) && value != NULL) {
		o->preserve_fds = o->listening = strtoull(value, NULL, 10);
	} else if (is_option(word, "LISTEN_FDNAMES", &value)) {
		o->listen_names = value;
	} else if (is_option(word, "NOTIFY_SOCKET", &value)) {
		o->notify = true;
	} else if (is_option(word, "--detach", &value)) {
		o->detach = true;
	} else if (is_option(word, "--pid-file", &value)) {
		o->pid_file = true;
	} else if (is_option(word, "--create", &value)) {
		o->detach = true;
		o->wait_start = true;
	} else {
		return take_exec_option(j, word, o);
	}
	return true;
}

static void read_options(struct job *j, struct plan_options *ret)
{
	const char *const text = read_text(j, "options.txt");
	char *rest;

	*ret = (struct plan_options){
		.id = "c1", .bundle = "/bundle", .state_dir = "/run/crun-lite/c1"
	};
	j->plan = plan_build;
	j->target = (struct plan_target){ .cgroup = "/sys/fs/cgroup/c1", .status = "running" };
	j->lower = arena_array(&j->arena, LOWER_MAX, sizeof(*j->lower));
	must(j->lower != NULL);
	ret->overlay_lower = j->lower;
	if (text == NULL)
		return;
	rest = arena_text(&j->arena, text, strlen(text));
	must(rest != NULL);
	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		if (line[0] != '\0' && !take_option(j, line, ret)) {
			(void)fprintf(stderr, "%s/options.txt: unknown: %s\n", j->dir, line);
			exit(2);
		}
}

/* --- one case -------------------------------------------------------------------------------- */

static int build(struct job *j, struct plan *ret)
{
	const char *const config = read_text(j, "config.json");
	const char *const facts = read_text(j, "host.txt");
	struct host_facts *const host = arena_alloc(&j->arena, sizeof(*host));
	struct plan_options *const options = arena_alloc(&j->arena, sizeof(*options));
	const struct spec_config *c;

	must(host != NULL && options != NULL);
	if (config == NULL || facts == NULL)
		return err_set(&j->e, ENOENT, POS_NONE, "config.json or host.txt is missing");
	read_options(j, options);
	TRY(host_read(facts, &j->arena, host, &j->e));
	TRY(spec_load(config, strlen(config), &j->arena, &c, &j->e));
	*ret = (struct plan){ .arena = &j->arena };
	return j->plan(c, host, options, ret, &j->e);
}

/* The error as the command line shows it. */
static const char *error_text(struct job *j)
{
	const struct err *const e = &j->e;
	const char *text;

	text = e->at.line == 0 ? arena_printf(&j->arena, "%s\n", e->text)
			       : arena_printf(&j->arena, "config.json:%u:%u: %s\n", e->at.line,
					 e->at.column, e->text);
	must(text != NULL);
	if (e->hint[0] != '\0')
		text = arena_printf(&j->arena, "%shint: %s\n", text, e->hint);
	must(text != NULL);
	return text;
}

/* Every plan can be told as JSON; what it looks like is the unit tests' business. */
static bool has_json(const struct plan *p, struct err *e)
{
	AUTO_JSON json = { .pretty = true };
	const char *text;
	size_t len;

	json_object(&json, NULL);
	plan_print_json(p, &json, "operations");
	plan_print_json_warnings(p, &json, "warnings");
	json_end(&json);
	return json_finish(&json, &text, &len, e) == 0;
}

/* Says where the two part. */
static void show_difference(const char *file, const char *expected, const char *found)
{
	size_t line = 1;

	while (*expected != '\0' && *found != '\0') {
		const size_t a = strcspn(expected, "\n"), b = strcspn(found, "\n");

		if (a != b || memcmp(expected, found, a) != 0)
			break;
		expected += a + (expected[a] == '\n');
		found += b + (found[b] == '\n');
		line++;
	}
	(void)printf("# %s:%zu\n#  expected: %.*s\n#  found:    %.*s\n", file, line,
		(int)strcspn(expected, "\n"), expected, (int)strcspn(found, "\n"), found);
}

/* found NULL: the file shall not be there. */
static bool check(const struct run *r, struct job *j, const char *file, const char *found)
{
	const char *const expected = read_text(j, file);

	if (r->update)
		return write_text(j, file, found) == 0;
	if (expected == NULL && found == NULL)
		return true;
	if (expected != NULL && found != NULL && strcmp(expected, found) == 0)
		return true;
	show_difference(file, expected != NULL ? expected : "", found != NULL ? found : "");
	return false;
}

/* A copy without the numbers at the beginnings of lines. */
static const char *without_numbers(struct job *j, const char *text)
{
	char *const copy = arena_text(&j->arena, text, strlen(text));
	char *to = copy;

	must(copy != NULL);
	while (*text != '\0') {
		const size_t len = strcspn(text, "\n") + 1;
		const size_t skip = text[0] == 'w' ? 0 : strspn(text, " 0123456789");

		memmove(to, text + skip, len - skip);
		to += len - skip;
		text += len;
	}
	*to = '\0';
	return copy;
}

static bool check_plan(const struct run *r, struct job *j, const struct plan *p)
{
	const char *text;

	if (plan_print_text(p, &text, &j->e) < 0 || !has_json(p, &j->e))
		return false;
	return check(r, j, "expected.txt", without_numbers(j, text)) &&
	       check(r, j, "error.txt", NULL);
}

/* A plan is a function of what goes in: made twice, it is the same. */
static bool is_same_again(struct job *j, const struct plan *first)
{
	const char *a, *b;
	struct plan second;

	return plan_print_text(first, &a, &j->e) == 0 && build(j, &second) == 0 &&
	       plan_print_text(&second, &b, &j->e) == 0 && strcmp(a, b) == 0;
}

static void run_case(struct run *r, const char *name)
{
	char dir[PATH_SIZE];
	struct job j = { .dir = dir };
	struct plan p;
	bool ok;

	(void)snprintf(dir, sizeof(dir), "%s/%s", r->cases, name);
	if (build(&j, &p) == 0) {
		ok = check_plan(r, &j, &p);
		if (ok && !is_same_again(&j, &p)) {
			(void)printf("# a second plan differs\n");
			ok = false;
		}
	} else {
		ok = check(r, &j, "error.txt", error_text(&j)) &&
		     check(r, &j, "expected.txt", NULL);
	}
	(void)printf("%s plan::%s\n", ok ? "ok" : "not ok", name);
	r->failed = r->failed || !ok;
	r->count++;
	arena_done(&j.arena);
}

static int is_case(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void run_all(struct run *r)
{
	struct dirent **list;
	const int count = scandir(r->cases, &list, is_case, alphasort);

	for (int i = 0; i < count; i++) {
		run_case(r, list[i]->d_name);
		free(list[i]);
	}
	if (count >= 0)
		free(list);
}

int main(int argc, char **argv)
{
	struct run r = { .update = argc > 1 && strcmp(argv[1], "--update") == 0 };
	const int first = r.update ? 2 : 1;

	if (argc <= first) {
		(void)fprintf(stderr, "usage: plan_cases [--update] DIRECTORY [NAME...]\n");
		return 2;
	}
	r.cases = argv[first];
	for (int i = first + 1; i < argc; i++)
		run_case(&r, argv[i]);
	if (argc == first + 1)
		run_all(&r);
	if (r.count == 0)
		(void)printf("not ok plan::count: no case in %s\n", r.cases);
	return r.failed || r.count == 0;
}
