/* The parts of the probe. */
#ifndef CRUN_LITE_E2E_PROBE_H
#define CRUN_LITE_E2E_PROBE_H

/* Prints what there is to see, and the text of the files of argv, which ends with NULL. */
void probe_view(int argc, char **argv);

/* Prints the member "statmount": mount point -> attributes, propagation, flags of the file system.
 */
void probe_mounts(void);

#endif
