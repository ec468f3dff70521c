/* Changing a configuration that is there: parts of it read by themselves, put over what was before,
 * and written back into its text.  Looks at nothing but the tables. */
#ifndef CRUN_LITE_SPEC_CHANGE_H
#define CRUN_LITE_SPEC_CHANGE_H

#include "base/json_out.h"
#include "spec/spec.h"

/* As spec_read of SPEC_RESOURCES, but only types, ranges and forms are judged: what rules say holds
 * for the whole that comes of it (spec_judge_resources). */
CHECKED int spec_read_change(const char *bytes, size_t size, struct spec_report *report,
	const struct spec_resources **ret);

/* The same for the object linux.intelRdt. */
CHECKED int spec_read_rdt_change(const char *bytes, size_t size, struct spec_report *report,
	const struct spec_intel_rdt **ret);

/* A file that is a list of mounts, as `mounts` of a configuration; it is judged by the rules of
 * those.  ret: of which only mounts are filled */
CHECKED int spec_read_mounts(
	const char *bytes, size_t size, struct spec_report *report, const struct spec_config **ret);

/* What was, with what changes put over it.  Members of lists are the same when what names them is
 * (major and minor, pageSize, name, key), but for device rules, whose list is taken as a whole.
 * What stays has the place of the object of the change that it is in.
 * base, change  either may be NULL
 * Returns       0; -ENOMEM */
CHECKED int spec_merge_resources(const struct spec_resources *base,
	const struct spec_resources *change, struct arena *a, const struct spec_resources **ret);
CHECKED int spec_merge_rdt(const struct spec_intel_rdt *base, const struct spec_intel_rdt *change,
	struct arena *a, const struct spec_intel_rdt **ret);

/* Asks the rules that resources can be asked. */
void spec_judge_resources(const struct spec_resources *r, struct spec_report *report);

/* One member of `linux` in the text of a configuration, put in or put in its place; all other lines
 * keep their numbers.
 * config    read from these bytes
 * ret       in the arena
 * Returns   0; -ENOMEM; -EINVAL the text is not the configuration's */
struct spec_text {
	const char *bytes;
	size_t size;
};
CHECKED int spec_put_resources(struct spec_text text, const struct spec_config *config,
	const struct spec_resources *r, struct arena *a, struct spec_text *ret);
CHECKED int spec_put_rdt(struct spec_text text, const struct spec_config *config,
	const struct spec_intel_rdt *r, struct arena *a, struct spec_text *ret);

#endif
