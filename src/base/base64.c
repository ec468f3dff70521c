/* Base64 to bytes, four characters at a time.  Knows nothing of what they mean. */
#include "base/base64.h"

/* The six bits of a character; -1: not of the alphabet. */
static int bits_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* How many characters at the end are padding. */
static size_t padding_of(const char *text, size_t len)
{
	if (len == 0 || text[len - 1] != '=')
		return 0;
	return text[len - 2] == '=' ? 2 : 1;
}

ssize_t base64_decode(const char *text, size_t len, struct arena *arena, unsigned char **ret)
{
	const size_t padding = len % 4 == 0 ? padding_of(text, len) : 0;
	const size_t size = len / 4 * 3 - padding;
	unsigned char *const bytes = arena_alloc(arena, len / 4 * 3 + 1);

	if (len % 4 != 0)
		return -EINVAL;
	if (bytes == NULL)
		return -ENOMEM;
	for (size_t i = 0, to = 0; i < len; i += 4, to += 3) {
		uint32_t group = 0;

		for (size_t k = 0; k < 4; k++) {
			const int bits = i + k >= len - padding ? 0 : bits_of(text[i + k]);

			if (bits < 0)
				return -EINVAL;
			group = group << 6 | (uint32_t)bits;
		}
		bytes[to] = (unsigned char)(group >> 16);
		bytes[to + 1] = (unsigned char)(group >> 8);
		bytes[to + 2] = (unsigned char)group;
	}
	for (size_t i = size; i < len / 4 * 3; i++)
		if (bytes[i] != 0)
			return -EINVAL; /* bits that belong to no byte */
	*ret = bytes;
	return (ssize_t)size;
}
