/* The message that goes to a seccomp agent, byte by byte. */
#include "parent/agent.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/mman.h>

#define HEAD "{\"ociVersion\":\"1.3.0\",\"fds\":[\"seccompFd\"],\"pid\":77,"
#define STATE                                                                        \
	"\"state\":{\"ociVersion\":\"1.3.0\",\"id\":\"c1\",\"status\":\"creating\"," \
	"\"pid\":77,\"bundle\":\"/b\""

static const struct spec_pair notes[] = { { { "a\"b", { 1, 1 } }, { "", { 1, 1 } } },
	{ { "c", { 1, 1 } }, { "d\ne", { 1, 1 } } } };

static const struct {
	const char *metadata;
	size_t notes;
	const char *text;
} cases[] = {
	{ NULL, 0, HEAD STATE "}}" },
	{ "", 0, HEAD "\"metadata\":\"\"," STATE "}}" },
	{ "x\\y", 2,
		HEAD "\"metadata\":\"x\\\\y\"," STATE
		     ",\"annotations\":{\"a\\\"b\":\"\",\"c\":\"d\\ne\"}}}" },
};

Test(agent, message)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FD fd = memfd_create("message", MFD_CLOEXEC);
		const struct plan_options options = { .id = "c1", .bundle = "/b" };
		const struct spec_config config = { .annotations = {
							    notes, cases[i].notes, { 1, 1 } } };
		const struct plan_listener_message op = { .metadata = cases[i].metadata };
		const struct plan plan = { .options = &options, .config = &config };
		char text[1024] = "";
		struct err e = { 0 };

		cr_assert(eq(int, agent_message(&plan, &op, 77, fd, &e), 0));
		cr_assert(gt(long, pread(fd, text, sizeof(text) - 1, 0), 0));
		cr_expect(eq(str, text, (char *)cases[i].text));
	}
}
