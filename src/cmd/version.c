/* crun-lite version: the lines that engines read. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>

#ifndef CRUN_LITE_COMMIT
#define CRUN_LITE_COMMIT "unknown" /* a build outside of meson */
#endif

int cmd_version(struct cmd *c)
{
	struct crl_error e;
	char *root = NULL;

	(void)c;
	if (crl_default_root(&root, &e) < 0)
		root = NULL; /* a user without a runtime directory has a version too */
	(void)printf("crun-lite version %s\ncommit: %s\nspec: 1.3.0\nrundir: %s\n", crl_version(),
		CRUN_LITE_COMMIT, root != NULL ? root : "none");
	(void)printf("+CAP +SECCOMP +EBPF +YAJL\n");
	free(root);
	return 0;
}
