/* Fuzz target: any bytes as config.json.  Built with libFuzzer (-Dfuzz=true, clang), or with a main
 * of its own that runs the files given as arguments, once whole and once cut at each of some
 * places. Never touches a file but those. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One line, printable: whatever the file says. */
static void check_error(const struct err *e)
{
	must(e->code > 0 && e->text[0] != '\0');
	for (const char *p = e->text; *p != '\0'; p++)
		must((unsigned char)*p >= 0x20 && *p != 0x7f);
	for (const char *p = e->hint; *p != '\0'; p++)
		must((unsigned char)*p >= 0x20 && *p != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA arena = { 0 };
	const struct spec_config *c = NULL;
	struct err e = { 0 };

	if (spec_load((const char *)data, size, &arena, &c, &e) < 0) {
		check_error(&e);
	}
	return 0;
}

#ifndef CRUN_LITE_LIBFUZZER
/* A copy of exactly its size, so that a sanitizer sees each byte read beyond it. */
static int run_exact(const uint8_t *data, size_t size)
{
	uint8_t *const copy = malloc(size == 0 ? 1 : size);

	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size); /* always 0 */
	free(copy);
	return 0;
}

/* The file as it is, cut at many places, and with many bytes changed. */
static int run_variants(uint8_t *data, size_t size)
{
	const size_t step = size / 512 + 1;

	TRY(run_exact(data, size));
	for (size_t cut = 0; cut < size; cut += step)
		TRY(run_exact(data, cut));
	for (size_t i = 0; i < size; i += step) {
		const uint8_t kept = data[i];

		data[i] = (uint8_t) "\"{}[],:0\\\xff-n"[i % 12];
		TRY(run_exact(data, size));
		data[i] = kept;
	}
	return 0;
}

static int run_file(const char *path)
{
	enum {
		LARGEST = 1024 * 1024
	};
	uint8_t *const data = malloc(LARGEST);
	FILE *const f = fopen(path, "re");
	int rc = data == NULL || f == NULL ? -errno : 0;

	if (rc == 0)
		rc = run_variants(data, fread(data, 1, LARGEST, f));
	if (f != NULL && fclose(f) != 0)
		rc = -errno;
	free(data);
	return rc;
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
