/* Fuzz target: any bytes as a container's state record, as they are and with the right sum behind.
 * Built with libFuzzer (-Dfuzz=true, clang), or with a main of its own that runs the files given as
 * arguments, once whole, cut at each of some places and changed there.  Never touches a file but
 * those. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One line, printable: whatever the file says. */
static void check_error(const struct err *e)
{
	must(e->code > 0 && e->text[0] != '\0');
	for (const char *p = e->text; *p != '\0'; p++)
		must((unsigned char)*p >= 0x20 && *p != 0x7f);
}

/* What is believed is exactly what would have been written. */
static void check_record(const struct state_record *r, const char *text, size_t size)
{
	AUTO_ARENA arena = { 0 };
	AUTO_JSON json = { 0 };
	struct state_bytes again = { 0 };
	struct err e = { 0 };

	must(state_format(r, &arena, &again, &e) == 0);
	must(again.size == size && memcmp(again.text, text, size) == 0);
	must(r->id[0] != '\0' && r->bundle[0] == '/');
	must(r->phase == STATE_CREATING || r->pid > 0);
	json_object(&json, NULL);
	state_json(&json, r, r->phase, "root");
	json_end(&json);
}

/* Where the record ends never depends on what is behind it. */
static void check_size(const char *text, size_t size)
{
	const size_t record = state_record_size(text, size);

	must(record <= size);
	must(record == 0 || state_record_size(text, record) == record);
}

static void parse(const char *text, size_t size)
{
	AUTO_ARENA arena = { 0 };
	struct state_record r;
	struct err e = { 0 };

	check_size(text, size);
	if (state_parse(text, size, &arena, &r, &e) < 0)
		check_error(&e);
	else {
		check_record(&r, text, size);
		must(state_record_size(text, size) == size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum {
		SUM_SIZE = 32
	};
	char *const text = malloc(size + SUM_SIZE);
	int len;

	parse((const char *)data, size);
	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	len = snprintf(text + size, SUM_SIZE, "sum=%016" PRIx64 "\n", state_sum(text, size));
	parse(text, size + (size_t)len);
	free(text);
	return 0;
}

#ifndef CRUN_LITE_LIBFUZZER
/* A copy of exactly its size, so that a sanitizer sees each byte read beyond it. */
static int run_exact(const char *data, size_t size)
{
	uint8_t *const copy = malloc(size == 0 ? 1 : size);

	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size); /* always 0 */
	free(copy);
	return 0;
}

static int run_file(const char *path)
{
	static char data[64 * 1024];
	FILE *const f = fopen(path, "re");
	size_t size;

	if (f == NULL)
		return -errno;
	size = fread(data, 1, sizeof(data), f);
	if (fclose(f) != 0)
		return -errno;
	TRY(run_exact(data, size));
	for (size_t cut = 0; cut < size; cut++)
		TRY(run_exact(data, cut));
	for (size_t i = 0; i < size; i++) {
		const char kept = data[i];

		data[i] = "=\n\\09az/.\xff\x01-"[i % 12];
		TRY(run_exact(data, size));
		data[i] = kept;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int bad = 0;

	for (int i = 1; i < argc; i++)
		if (run_file(argv[i]) < 0) {
			(void)fprintf(stderr, "%s: cannot be read\n", argv[i]);
			bad = 1;
		}
	return argc > 1 ? bad : 1;
}
#endif
