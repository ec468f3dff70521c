/* The words of spec/enums.def with their numbers.
 * The only file that knows <seccomp.h>; compiles no filter. */
#include "spec/words.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* AUDIT_ARCH_* of <linux/audit.h>, given as numbers: older headers lack some of the names. */
#define SPEC_ARCH_LOONGARCH64                0xc0000102
#define SPEC_ARCH_M68K                       0x00000004
#define SPEC_ARCH_SH                         0x4000002a
#define SPEC_ARCH_SHEB                       0x0000002a

#define SPEC_SECCOMP_FLAG_WAIT_KILLABLE_RECV (1 << 5) /* Linux 5.19 */

#define SPEC_SCHED_ISO                       4 /* reserved by the kernel, which has no such policy */
#define SPEC_SCHED_DEADLINE                  6

/* <linux/mempolicy.h>, given as numbers: older headers lack the newest. */
#define SPEC_MPOL_DEFAULT             0
#define SPEC_MPOL_PREFERRED           1
#define SPEC_MPOL_BIND                2
#define SPEC_MPOL_INTERLEAVE          3
#define SPEC_MPOL_LOCAL               4
#define SPEC_MPOL_PREFERRED_MANY      5 /* Linux 5.15 */
#define SPEC_MPOL_WEIGHTED_INTERLEAVE 6 /* Linux 6.9 */

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80 /* Linux 5.6 */
#endif

#define TABLE(name)             static const struct spec_word words_##name[] = {
#define WORD(text, number, ...) { text, (int64_t)(number) },
#define TABLE_END(name) \
	}               \
	;               \
	const struct spec_words spec_##name = { words_##name, ARRAY_LEN(words_##name) };
/* clang-format off */
#include "spec/enums.def"
/* clang-format on */

const struct spec_word *spec_word_find(const struct spec_words *table, const char *text)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->words[i].text, text) == 0)
			return &table->words[i];
	return NULL;
}

const char *spec_word_text(const struct spec_words *table, int64_t number)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->words[i].number == number)
			return table->words[i].text;
	return "?";
}

#define TEXT_OF(x)   #x
#define NUMBER_OF(x) TEXT_OF(x)

const char *spec_libseccomp_version(void)
{
	return NUMBER_OF(SCMP_VER_MAJOR) "." NUMBER_OF(SCMP_VER_MINOR) "." NUMBER_OF(
		SCMP_VER_MICRO);
}
