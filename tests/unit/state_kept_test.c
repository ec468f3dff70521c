/* What lies beside the record: the configuration comes back as it was, or not at all; who does not
 * ask for it does not read it. */
#include "state/kept.h"

#include "state_case.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define CONFIG "{\"a\":\n\"sum=0123456789abcdef\"\n}\nsum=0123456789abcdef\n"

/* A container that keeps this configuration. */
static void make(struct scratch *s, struct arena *a, struct state_dir *d, struct state_record *r,
	size_t size)
{
	static char large[1 << 20];
	struct err e = { 0 };

	memset(large, 'x', sizeof(large));
	memcpy(large, CONFIG, sizeof(CONFIG) - 1);
	*r = record("box");
	r->config = (struct state_bytes){ large, size };
	cr_assert(eq(int, state_create(s->fd, a, r, d, &e), 0), "%s", e.text);
}

static const size_t sizes[] = { 1, 7, 8, 9, sizeof(CONFIG) - 1, 4095, 65537, 1 << 20 };

Test(state_kept, configuration_comes_back)
{
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		AUTO_SCRATCH s = scratch_new();
		AUTO_STATE_DIR d = STATE_DIR_NONE;
		AUTO_ARENA a = { 0 }, b = { 0 };
		struct state_record r, back;
		struct state_bytes found = { 0 };
		struct err e = { 0 };

		make(&s, &a, &d, &r, sizes[i]);
		cr_assert(eq(int, state_read(&d, &b, &back, &e), 0), "%s", e.text);
		cr_expect(eq(u64, back.config_size, sizes[i]));
		cr_expect(lt(sz, b.total, 32768), "%zu bytes read for the record", b.total);
		r.phase = STATE_RUNNING;
		r.pid = 1;
		cr_assert(eq(int, state_write(&d, &r, &e), 0), "%s", e.text);
		cr_assert(eq(int, state_read(&d, &b, &back, &e), 0), "%s", e.text);
		cr_assert(eq(int, state_config(&d, &back, &b, &found, &e), 0), "%s", e.text);
		cr_expect(eq(sz, found.size, sizes[i]));
		cr_expect(eq(int, memcmp(found.text, r.config.text, sizes[i]), 0));
		cr_expect(eq(chr, found.text[found.size], '\0'));
		cr_expect(eq(int, state_remove(&d, &e), 0));
	}
}

Test(state_kept, no_configuration)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_STATE_DIR d = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	struct state_record r;
	struct state_bytes found;
	struct err e = { 0 };

	make(&s, &a, &d, &r, 0);
	cr_expect(eq(int, state_config(&d, &r, &a, &found, &e), -ENODATA));
	cr_expect(eq(str, e.text, "no configuration of container \"box\" is kept"));
}

#define DAMAGED "the kept configuration of container \"box\" is cut short or damaged"

/* Cut, or a bit of it turned over: never believed. */
Test(state_kept, damaged_at_every_byte)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_STATE_DIR d = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	struct state_record r;
	struct state_bytes found;
	const size_t size = sizeof(CONFIG) - 1;
	AUTO_FD fd = FD_NONE;
	struct stat st;

	make(&s, &a, &d, &r, size);
	fd = openat(s.fd, "box/state.first", O_RDWR | O_CLOEXEC);
	cr_assert(fd >= 0 && fstat(fd, &st) == 0);
	for (size_t i = 0; i < size; i++) {
		const off_t at = st.st_size - (off_t)size + (off_t)i;
		const char turned = (char)(CONFIG[i] ^ (1 << i % 8));
		struct err e = { 0 };

		cr_assert(eq(sz, (size_t)pwrite(fd, &turned, 1, at), 1));
		cr_expect(eq(int, state_config(&d, &r, &a, &found, &e), -EINVAL), "byte %zu", i);
		cr_expect(eq(str, e.text, DAMAGED));
		cr_assert(eq(sz, (size_t)pwrite(fd, &CONFIG[i], 1, at), 1));
	}
	for (size_t cut = 1; cut <= (size_t)st.st_size; cut += 13) {
		struct err e = { 0 };

		cr_assert(eq(int, ftruncate(fd, st.st_size - (off_t)cut), 0));
		cr_expect(eq(int, state_config(&d, &r, &a, &found, &e), -EINVAL), "cut %zu", cut);
		cr_expect(eq(str, e.text, DAMAGED));
	}
}

Test(state_kept, report)
{
	AUTO_SCRATCH s = scratch_new();
	AUTO_STATE_DIR d = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	AUTO_FD to = FD_NONE, from = FD_NONE;
	struct state_record r;
	struct err e = { 0 };
	char text[8];

	make(&s, &a, &d, &r, 1);
	cr_assert(eq(int, state_report_open(&d, &from, &e), 0));
	cr_expect(eq(int, from, FD_NONE));
	cr_assert(eq(int, state_report_make(&d, &to, &e), 0), "%s", e.text);
	cr_assert(eq(int, state_report_open(&d, &from, &e), 0), "%s", e.text);
	cr_expect(eq(sz, (size_t)write(to, "why", 3), 3));
	fd_close(&to);
	cr_expect(eq(sz, (size_t)read(from, text, sizeof(text)), 3));
	cr_expect(eq(sz, (size_t)read(from, text, sizeof(text)), 0));
	cr_expect(eq(int, state_remove(&d, &e), 0), "%s", e.text);
}

/* A changed one takes the place of the first, as a whole, and damage to it is seen. */
Test(state_kept, changed_configuration)
{
	static const char changed[] = "{\"b\":1}";
	AUTO_SCRATCH s = scratch_new();
	AUTO_STATE_DIR d = STATE_DIR_NONE;
	AUTO_ARENA a = { 0 };
	struct state_record r;
	struct state_bytes found;
	struct err e = { 0 };

	make(&s, &a, &d, &r, sizeof(CONFIG) - 1);
	cr_assert(eq(int,
		state_config_prepare(&d, (struct state_bytes){ changed, sizeof(changed) - 1 }, &e),
		0));
	cr_assert(eq(int, state_config(&d, &r, &a, &found, &e), 0), "%s", e.text);
	cr_expect(eq(str, (char *)found.text, CONFIG));
	cr_assert(eq(int, state_config_commit(&d, &e), 0), "%s", e.text);
	cr_assert(eq(int, state_config(&d, &r, &a, &found, &e), 0), "%s", e.text);
	cr_expect(eq(str, (char *)found.text, (char *)changed));
	for (off_t at = 0; at < (off_t)sizeof(changed) + 16; at++) {
		AUTO_FD fd = openat(d.fd, "config", O_RDWR | O_CLOEXEC);
		char c, other;

		must(pread(fd, &c, 1, at) == 1);
		other = c ^ 1;
		must(pwrite(fd, &other, 1, at) == 1);
		e = (struct err){ 0 };
		cr_expect(
			eq(int, state_config(&d, &r, &a, &found, &e), -EINVAL), "byte %d", (int)at);
		cr_expect(eq(str, e.text, DAMAGED));
		must(pwrite(fd, &c, 1, at) == 1);
	}
	cr_assert(eq(int, state_config_prepare(&d, (struct state_bytes){ "x", 1 }, &e), 0));
	state_config_drop(&d);
	cr_assert(eq(int, state_config(&d, &r, &a, &found, &e), 0), "%s", e.text);
	cr_expect(eq(int, state_remove(&d, &e), 0));
	cr_expect(eq(sz, entries(&s, "."), 0));
}
