/* The C API of crun-lite, continued: what there is to say of a configuration before a container is
 * made of it.  Everything said in crun-lite.h holds here too. */
#ifndef CRUN_LITE_CHECK_H
#define CRUN_LITE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct crl_error;

/* One thing that there is to say of a file.  Its texts are fit for a terminal, but for source. */
struct crl_finding {
	enum crl_severity {
		CRL_FINDING_ERROR,   /* no container is made of it */
		CRL_FINDING_WARNING, /* allowed, but hardly meant */
		CRL_FINDING_LINT,    /* allowed, and dangerous */
	} severity;
	uint32_t line, column, length; /* of the word, in bytes; line 0: the file itself */
	const char *rule;              /* a stable word for its kind: crl_explain has more of it */
	const char *path;              /* "linux.resources.cpu.shares"; "" for the file itself */
	const char *text, *hint;       /* hint: what to do about it; NULL: nothing known */
	const char *source;            /* the line as it is in the file, */
	size_t source_length;          /* so many bytes */
};

struct crl_check_options {
	const char *type, *config; /* NULL: "config"; config.json of the bundle */
	bool lint;
	/* Gets the findings, in the order of the file, the first thousand of them. */
	void (*each)(void *data, const struct crl_finding *f);
	void *data;
};

/* What was found, told or not. */
struct crl_counts {
	size_t errors, warnings, lint;
};

/* Judges a file; makes nothing.
 * path  a file, a bundle, or "-"
 * Returns 0 whatever is wrong with the configuration; an error when it could not be read */
int crl_check(const char *path, const struct crl_check_options *o, struct crl_counts *ret,
	struct crl_error *e);

/* What a member of the configuration is, as docs/config.md has it, or what a finding's word means.
 * what     "linux.resources.cpu.shares"; "" for the file as a whole; "rlimit_order"
 * columns  how wide lines may be; 0: JSON instead of text
 * ret      lines; the text's last one ends in a newline, that of JSON does not */
int crl_explain(const char *what, unsigned columns, char **ret, struct crl_error *e);

#ifdef __cplusplus
}
#endif
#endif
