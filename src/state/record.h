/* What is written down about a container, its text form, and what became of its process.
 * Opens no file but those of /proc, and ends no process. */
#ifndef CRUN_LITE_STATE_RECORD_H
#define CRUN_LITE_STATE_RECORD_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json_out.h"
#include "spec/spec.h"

#define STATE_VERSION  4u
#define STATE_SIZE_MAX (64u * 1024 * 1024) /* of one file in ROOT/ID */

enum state_status {
	STATE_CREATING,
	STATE_CREATED,
	STATE_RUNNING,
	STATE_PAUSED, /* never in a record, as STATE_STOPPED */
	STATE_STOPPED,
};

/* Who has to look for hooks: the others need not read the configuration. */
enum state_hooks {
	STATE_HOOKS_START = 1, /* startContainer */
	STATE_HOOKS_POSTSTART = 2,
	STATE_HOOKS_POSTSTOP = 4
};

struct state_bytes {
	const char *text; /* a NUL follows */
	size_t size;
};

struct state_record {
#define TEXT(member)        const char *member;
#define NUMBER(member, max) uint64_t member;
#define FLAG(member)        bool member;
#define PHASE(member)       enum state_status member;
#include "spec/state.def"
#undef TEXT
#undef NUMBER
#undef FLAG
#undef PHASE
	struct spec_map annotations; /* of the configuration; without places when read */
	struct state_bytes config;   /* what state_create writes; not in the text form */
};

/* The text form: "crun-lite-state=VERSION", the rows of spec/state.def as "key=value", any number
 * of "annotation=KEY=VALUE", and "sum=" with 16 digits, the state_sum of all before it; a newline
 * ends each.  In a value, controls and backslashes are written \XX, in KEY "=" too. */
CHECKED int state_format(
	const struct state_record *r, struct arena *a, struct state_bytes *ret, struct err *e);

/* Accepts only what state_format could have written, and what makes sense: a fit id, absolute
 * paths, a process from `created` on.  Result and errors as of state_read. */
CHECKED int state_parse(
	const char *text, size_t size, struct arena *a, struct state_record *ret, struct err *e);

/* Bytes of the record that text begins with, up to the end of its sum; 0 when it does not end
 * there.  In a record no other line begins like the last. */
size_t state_record_size(const char *text, size_t size);

/* FNV-1a, 64 bits: any one changed byte changes it.  Against accidents, not against malice. */
uint64_t state_sum(const char *text, size_t size);

/* The same, eight bytes at a time, for what may be large: any one changed byte changes it. */
uint64_t state_sum_fast(const char *text, size_t size);

/* --- the process -------------------------------------------------------------------------- */

/* What the container is at this moment; never STATE_PAUSED, that is known to its cgroup alone.
 * Returns 0, or -errno when /proc does not tell. */
CHECKED int state_status(const struct state_record *r, enum state_status *ret, struct err *e);

/* "creating", "created", ... */
const char *state_status_word(enum state_status s);

/* A descriptor of the container's first process that surely is the one of the record.
 * Returns 0; -ESRCH it is gone, or dead and not reaped yet; else -errno */
CHECKED int state_pidfd(const struct state_record *r, int *ret, struct err *e);

/* The members of the state of runtime-spec (runtime.md, State), and rootfs, created and owner,
 * into the object that the caller has begun.
 * owner  what the user of r->uid is called */
void state_json(
	struct json_out *j, const struct state_record *r, enum state_status s, const char *owner);

#endif
