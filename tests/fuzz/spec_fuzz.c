/* Fuzz target: any bytes as config.json, process.json and resources.json.  Built with libFuzzer
 * (-Dfuzz=true, clang), or with a main of its own that runs the files given as arguments, once
 * whole and once cut at each of some places. Never touches a file but those. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One line, printable: whatever the file says. */
static void check_text(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		must((unsigned char)*p >= 0x20 && *p != 0x7f);
}

/* Where a finding points to there is a byte of the file, or its end. */
static void check_place(const uint8_t *data, size_t size, struct src_pos at)
{
	size_t start = 0;

	for (uint32_t line = 1; line < at.line; line++) {
		const uint8_t *const end = memchr(data + start, '\n', size - start);

		must(end != NULL);
		start = (size_t)(end - data) + 1;
	}
	must(at.line == 0 || start + at.column - 1 <= size);
}

static void check_report(const uint8_t *data, size_t size, const struct spec_report *r)
{
	const struct spec_finding *last = NULL;

	for (const struct spec_finding *f = r->first; f != NULL; f = f->next) {
		must(f->code > 0 && f->text[0] != '\0' && f->rule[0] != '\0');
		check_text(f->text);
		check_text(f->path);
		if (f->hint != NULL)
			check_text(f->hint);
		check_place(data, size, f->at);
		must(last == NULL || last->at.line < f->at.line ||
			(last->at.line == f->at.line && last->at.column <= f->at.column));
		last = f;
	}
	must(r->last == last && !r->no_memory);
}

static void read_as(enum spec_type type, const uint8_t *data, size_t size)
{
	AUTO_ARENA arena = { 0 };
	struct spec_report all = { .arena = &arena };
	struct spec_report errors = { .arena = &arena, .errors_only = true };
	const void *target = NULL;
	const int rc = spec_read(type, (const char *)data, size, &all, &target);

	must((rc < 0) == (all.counts[SPEC_ERROR] > 0));
	if (rc == 0 && type == SPEC_CONFIG)
		spec_lint(target, &all);
	check_report(data, size, &all);
	must(spec_read(type, (const char *)data, size, &errors, &target) == rc);
	must(errors.counts[SPEC_ERROR] == all.counts[SPEC_ERROR]);
	check_report(data, size, &errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_as(SPEC_CONFIG, data, size);
	read_as(SPEC_PROCESS, data, size);
	read_as(SPEC_RESOURCES, data, size);
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
