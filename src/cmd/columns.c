/* How wide the terminal is. */
#include "cmd/cmd.h"

#include <sys/ioctl.h>
#include <unistd.h>

size_t cmd_columns(size_t elsewhere)
{
	struct winsize size = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return elsewhere;
	return size.ws_col;
}
