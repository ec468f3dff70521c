/* The program: hands its arguments to the command line. */
#include "cmd/cmd.h"

int main(int argc, char **argv, char **envp)
{
	(void)argc;
	return cmd_main(argv, envp);
}
