/* Names against libseccomp's table, which is of all architectures and changes with its version.
 * Makes no filter. */
#include "plan/seccomp_names.h"

#include <seccomp.h>

const struct spec_str *plan_seccomp_unknown(const struct spec_seccomp *s, struct seccomp_place *at)
{
	for (; at->rule < s->syscalls.count; at->rule++, at->name = 0) {
		const struct spec_strings *const names = &s->syscalls.items[at->rule].names;

		/* below zero but not this one: a call that only others have */
		for (; at->name < names->count; at->name++)
			if (seccomp_syscall_resolve_name(names->items[at->name].value) ==
				__NR_SCMP_ERROR)
				return &names->items[at->name];
	}
	return NULL;
}
