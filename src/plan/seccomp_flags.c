/* linux.seccomp.flags as bits.  Compiles nothing. */
#include "plan/seccomp_flags.h"

#include <linux/seccomp.h>

uint64_t plan_seccomp_flags(const struct spec_seccomp *s)
{
	uint64_t flags = 0;

	if (s == NULL || !GIVEN(s->flags))
		return SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	for (size_t i = 0; i < s->flags.count; i++)
		flags |= (uint64_t)s->flags.items[i].value;
	return flags & ~(uint64_t)SECCOMP_FILTER_FLAG_TSYNC;
}
