/* The tar stream of tar.h.  Sources: POSIX pax(1), "ustar Interchange Format" and "pax Header
 * Block"; GNU tar's manual for the keys of extended attributes. */
#include "diff/tar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct ustar) == TAR_BLOCK_SIZE, "one block");

enum {
	SHORT_MAX = 07777777, /* seven octal digits */
};
#define LONG_MAX_OCTAL UINT64_C(077777777777) /* eleven */

void tar_done(struct tar_out *t)
{
	free(t->records);
	t->records = NULL;
}

/* --- bytes ----------------------------------------------------------------------------------- */

static int flush(struct tar_out *t)
{
	for (size_t done = 0; done < t->len;) {
		const ssize_t n = write(t->fd, t->buf + done, t->len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	t->len = 0;
	return 0;
}

static int put(struct tar_out *t, const void *bytes, size_t size)
{
	const char *from = bytes;

	while (size > 0) {
		const size_t room = sizeof(t->buf) - t->len;
		const size_t n = size < room ? size : room;

		memcpy(t->buf + t->len, from, n);
		t->len += n;
		from += n;
		size -= n;
		if (t->len == sizeof(t->buf))
			TRY(flush(t));
	}
	return 0;
}

static int put_zeros(struct tar_out *t, uint64_t size)
{
	static const char zeros[TAR_BLOCK_SIZE] = { 0 };

	for (; size > sizeof(zeros); size -= sizeof(zeros))
		TRY(put(t, zeros, sizeof(zeros)));
	return put(t, zeros, (size_t)size);
}

static unsigned padding_of(uint64_t size)
{
	return (unsigned)(-size % TAR_BLOCK_SIZE);
}

/* --- pax records ----------------------------------------------------------------------------- */

static int reserve(struct tar_out *t, size_t more)
{
	size_t size = t->records_size == 0 ? 1024 : t->records_size;
	char *records;

	if (more > TAR_RECORDS_MAX || t->records_len + more > TAR_RECORDS_MAX)
		return -E2BIG;
	while (size < t->records_len + more)
		size *= 2;
	if (size == t->records_size)
		return 0;
	records = realloc(t->records, size);
	if (records == NULL)
		return -ENOMEM;
	t->records = records;
	t->records_size = size;
	return 0;
}

/* The length of a record counts its own digits. */
static size_t with_digits(size_t len)
{
	size_t total = len, before;

	do {
		char digits[24];

		before = total;
		total = len + (size_t)snprintf(digits, sizeof(digits), "%zu", before);
	} while (total != before);
	return total;
}

static bool is_escaped(char c)
{
	return c == '=' || c == '%';
}

int tar_record(struct tar_out *t, const char *key, const void *value, size_t size)
{
	size_t key_len = 0, total;
	char *at;

	for (const char *c = key; *c != '\0'; c++)
		key_len += is_escaped(*c) ? 3 : 1;
	total = with_digits(1 + key_len + 1 + size + 1); /* "LEN KEY=VALUE\n" */
	TRY(reserve(t, total + 1));
	at = t->records + t->records_len;
	at += snprintf(at, 24, "%zu ", total);
	for (const char *c = key; *c != '\0'; c++) {
		if (is_escaped(*c))
			at += snprintf(at, 4, "%%%02X", (unsigned)*c);
		else
			*at++ = *c;
	}
	*at++ = '=';
	memcpy(at, value, size);
	at[size] = '\n';
	t->records_len += total;
	return 0;
}

static int record_text(struct tar_out *t, const char *key, const char *value)
{
	return tar_record(t, key, value, strlen(value));
}

static int record_number(struct tar_out *t, const char *key, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	return record_text(t, key, text);
}

static int record_time(struct tar_out *t, struct timespec time)
{
	/* before 1970 too: what is behind the point counts away from zero */
	const bool negative = time.tv_sec < 0;
	const bool borrow = negative && time.tv_nsec > 0;
	const int64_t whole = borrow ? time.tv_sec + 1 : time.tv_sec;
	const long nano = borrow ? 1000000000 - time.tv_nsec : time.tv_nsec;
	char text[48];

	(void)snprintf(text, sizeof(text), "%s%" PRIu64 ".%09ld", negative ? "-" : "",
		negative ? -(uint64_t)whole : (uint64_t)whole, nano);
	return record_text(t, "mtime", text);
}

static bool fits_time(struct timespec time)
{
	return time.tv_nsec == 0 && time.tv_sec >= 0 && (uint64_t)time.tv_sec <= LONG_MAX_OCTAL;
}

/* What the header of an entry cannot hold. */
static int record_rest(struct tar_out *t, const struct tar_entry *entry)
{
	if (strlen(entry->path) > sizeof(((struct ustar *)0)->name))
		TRY(record_text(t, "path", entry->path));
	if (entry->link != NULL && strlen(entry->link) > sizeof(((struct ustar *)0)->link))
		TRY(record_text(t, "linkpath", entry->link));
	if (entry->size > LONG_MAX_OCTAL)
		TRY(record_number(t, "size", entry->size));
	if (entry->uid > SHORT_MAX)
		TRY(record_number(t, "uid", entry->uid));
	if (entry->gid > SHORT_MAX)
		TRY(record_number(t, "gid", entry->gid));
	return fits_time(entry->mtime) ? 0 : record_time(t, entry->mtime);
}

/* --- headers --------------------------------------------------------------------------------- */

/* Octal digits and a NUL; 0 for what does not fit, which has a record then. */
static void octal(char *field, size_t size, uint64_t value)
{
	char text[24];

	if (value >> (3 * (size - 1)) != 0)
		value = 0;
	(void)snprintf(text, sizeof(text), "%0*" PRIo64, (int)size - 1, value);
	memcpy(field, text, size);
}

static void fill_text(char *field, size_t size, const char *text)
{
	const size_t len = strlen(text);

	memcpy(field, text, len < size ? len : size); /* a full field has no NUL */
}

static void fill_sum(struct ustar *h)
{
	const unsigned char *const bytes = (const unsigned char *)h;
	unsigned sum = 0;

	memset(h->sum, ' ', sizeof(h->sum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += bytes[i];
	(void)snprintf(h->sum, sizeof(h->sum), "%06o", sum); /* "NNNNNN\0 " */
}

static int put_header(struct tar_out *t, char type, const struct tar_entry *entry)
{
	struct ustar h = { .type = type, .magic = "ustar", .version = { '0', '0' } };
	const bool past = entry->mtime.tv_sec < 0;

	fill_text(h.name, sizeof(h.name), entry->path);
	if (entry->link != NULL)
		fill_text(h.link, sizeof(h.link), entry->link);
	octal(h.mode, sizeof(h.mode), entry->mode);
	octal(h.uid, sizeof(h.uid), entry->uid);
	octal(h.gid, sizeof(h.gid), entry->gid);
	octal(h.size, sizeof(h.size), entry->size);
	octal(h.mtime, sizeof(h.mtime), past ? 0 : (uint64_t)entry->mtime.tv_sec);
	octal(h.major, sizeof(h.major), entry->major);
	octal(h.minor, sizeof(h.minor), entry->minor);
	fill_sum(&h);
	return put(t, &h, sizeof(h));
}

static int put_records(struct tar_out *t)
{
	const struct tar_entry pax = { .path = "PaxHeader", .mode = 0644, .size = t->records_len };

	if (t->records_len == 0)
		return 0;
	TRY(put_header(t, 'x', &pax));
	TRY(put(t, t->records, t->records_len));
	TRY(put_zeros(t, padding_of(t->records_len)));
	t->records_len = 0;
	return 0;
}

int tar_header(struct tar_out *t, const struct tar_entry *entry)
{
	must(t->left == 0 && t->padding == 0);
	TRY(record_rest(t, entry));
	TRY(put_records(t));
	TRY(put_header(t, (char)entry->type, entry));
	t->left = entry->size;
	t->padding = padding_of(entry->size);
	return 0;
}

int tar_data(struct tar_out *t, const void *bytes, size_t size)
{
	const size_t n = size < t->left ? size : (size_t)t->left;

	TRY(put(t, bytes, n));
	t->left -= n;
	return t->left == 0;
}

int tar_finish(struct tar_out *t)
{
	TRY(put_zeros(t, t->left + t->padding));
	t->left = 0;
	t->padding = 0;
	return 0;
}

int tar_end(struct tar_out *t)
{
	TRY(put_zeros(t, 2 * TAR_BLOCK_SIZE));
	return flush(t);
}
