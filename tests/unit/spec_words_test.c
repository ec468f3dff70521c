/* Words of the configuration and their numbers, both ways. */
#include "spec/spec.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sched.h>

Test(spec_words, both_ways)
{
	cr_expect(eq(i64, spec_word_find(&spec_namespace_type, "uts")->number, CLONE_NEWUTS));
	cr_expect(eq(ptr, (void *)spec_word_find(&spec_namespace_type, "UTS"), NULL));
	cr_expect(eq(str, (char *)spec_word_text(&spec_namespace_type, CLONE_NEWNS), "mount"));
	cr_expect(eq(str, (char *)spec_word_text(&spec_namespace_type, 1), "?"));
	cr_expect(eq(
		i64, spec_word_find(&spec_seccomp_arch, "SCMP_ARCH_X86_64")->number, 0xc000003e));
	cr_expect(eq(i64, spec_word_find(&spec_seccomp_arch, "SCMP_ARCH_LOONGARCH64")->number,
		0xc0000102));
}
