/* Which file systems an image is taken for. */
#include "host/layers.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static const struct {
	const char *label, *bytes;
	size_t len, at, size;
	const char *type;
} cases[] = {
	{ "nothing", "", 0, 0, 0, "" },
	{ "zeros", "", 0, 0, 2048, "" },
	{ "squashfs", "hsqs", 4, 0, 2048, "squashfs" },
	{ "squashfs, the first bytes only", "hsqs", 4, 0, 4, "squashfs" },
	{ "squashfs, cut in the magic", "hsqs", 4, 0, 3, "" },
	{ "squashfs, the other byte order", "sqsh", 4, 0, 2048, "" },
	{ "erofs", "\xe2\xe1\xf5\xe0", 4, 1024, 2048, "erofs" },
	{ "erofs, cut in the magic", "\xe2\xe1\xf5\xe0", 4, 1024, 1027, "" },
	{ "erofs, at another place", "\xe2\xe1\xf5\xe0", 4, 0, 2048, "" },
	{ "ext4", "\x53\xef", 2, 1080, 2048, "ext4" },
	{ "ext4, cut in the magic", "\x53\xef", 2, 1080, 1081, "" },
	{ "xfs", "XFSB", 4, 0, 2048, "" },
	{ "a tar archive, compressed", "\x1f\x8b", 2, 0, 2048, "" },
};

Test(layers, image_type)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned char bytes[2048] = { 0 };
		const char *type;

		memcpy(bytes + cases[i].at, cases[i].bytes, cases[i].len);
		type = host_image_type(bytes, cases[i].size);
		cr_expect(eq(str, (char *)(type != NULL ? type : ""), (char *)cases[i].type), "%s",
			cases[i].label);
	}
}
