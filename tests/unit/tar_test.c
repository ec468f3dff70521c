/* Tar streams, byte by byte: headers, pax records, padding, the end. */
#include "diff/tar.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static const char digits[] = "123456789.";

/* A path of 10 letters, so many times. */
static const char *long_path(char *buf, unsigned times)
{
	buf[0] = '\0';
	for (unsigned i = 0; i < times; i++)
		memcpy(buf + 10 * i, digits, 11);
	return buf;
}

struct stream {
	struct tar_out *out;
	char *bytes;
	size_t size;
};

static struct stream stream_new(void)
{
	struct stream s = { .out = calloc(1, sizeof(*s.out)) };

	must(s.out != NULL);
	s.out->fd = memfd_create("tar", MFD_CLOEXEC);
	must(s.out->fd >= 0);
	return s;
}

/* All that was written. */
static void stream_read(struct stream *s)
{
	struct stat st;

	cr_assert(eq(int, tar_end(s->out), 0));
	must(fstat(s->out->fd, &st) == 0);
	s->size = (size_t)st.st_size;
	s->bytes = calloc(1, s->size + 1);
	must(s->bytes != NULL && pread(s->out->fd, s->bytes, s->size, 0) == (ssize_t)s->size);
}

static void stream_done(struct stream *s)
{
	fd_close(&s->out->fd);
	tar_done(s->out);
	free(s->out);
	free(s->bytes);
}

#define AUTO_STREAM __attribute__((cleanup(stream_done))) struct stream

/* A field of a header: its offset, what is in it up to a NUL. */
struct field {
	size_t at, size;
	const char *text;
};

static void expect_fields(const char *header, const struct field *fields, const char *label)
{
	for (; fields->size != 0; fields++) {
		char text[160];

		(void)snprintf(text, sizeof(text), "%.*s", (int)fields->size, header + fields->at);
		cr_expect(eq(str, text, (char *)fields->text), "%s, offset %zu", label, fields->at);
	}
}

/* The sum over a header whose own field is blanks; POSIX. */
static unsigned sum_of(const char *header)
{
	unsigned sum = 0;

	for (size_t i = 0; i < TAR_BLOCK_SIZE; i++)
		sum += i >= 148 && i < 156 ? ' ' : (unsigned char)header[i];
	return sum;
}

static const struct {
	const char *label;
	struct tar_entry entry;
	struct field fields[8];
} plain[] = {
	{ "file", { TAR_FILE, "a/b", NULL, 04755, 1, 2, 3, { 4, 0 }, 0, 0 },
		{ { 0, 100, "a/b" }, { 100, 8, "0004755" }, { 108, 8, "0000001" },
			{ 116, 8, "0000002" }, { 124, 12, "00000000003" },
			{ 136, 12, "00000000004" }, { 156, 1, "0" } } },
	{ "directory", { TAR_DIRECTORY, "a/", NULL, 0700, 0, 0, 0, { 0, 0 }, 0, 0 },
		{ { 0, 100, "a/" }, { 156, 1, "5" }, { 257, 6, "ustar" }, { 263, 2, "00" } } },
	{ "link", { TAR_LINK, "l", "to/there", 0777, 0, 0, 0, { 0, 0 }, 0, 0 },
		{ { 156, 1, "2" }, { 157, 100, "to/there" } } },
	{ "hard link", { TAR_HARD_LINK, "h", "f", 0644, 0, 0, 0, { 0, 0 }, 0, 0 },
		{ { 156, 1, "1" }, { 157, 100, "f" } } },
	{ "device", { TAR_BLOCK, "d", NULL, 0600, 0, 0, 0, { 0, 0 }, 259, 1048575 },
		{ { 156, 1, "4" }, { 329, 8, "0000403" }, { 337, 8, "3777777" } } },
	{ "largest numbers",
		{ TAR_FIFO, "f", NULL, 0, 07777777, 07777777, 0, { 077777777777, 0 }, 0, 0 },
		{ { 108, 8, "7777777" }, { 116, 8, "7777777" }, { 136, 12, "77777777777" } } },
	{ "name with any byte", { TAR_FIFO, "n\n\x1b\xff", NULL, 0, 0, 0, 0, { 0, 0 }, 0, 0 },
		{ { 0, 100, "n\n\x1b\xff" } } },
};

Test(tar, one_header_is_enough)
{
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		AUTO_STREAM s = stream_new();
		char sum[8];

		cr_assert(eq(int, tar_header(s.out, &plain[i].entry), 0));
		cr_assert(eq(int, tar_finish(s.out), 0));
		stream_read(&s);
		expect_fields(s.bytes, plain[i].fields, plain[i].label);
		(void)snprintf(sum, sizeof(sum), "%06o", sum_of(s.bytes));
		cr_expect(eq(str, s.bytes + 148, (char *)sum), "%s: sum", plain[i].label);
	}
}

static const struct {
	const char *label;
	struct tar_entry entry; /* path, link NULL: 101 letters */
	const char *record;     /* what the pax header holds; NULL: that long path */
} large[] = {
	{ "long path", { TAR_FILE, NULL, NULL, 0, 0, 0, 0, { 0, 0 }, 0, 0 }, NULL },
	{ "nanoseconds", { TAR_FILE, "f", NULL, 0, 0, 0, 0, { 5, 7 }, 0, 0 },
		"21 mtime=5.000000007\n" },
	{ "before 1970", { TAR_FILE, "f", NULL, 0, 0, 0, 0, { -2, 500000000 }, 0, 0 },
		"22 mtime=-1.500000000\n" },
	{ "just before 1970", { TAR_FILE, "f", NULL, 0, 0, 0, 0, { -1, 999999999 }, 0, 0 },
		"22 mtime=-0.000000001\n" },
	{ "far future", { TAR_FILE, "f", NULL, 0, 0, 0, 0, { 0100000000000, 0 }, 0, 0 },
		"30 mtime=8589934592.000000000\n" },
	{ "large uid", { TAR_FILE, "f", NULL, 0, 010000000, 0, 0, { 0, 0 }, 0, 0 },
		"15 uid=2097152\n" },
	{ "large gid", { TAR_FILE, "f", NULL, 0, 0, 4294967295, 0, { 0, 0 }, 0, 0 },
		"18 gid=4294967295\n" },
};

Test(tar, pax_records)
{
	for (size_t i = 0; i < ARRAY_LEN(large); i++) {
		AUTO_STREAM s = stream_new();
		struct tar_entry entry = large[i].entry;
		char path[256], record[300];
		size_t size;

		(void)long_path(path, 11);
		(void)snprintf(record, sizeof(record), "120 path=%s\n", path);
		if (entry.path == NULL)
			entry.path = path;
		if (large[i].record != NULL)
			(void)snprintf(record, sizeof(record), "%s", large[i].record);
		cr_assert(eq(int, tar_header(s.out, &entry), 0));
		cr_assert(eq(int, tar_finish(s.out), 0));
		stream_read(&s);
		cr_expect(eq(sz, s.size, 5 * TAR_BLOCK_SIZE), "%s", large[i].label);
		cr_expect(eq(chr, s.bytes[156], 'x'), "%s", large[i].label);
		size = strtoul(s.bytes + 124, NULL, 8);
		cr_expect(eq(sz, size, strlen(record)), "%s", large[i].label);
		cr_expect(eq(str, s.bytes + TAR_BLOCK_SIZE, record), "%s", large[i].label);
		cr_expect(eq(chr, s.bytes[2 * TAR_BLOCK_SIZE + 156], '0'), "%s", large[i].label);
	}
}

Test(tar, path_of_100_bytes_needs_no_record)
{
	AUTO_STREAM s = stream_new();
	char path[256];
	const struct tar_entry entry = { .type = TAR_FIFO, .path = long_path(path, 10) };

	cr_assert(eq(int, tar_header(s.out, &entry), 0));
	stream_read(&s);
	cr_expect(eq(sz, s.size, 3 * TAR_BLOCK_SIZE));
	cr_expect(eq(int, memcmp(s.bytes, path, 100), 0));
}

static const struct {
	const char *key, *value;
	size_t size;
	const char *record;
} records[] = {
	{ "k", "", 0, "5 k=\n" },
	{ "kkk", "v", 1, "8 kkk=v\n" },
	{ "kkkk", "v", 1, "9 kkkk=v\n" },
	{ "kkkkk", "v", 1, "11 kkkkk=v\n" }, /* the second digit counts too */
	{ "user.a=b%c", "v", 1, "20 user.a%3Db%25c=v\n" },
	{ "k", "a\nb=", 4, "9 k=a\nb=\n" },
};

Test(tar, records_count_their_own_digits)
{
	for (size_t i = 0; i < ARRAY_LEN(records); i++) {
		AUTO_STREAM s = stream_new();
		const struct tar_entry entry = { .type = TAR_FIFO, .path = "f" };

		cr_assert(eq(int,
			tar_record(s.out, records[i].key, records[i].value, records[i].size), 0));
		cr_assert(eq(int, tar_header(s.out, &entry), 0));
		stream_read(&s);
		cr_expect(
			eq(str, s.bytes + TAR_BLOCK_SIZE, (char *)records[i].record), "row %zu", i);
	}
}

Test(tar, records_have_an_end)
{
	AUTO_STREAM s = stream_new();
	char *const value = calloc(1, TAR_RECORDS_MAX);

	cr_assert(value != NULL);
	cr_expect(eq(int, tar_record(s.out, "k", value, TAR_RECORDS_MAX), -E2BIG));
	cr_expect(eq(int, tar_record(s.out, "k", value, TAR_RECORDS_MAX / 2), 0));
	cr_expect(eq(int, tar_record(s.out, "k", value, TAR_RECORDS_MAX / 2), -E2BIG));
	free(value);
}

static const struct {
	const char *label;
	uint64_t size; /* of the header */
	size_t given;
	int rc; /* of tar_data */
	size_t blocks;
} contents[] = {
	{ "none", 0, 0, 1, 3 },
	{ "one byte", 1, 1, 1, 4 },
	{ "a block", 512, 512, 1, 4 },
	{ "a block and a byte", 513, 513, 1, 5 },
	{ "too little: zeros", 1024, 1, 0, 5 },
	{ "too much: left out", 1, 600, 1, 4 },
	{ "more than the buffer", 100000, 100000, 1, 3 + 196 },
};

Test(tar, contents)
{
	char *const bytes = malloc(100000);

	cr_assert(bytes != NULL);
	memset(bytes, 'x', 100000);
	for (size_t i = 0; i < ARRAY_LEN(contents); i++) {
		AUTO_STREAM s = stream_new();
		const struct tar_entry entry = {
			.type = TAR_FILE, .path = "f", .size = contents[i].size
		};
		size_t xs = 0;

		cr_assert(eq(int, tar_header(s.out, &entry), 0));
		cr_expect(eq(int, tar_data(s.out, bytes, contents[i].given), contents[i].rc), "%s",
			contents[i].label);
		cr_assert(eq(int, tar_finish(s.out), 0));
		stream_read(&s);
		cr_expect(eq(sz, s.size, contents[i].blocks * TAR_BLOCK_SIZE), "%s",
			contents[i].label);
		for (size_t at = TAR_BLOCK_SIZE; at < s.size; at++)
			xs += s.bytes[at] == 'x';
		cr_expect(eq(sz, xs,
				  contents[i].given < contents[i].size ? contents[i].given
								       : contents[i].size),
			"%s", contents[i].label);
	}
	free(bytes);
}

Test(tar, a_full_disk_is_told)
{
	AUTO_STREAM s = stream_new();
	const struct tar_entry entry = { .type = TAR_FIFO, .path = "f" };

	fd_close(&s.out->fd);
	s.out->fd = openat(AT_FDCWD, "/dev/full", O_WRONLY | O_CLOEXEC);
	cr_assert(eq(int, tar_header(s.out, &entry), 0));
	cr_expect(eq(int, tar_end(s.out), -ENOSPC));
}
