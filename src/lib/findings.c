/* What a report holds beside its first error, to those who listen.  Judges nothing. */
#include "lib/findings.h"

#include <stdio.h>

enum {
	ERRORS_TOLD = 20
};

void findings_tell(const struct spec_report *r, const struct crl_settings *settings)
{
	const struct spec_finding *const first = spec_report_next(r, NULL, SPEC_ERROR);
	char text[1200];
	size_t told = 1;

	for (const struct spec_finding *f = r->first; f != NULL; f = f->next) {
		const bool error = f->severity == SPEC_ERROR;

		if (f == first || (error && told++ >= ERRORS_TOLD))
			continue;
		(void)snprintf(text, sizeof(text), "%s%s%s", f->path,
			f->path[0] != '\0' ? ": " : "", f->text); /* cut when too long */
		crl_tell(settings, error ? CRL_ERROR : CRL_DEBUG, f->at, text);
	}
	if (told <= ERRORS_TOLD)
		return;
	(void)snprintf(text, sizeof(text), "%zu more errors: `crun-lite check` shows them",
		r->counts[SPEC_ERROR] - ERRORS_TOLD);
	crl_tell(settings, CRL_ERROR, POS_NONE, text);
}
