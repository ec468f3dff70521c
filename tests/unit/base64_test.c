/* Base64: the vectors of RFC 4648, section 10, and what is none. */
#include "base/base64.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static const struct {
	const char *text, *bytes; /* bytes NULL: refused */
} cases[] = {
	{ "", "" },
	{ "Zg==", "f" },
	{ "Zm8=", "fo" },
	{ "Zm9v", "foo" },
	{ "Zm9vYg==", "foob" },
	{ "Zm9vYmE=", "fooba" },
	{ "Zm9vYmFy", "foobar" },
	{ "+/+/", "\xfb\xff\xbf" },
	{ "Zg", NULL },
	{ "Zg=", NULL },
	{ "Z===", NULL },
	{ "====", NULL },
	{ "Zh==", NULL },
	{ "Zm9=", NULL },
	{ "Zg==Zg==", NULL },
	{ "Zm9v\n", NULL },
	{ "Zm 9v===", NULL },
	{ "Zm-_", NULL },
	{ "Zm\xc3\xbc", NULL },
};

Test(base64, each_case)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_ARENA a = { 0 };
		unsigned char *bytes = NULL;
		const ssize_t rc = base64_decode(cases[i].text, strlen(cases[i].text), &a, &bytes);

		if (cases[i].bytes == NULL) {
			cr_expect(eq(long, rc, -EINVAL), "%s", cases[i].text);
			continue;
		}
		cr_assert(eq(long, rc, (long)strlen(cases[i].bytes)), "%s", cases[i].text);
		cr_expect(
			eq(int, memcmp(bytes, cases[i].bytes, (size_t)rc), 0), "%s", cases[i].text);
	}
}
