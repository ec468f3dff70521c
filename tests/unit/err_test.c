/* Texts of errors: what is put in front, what is cut, which hint stays. */
#include "base/err.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(err, words_come_last)
{
	struct err e = { 0 };

	cr_expect(eq(int, err_sys(&e, ENOENT, (struct src_pos){ 3, 7 }, "cannot open \"%s\"", "/x"),
		-ENOENT));
	cr_expect(eq(int, err_add(&e, "mounts[%d]", 2), -ENOENT));
	cr_expect(eq(str, e.text, "mounts[2]: cannot open \"/x\": No such file or directory"));
	cr_expect(eq(u32, e.at.line, 3));
	cr_expect(eq(u32, e.at.column, 7));
}

Test(err, first_hint_stays)
{
	struct err e = { 0 };

	(void)err_set(&e, EINVAL, POS_NONE, "bad");
	(void)err_hint(&e, "do %s", "this");
	cr_expect(eq(int, err_hint(&e, "do that"), -EINVAL));
	cr_expect(eq(str, e.hint, "do this"));
}

Test(err, long_text_is_cut)
{
	struct err e = { 0 };
	char big[3000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	(void)err_set(&e, EINVAL, POS_NONE, "%s", big);
	(void)err_add(&e, "front");
	cr_expect(eq(sz, strlen(e.text), sizeof(e.text) - 1));
	cr_expect(eq(int, strncmp(e.text, "front: xxx", 10), 0));
}
