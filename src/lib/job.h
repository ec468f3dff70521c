/* From a bundle to a plan: what making and showing a container have in common.  Inside lib/ only.
 */
#ifndef CRUN_LITE_LIB_JOB_H
#define CRUN_LITE_LIB_JOB_H

#include "crun-lite/crun-lite.h"

#include "lib/trace.h"
#include "plan/plan.h"
#include "state/state.h"

struct job {
	const struct crl_settings *settings; /* whom to tell; NULL: nobody */
	struct trace *trace;                 /* NULL: none */
	struct arena arena;
	const char *bundle;      /* absolute */
	struct state_bytes text; /* of the configuration */
	const struct spec_config *config;
	struct host_facts host;
	struct plan_options options;
	struct plan plan;
};

#define AUTO_JOB __attribute__((cleanup(job_done))) struct job

void job_done(struct job *j);

/* Reads and checks the configuration, asks for the facts it needs, decides everything.
 * j           zeroed, but for those options that o does not hold
 * host_facts  text in place of the kernel's answers; NULL: ask */
CHECKED int job_load(
	struct job *j, const struct crl_options *o, const char *host_facts, struct err *e);

/* Wishes for the facts that a process needs. */
void job_wish_process(const struct spec_process *process, struct host_wish *w);

#endif
