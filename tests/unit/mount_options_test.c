/* Words of mounts[].options: what each one does alone, and what several add up to. */
#include "plan/mount_options.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

enum {
	WORDS_MAX = 8,
	RO = MOUNT_ATTR_RDONLY,
	NOSUID = MOUNT_ATTR_NOSUID,
	NODEV = MOUNT_ATTR_NODEV,
	NOEXEC = MOUNT_ATTR_NOEXEC,
	NODIR = MOUNT_ATTR_NODIRATIME,
	NOSYM = MOUNT_ATTR_NOSYMFOLLOW,
	ATIME = MOUNT_ATTR__ATIME,
	NOATIME = MOUNT_ATTR_NOATIME,
	STRICT = MOUNT_ATTR_STRICTATIME,
};

/* What comes out, in one line: only what is not empty. */
static const struct row {
	const char *words[WORDS_MAX]; /* NULL-terminated */
	struct plan_mount_options o;  /* data and super not compared: below */
	const char *text;             /* .words */
	const char *super, *data;     /* blanks between */
} rows[] = {
	/* each word of the table alone */
	{ { "defaults" }, { 0 }, "", "", "" },
	{ { "" }, { 0 }, "", "", "" },
	{ { "none" }, { 0 }, "", "", "" },
	{ { "bind" }, { .bind = true }, "", "", "" },
	{ { "rbind" }, { .bind = true, .recursive = true }, "", "", "" },
	{ { "remount" }, { .remount = true }, "", "", "" },
	{ { "ro" }, { .set = RO }, "ro", "", "" },
	{ { "rw" }, { .clear = RO }, "rw", "", "" },
	{ { "nosuid" }, { .set = NOSUID }, "nosuid", "", "" },
	{ { "suid" }, { .clear = NOSUID }, "suid", "", "" },
	{ { "nodev" }, { .set = NODEV }, "nodev", "", "" },
	{ { "dev" }, { .clear = NODEV }, "dev", "", "" },
	{ { "noexec" }, { .set = NOEXEC }, "noexec", "", "" },
	{ { "exec" }, { .clear = NOEXEC }, "exec", "", "" },
	{ { "nodiratime" }, { .set = NODIR }, "nodiratime", "", "" },
	{ { "diratime" }, { .clear = NODIR }, "diratime", "", "" },
	{ { "nosymfollow" }, { .set = NOSYM }, "nosymfollow", "", "" },
	{ { "symfollow" }, { .clear = NOSYM }, "symfollow", "", "" },
	{ { "noatime" }, { .set = NOATIME, .clear = ATIME }, "noatime", "", "" },
	{ { "atime" }, { .clear = ATIME }, "atime", "", "" },
	{ { "relatime" }, { .clear = ATIME }, "relatime", "", "" },
	{ { "strictatime" }, { .set = STRICT, .clear = ATIME }, "strictatime", "", "" },
	{ { "nostrictatime" }, { .clear = ATIME }, "nostrictatime", "", "" },
	{ { "norelatime" }, { .clear = ATIME }, "norelatime", "", "" },
	{ { "rro" }, { .rec_set = RO }, "rro", "", "" },
	{ { "rrw" }, { .rec_clear = RO }, "rrw", "", "" },
	{ { "rnosuid" }, { .rec_set = NOSUID }, "rnosuid", "", "" },
	{ { "rsuid" }, { .rec_clear = NOSUID }, "rsuid", "", "" },
	{ { "rnodev" }, { .rec_set = NODEV }, "rnodev", "", "" },
	{ { "rdev" }, { .rec_clear = NODEV }, "rdev", "", "" },
	{ { "rnoexec" }, { .rec_set = NOEXEC }, "rnoexec", "", "" },
	{ { "rexec" }, { .rec_clear = NOEXEC }, "rexec", "", "" },
	{ { "rnodiratime" }, { .rec_set = NODIR }, "rnodiratime", "", "" },
	{ { "rdiratime" }, { .rec_clear = NODIR }, "rdiratime", "", "" },
	{ { "rnosymfollow" }, { .rec_set = NOSYM }, "rnosymfollow", "", "" },
	{ { "rsymfollow" }, { .rec_clear = NOSYM }, "rsymfollow", "", "" },
	{ { "rnoatime" }, { .rec_set = NOATIME, .rec_clear = ATIME }, "rnoatime", "", "" },
	{ { "ratime" }, { .rec_clear = ATIME }, "ratime", "", "" },
	{ { "rrelatime" }, { .rec_clear = ATIME }, "rrelatime", "", "" },
	{ { "rstrictatime" }, { .rec_set = STRICT, .rec_clear = ATIME }, "rstrictatime", "", "" },
	{ { "rnostrictatime" }, { .rec_clear = ATIME }, "rnostrictatime", "", "" },
	{ { "rnorelatime" }, { .rec_clear = ATIME }, "rnorelatime", "", "" },
	{ { "private" }, { .propagation = MS_PRIVATE }, "private", "", "" },
	{ { "rprivate" }, { .propagation = MS_PRIVATE | MS_REC }, "rprivate", "", "" },
	{ { "shared" }, { .propagation = MS_SHARED }, "shared", "", "" },
	{ { "rshared" }, { .propagation = MS_SHARED | MS_REC }, "rshared", "", "" },
	{ { "slave" }, { .propagation = MS_SLAVE }, "slave", "", "" },
	{ { "rslave" }, { .propagation = MS_SLAVE | MS_REC }, "rslave", "", "" },
	{ { "unbindable" }, { .propagation = MS_UNBINDABLE }, "unbindable", "", "" },
	{ { "runbindable" }, { .propagation = MS_UNBINDABLE | MS_REC }, "runbindable", "", "" },
	{ { "sync" }, { 0 }, "", "sync", "" },
	{ { "async" }, { 0 }, "", "async", "" },
	{ { "dirsync" }, { 0 }, "", "dirsync", "" },
	{ { "lazytime" }, { 0 }, "", "lazytime", "" },
	{ { "nolazytime" }, { 0 }, "", "nolazytime", "" },
	{ { "mand" }, { 0 }, "", "", "" },
	{ { "nomand" }, { 0 }, "", "", "" },
	{ { "iversion" }, { 0 }, "", "", "" },
	{ { "noiversion" }, { 0 }, "", "", "" },
	{ { "newinstance" }, { 0 }, "", "", "" },
	{ { "silent" }, { 0 }, "", "", "" },
	{ { "loud" }, { 0 }, "", "", "" },
	{ { "rsync" }, { 0 }, "", "sync", "" },
	{ { "rasync" }, { 0 }, "", "async", "" },
	{ { "rdirsync" }, { 0 }, "", "dirsync", "" },
	{ { "rmand" }, { 0 }, "", "", "" },
	{ { "rnomand" }, { 0 }, "", "", "" },
	{ { "tmpcopyup" }, { .special = MOUNT_COPY_UP }, "", "", "" },
	{ { "idmap" }, { .special = MOUNT_IDMAP }, "", "", "" },
	{ { "ridmap" }, { .special = MOUNT_IDMAP | MOUNT_IDMAP_BELOW }, "", "", "" },
	{ { "dest-nofollow" }, { .special = MOUNT_TARGET_NOFOLLOW }, "", "", "" },
	{ { "bind", "copy-symlink" }, { .bind = true, .special = MOUNT_COPY_LINK }, "", "", "" },
	{ { "bind", "src-nofollow", "dest-nofollow" },
		{ .bind = true, .special = MOUNT_SOURCE_NOFOLLOW | MOUNT_TARGET_NOFOLLOW }, "", "",
		"" },
	{ { "idmap=uids=1-2-3" }, { .special = MOUNT_IDMAP, .idmap = "uids=1-2-3" }, "", "", "" },
	{ { "ro", "ridmap=" },
		{ .set = RO,
			.special = MOUNT_IDMAP | MOUNT_IDMAP_BELOW,
			.idmap = "",
			.idmap_index = 1 },
		"ro", "", "" },
	{ { "idmap=a", "idmap" }, { .special = MOUNT_IDMAP, .idmap_index = 1 }, "", "", "" },

	/* no word of the table: data */
	{ { "size=1m", "mode=755" }, { .has_mode = true }, "", "", "size=1m mode=755" },
	{ { "RO" }, { 0 }, "", "", "RO" },
	{ { "idmaps", "tmpcopyup=1" }, { 0 }, "", "", "idmaps tmpcopyup=1" },
	{ { "uid=5", "sync" }, { 0 }, "", "sync", "uid=5" },

	/* of two that contradict each other the later wins, both are shown */
	{ { NULL }, { 0 }, "", "", "" },
	{ { "ro", "rw" }, { .clear = RO }, "ro rw", "", "" },
	{ { "rw", "ro" }, { .set = RO }, "rw ro", "", "" },
	{ { "rro", "rrw" }, { .rec_clear = RO }, "rro rrw", "", "" },
	{ { "ro", "rrw" }, { .set = RO, .rec_clear = RO }, "ro rrw", "", "" },
	{ { "noatime", "relatime" }, { .clear = ATIME }, "noatime relatime", "", "" },
	{ { "noatime", "nodiratime", "strictatime" }, { .set = STRICT | NODIR, .clear = ATIME },
		"noatime nodiratime strictatime", "", "" },
	{ { "shared", "rslave" }, { .propagation = MS_SLAVE | MS_REC }, "shared rslave", "", "" },
	{ { "rbind", "bind" }, { .bind = true, .recursive = true }, "", "", "" },
	{ { "remount", "bind", "ro", "nosuid", "nodev" },
		{ .bind = true, .remount = true, .set = RO | NOSUID | NODEV }, "ro nosuid nodev",
		"", "" },
};

/* A configuration with one mount of these words. */
struct bench {
	struct arena arena;
	struct spec_str words[WORDS_MAX];
	struct spec_mount mount;
	struct spec_config config;
	struct plan plan;
};

static void bench_set(struct bench *b, const char *const words[WORDS_MAX], const char *type)
{
	size_t count = 0;

	memset(b, 0, sizeof(*b));
	for (; count < WORDS_MAX && words[count] != NULL; count++)
		b->words[count] = (struct spec_str){ words[count], { 5, 10 + (uint32_t)count } };
	b->mount = (struct spec_mount){ .destination = { "/d\na", { 4, 1 } },
		.type = { type, { 4, 2 } },
		.options = { b->words, count, { 5, 1 } },
		.at = { 4, 0 } };
	b->config.mounts.items = &b->mount;
	b->config.mounts.count = 1;
	b->plan = (struct plan){ .arena = &b->arena, .config = &b->config };
}

static const char *joined(struct arena *a, const char *const *list)
{
	const char *text = "";

	for (size_t i = 0; list[i] != NULL; i++)
		text = arena_printf(a, "%s%s%s", text, i == 0 ? "" : " ", list[i]);
	return text;
}

Test(mount_options, each_row)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *const r = &rows[i];
		const char *const label = r->words[0] == NULL ? "(none)" : r->words[0];
		struct plan_mount_options o;
		struct bench b;
		struct err e = { 0 };

		bench_set(&b, r->words, "tmpfs");
		cr_assert(eq(int, plan_mount_options(&b.plan, 0, &o, &e), 0), "%s", label);
		cr_expect(eq(u64, o.set, r->o.set), "%s", label);
		cr_expect(eq(u64, o.clear, r->o.clear), "%s", label);
		cr_expect(eq(u64, o.rec_set, r->o.rec_set), "%s", label);
		cr_expect(eq(u64, o.rec_clear, r->o.rec_clear), "%s", label);
		cr_expect(eq(u64, o.propagation, r->o.propagation), "%s", label);
		cr_expect(eq(int, o.bind, r->o.bind), "%s", label);
		cr_expect(eq(int, o.recursive, r->o.recursive), "%s", label);
		cr_expect(eq(int, o.remount, r->o.remount), "%s", label);
		cr_expect(eq(int, o.has_mode, r->o.has_mode), "%s", label);
		cr_expect(eq(u32, o.special, r->o.special), "%s", label);
		cr_expect(eq(sz, o.idmap_index, r->o.idmap_index), "%s", label);
		cr_expect(eq(str, o.idmap == NULL ? "none" : (char *)o.idmap,
				  r->o.idmap == NULL ? "none" : (char *)r->o.idmap),
			"%s", label);
		cr_expect(eq(str, (char *)o.words, (char *)r->text), "%s", label);
		cr_expect(
			eq(str, (char *)joined(&b.arena, o.super), (char *)r->super), "%s", label);
		cr_expect(eq(str, (char *)joined(&b.arena, o.data), (char *)r->data), "%s", label);
		arena_done(&b.arena);
	}
}

/* --- errors ---------------------------------------------------------------------------------- */

static const struct {
	const char *words[WORDS_MAX];
	const char *type;
	int rc;
	const char *text;
	uint32_t column; /* on line 5 */
} errors[] = {
	{ { "nosuid", "tmpcopyup" }, "proc", -EINVAL,
		"mounts[0] (/d\\na): only a tmpfs can begin as a copy: \"tmpcopyup\"", 11 },
	{ { "bind", "tmpcopyup" }, "tmpfs", -EINVAL,
		"mounts[0] (/d\\na): only a tmpfs can begin as a copy: \"tmpcopyup\"", 11 },
	{ { "copy-symlink" }, "tmpfs", -EINVAL,
		"mounts[0] (/d\\na): only a bind mount has a source that can be a link: "
		"\"copy-symlink\"",
		10 },
	{ { "src-nofollow" }, "tmpfs", -EINVAL,
		"mounts[0] (/d\\na): only a bind mount has a source that can be a link: "
		"\"src-nofollow\"",
		10 },
	{ { "src-nofollow", "copy-symlink" }, "bind", -EINVAL,
		"mounts[0] (/d\\na): a link is either copied or mounted: copy-symlink excludes "
		"src-nofollow and dest-nofollow: \"copy-symlink\"",
		11 },
	{ { "copy-symlink", "dest-nofollow" }, "bind", -EINVAL,
		"mounts[0] (/d\\na): a link is either copied or mounted: copy-symlink excludes "
		"src-nofollow and dest-nofollow: \"copy-symlink\"",
		10 },
	{ { "remount", "idmap=\x1b" }, "bind", -EINVAL,
		"mounts[0] (/d\\na): remount keeps what is mounted: this option is for a new mount: "
		"\"idmap=\\x1b\"",
		11 },
	{ { "bind", "ro", "size=5\n" }, "none", -EINVAL,
		"mounts[0] (/d\\na): bind mounts cannot have any filesystem-specific options "
		"applied: \"size=5\\n\"",
		12 },
	{ { "no-such" }, "rbind", -EINVAL,
		"mounts[0] (/d\\na): bind mounts cannot have any filesystem-specific options "
		"applied: \"no-such\"",
		10 },
	{ { "remount", "size=5" }, "tmpfs", -EINVAL,
		"mounts[0] (/d\\na): remount changes the mount alone, not its file system: "
		"\"size=5\"",
		11 },
};

Test(mount_options, each_error)
{
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		struct plan_mount_options o;
		struct bench b;
		struct err e = { 0 };

		bench_set(&b, errors[i].words, errors[i].type);
		cr_expect(eq(int, plan_mount_options(&b.plan, 0, &o, &e), errors[i].rc));
		cr_expect(eq(str, e.text, (char *)errors[i].text));
		cr_expect(eq(u32, e.at.line, 5), "%s", e.text);
		cr_expect(eq(u32, e.at.column, errors[i].column), "%s", e.text);
		arena_done(&b.arena);
	}
}

Test(mount_options, bind_by_type)
{
	static const struct {
		const char *type;
		bool bind, recursive;
	} cases[] = { { "bind", true, false }, { "rbind", true, true }, { "none", false, false },
		{ NULL, false, false } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static const char *const words[WORDS_MAX] = { "ro" };
		struct plan_mount_options o;
		struct bench b;
		struct err e = { 0 };

		bench_set(&b, words, cases[i].type);
		cr_assert(eq(int, plan_mount_options(&b.plan, 0, &o, &e), 0));
		cr_expect(eq(int, o.bind, cases[i].bind), "%s", cases[i].type);
		cr_expect(eq(int, o.recursive, cases[i].recursive), "%s", cases[i].type);
		arena_done(&b.arena);
	}
}

/* A word that is added to the table needs a row here. */
Test(mount_options, no_word_is_without_a_row)
{
	const char *const *const words = plan_mount_option_words();

	for (size_t w = 0; words[w] != NULL; w++) {
		bool found = false;

		for (size_t i = 0; i < ARRAY_LEN(rows) && !found; i++)
			found = rows[i].words[0] != NULL && rows[i].words[1] == NULL &&
				strcmp(rows[i].words[0], words[w]) == 0;
		for (size_t i = 0; i < ARRAY_LEN(errors) && !found; i++)
			for (size_t k = 0; errors[i].words[k] != NULL && !found; k++)
				found = strcmp(errors[i].words[k], words[w]) == 0;
		cr_expect(found, "\"%s\"", words[w]);
	}
}
