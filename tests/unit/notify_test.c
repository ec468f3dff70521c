/* Which addresses and which words count of NOTIFY_SOCKET. */
#include "parent/notify.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static const struct {
	const char *text;
	bool ready;
} words[] = {
	{ "READY=1", true },
	{ "READY=1\n", true },
	{ "STATUS=x\nREADY=1\nMAINPID=5", true },
	{ "\n\nREADY=1", true },
	{ "", false },
	{ "READY=", false },
	{ "READY=11", false },
	{ "READY=1 ", false },
	{ " READY=1", false },
	{ "XREADY=1", false },
	{ "X\nREADY=0\n", false },
	{ "READY=1\r\n", false },
	{ "STATUS=READY=1", false },
};

Test(notify, words)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		cr_expect(eq(int, notify_is_ready(words[i].text, strlen(words[i].text)),
				  words[i].ready),
			"%s", words[i].text);
	cr_expect(eq(int, notify_is_ready("READY=1\0", 8), false));
	cr_expect(eq(int, notify_is_ready("X\0\nREADY=1", 10), true));
	cr_expect(eq(int, notify_is_ready("READY=1x", 7), true), "no byte behind the end");
}

#define EXPECTED \
	"NOTIFY_SOCKET: expected an absolute path, or @ and a name, of at most 107 bytes, found "

static const struct {
	const char *address, *error;
} addresses[] = {
	{ "/run/systemd/notify", NULL },
	{ "@name", NULL },
	{ "/a", NULL },
	{ "", EXPECTED "\"\"" },
	{ "/", EXPECTED "\"/\"" },
	{ "@", EXPECTED "\"@\"" },
	{ "run/notify", EXPECTED "\"run/notify\"" },
	{ "vsock:2:1", EXPECTED "\"vsock:2:1\"" },
	{ "a\nb", EXPECTED "\"a\\nb\"" },
};

Test(notify, addresses)
{
	char long_name[109];

	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		const char *const error = addresses[i].error;
		struct err e = { 0 };

		cr_expect(eq(
			int, notify_check(addresses[i].address, &e), error != NULL ? -EINVAL : 0));
		cr_expect(eq(str, e.text, (char *)(error != NULL ? error : "")));
	}
	memset(long_name, 'x', sizeof(long_name));
	long_name[0] = '/';
	long_name[108] = '\0';
	cr_expect(eq(int, notify_check(long_name, &(struct err){ 0 }), -EINVAL));
	long_name[107] = '\0';
	cr_expect(eq(int, notify_check(long_name, &(struct err){ 0 }), 0));
}
