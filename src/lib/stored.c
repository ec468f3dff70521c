/* The configuration that is kept of a container.  Reads nothing of the bundle. */
#include "lib/crl.h"

#include "state/kept.h"

int crl_config(const struct state_dir *d, const struct state_record *r, struct arena *a,
	const struct spec_config **ret, struct err *e)
{
	AUTO_ARENA text = { 0 };
	struct state_bytes bytes;

	TRY(state_config(d, r, &text, &bytes, e));
	if (spec_load(bytes.text, bytes.size, a, ret, e) < 0)
		return err_add(e, "the kept configuration of container \"%s\"", d->id);
	return 0;
}
