/* A hash table of key tokens.  Its hash is SipHash-1-3 (Aumasson and Bernstein, 2012) under a key
 * that the kernel gave this process, so that a hostile file cannot make all its keys collide; which
 * keys are in the set does not depend on it. */
#include "spec/keyset.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

enum {
	FIRST_SIZE = 8
};

static uint64_t turn(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = turn(v[1], 13) ^ v[0];
	v[3] = turn(v[3], 16) ^ v[2];
	v[0] = turn(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = turn(v[1], 17) ^ v[2];
	v[3] = turn(v[3], 21) ^ v[0];
	v[2] = turn(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

static uint32_t hash(const char *key, size_t len)
{
	/* AT_RANDOM: 16 bytes that execve(2) made, getauxval(3) */
	const char *const secret = (const char *)getauxval(AT_RANDOM);
	uint64_t k[2] = { 0, 0 };
	uint64_t v[4], word;
	size_t i;

	if (secret != NULL)
		memcpy(k, secret, sizeof(k));
	v[0] = k[0] ^ 0x736f6d6570736575u;
	v[1] = k[1] ^ 0x646f72616e646f6du;
	v[2] = k[0] ^ 0x6c7967656e657261u;
	v[3] = k[1] ^ 0x7465646279746573u;
	for (i = 0; i + 8 <= len; i += 8) {
		memcpy(&word, key + i, 8);
		sip_word(v, word);
	}
	word = 0;
	memcpy(&word, key + i, len - i);
	sip_word(v, word | (uint64_t)len << 56);
	v[2] ^= 0xff;
	for (int n = 0; n < 3; n++)
		sip_round(v);
	return (uint32_t)(v[0] ^ v[1] ^ v[2] ^ v[3]);
}

static void put(struct keyset *s, struct keyset_entry entry)
{
	size_t i = entry.hash & (s->size - 1);

	while (s->entries[i].token != 0)
		i = (i + 1) & (s->size - 1);
	s->entries[i] = entry;
}

static int grow(struct keyset *s)
{
	struct keyset bigger = { .size = s->size == 0 ? FIRST_SIZE : s->size * 2,
		.count = s->count };

	bigger.entries = calloc(bigger.size, sizeof(*bigger.entries));
	if (bigger.entries == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < s->size; i++)
		if (s->entries[i].token != 0)
			put(&bigger, s->entries[i]);
	free(s->entries);
	*s = bigger;
	return 0;
}

int keyset_add(struct keyset *s, const struct lex *l, const char *key, size_t len)
{
	const struct keyset_entry new = { hash(key, len), (uint32_t)l->start + 1 };

	if (s->count >= s->size / 4 * 3)
		TRY(grow(s));
	for (size_t i = new.hash &(s->size - 1); s->entries[i].token != 0;
		i = (i + 1) & (s->size - 1))
		if (s->entries[i].hash == new.hash &&
			lex_is_text(l, s->entries[i].token - 1, key, len))
			return -EEXIST;
	put(s, new);
	s->count++;
	return 0;
}

void keyset_done(struct keyset *s)
{
	free(s->entries);
	*s = (struct keyset){ 0 };
}
