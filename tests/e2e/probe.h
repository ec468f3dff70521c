/* The parts of the probe. */
#ifndef CRUN_LITE_E2E_PROBE_H
#define CRUN_LITE_E2E_PROBE_H

/* Prints what there is to see, and the text of the files of argv, which ends with NULL. */
void probe_view(int argc, char **argv);

/* Prints the member "statmount": mount point -> attributes, propagation, flags of the file system.
 */
void probe_mounts(void);

/* Exchanges two names until SIGTERM, then prints how often; they are as they were then.
 * Returns 0, or the errno of what went wrong. */
int probe_swap(const char *a, const char *b);

/* Prints these files as far as they are there, and "at" before the current directory and each mount
 * point, "mounts" before how many there are. */
void probe_met(char **files);

/* Runs a command that often.  For each time prints "round STATUS SIZE SIZE" and then what it wrote
 * to standard output and error, which have these sizes.
 * words  ends with NULL; begins with --tty for a terminal of its own as its three descriptors, then
 *        --rmdir and a directory, as often as one likes: removed before each time
 * Returns 0, or the errno of what went wrong. */
int probe_rounds(int count, char **words);

/* Sends each word to the socket of NOTIFY_SOCKET, but for "+MS", which waits so long, "barrier",
 * which sends a descriptor and waits until it is closed, and "pause".
 * Returns 0, or the errno of what went wrong. */
int probe_notify(char **words);

#endif
