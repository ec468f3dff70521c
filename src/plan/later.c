/* What the configuration can say and no operation carries out yet: an error, never a weaker
 * container.  A row goes when its builder comes. */
#include "plan/build.h"

int plan_later(struct plan *p, struct err *e)
{
	const struct {
		const char *path;
		bool given;
		struct src_pos at;
	} rows[] = {
		{ "hooks", p->config->hooks != NULL, p->config->at },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].given)
			return err_set(e, ENOTSUP, rows[i].at,
				"%s: this version of crun-lite cannot carry it out", rows[i].path);
	return 0;
}
