/* The C API of crun-lite, continued: what runs in a container, and what it uses.  The rules are
 * those of crun-lite.h. */
#ifndef CRUN_LITE_STATS_H
#define CRUN_LITE_STATS_H

#include "crun-lite/crun-lite.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The processes of a container, in the order of their numbers as the caller sees them; one that has
 * stopped has none.
 * ret  the caller's to free(3), also without any */
int crl_pids(struct crl *c, const char *id, int **ret, size_t *ret_count, struct crl_error *e);

/* What is not known here, for want of a controller, is 0 and its has_ is false; UINT64_MAX: no
 * limit. */
struct crl_stats {
	const char *status; /* as of crl_state; of a stopped container all else is 0 */
	bool has_cpu, has_memory, has_io, has_pids;
	uint64_t cpu;                  /* nanoseconds of all CPUs together */
	uint64_t memory, memory_limit; /* bytes, without cache that is easily given back */
	uint64_t read, written;        /* bytes, of all devices */
	uint64_t pids, pids_limit;
	int64_t at; /* when: milliseconds of a clock that only goes forward */
};

/* What a container uses at this moment. */
int crl_stats(struct crl *c, const char *id, struct crl_stats *ret, struct crl_error *e);

struct crl_event_options {
	unsigned interval_ms; /* between statistics; > 0 */
	bool once;            /* the statistics of now, and no more */
	/* Gets each event as one line of JSON, without its newline.  A negative result ends the
	 * call and is its result; *e then says nothing. */
	int (*each)(void *data, const char *line);
	void *data;
};

/* Tells the statistics of a running container at once and then at each interval, and when a process
 * of it was killed for want of memory; returns when the container ends. */
int crl_events(
	struct crl *c, const char *id, const struct crl_event_options *o, struct crl_error *e);

#ifdef __cplusplus
}
#endif
#endif
