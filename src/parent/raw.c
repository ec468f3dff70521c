/* termios(3).  Touches no other descriptor than the one given. */
#include "parent/raw.h"

int raw_set(struct raw *r, int fd, struct err *e)
{
	struct termios t;

	if (!isatty(fd))
		return 0;
	if (r->fd == FD_NONE && tcgetattr(fd, &r->before) < 0)
		return err_sys(e, errno, POS_NONE, "cannot read the terminal's settings");
	t = r->before;
	cfmakeraw(&t);
	if (tcsetattr(fd, TCSANOW, &t) < 0)
		return err_sys(e, errno, POS_NONE, "cannot make the terminal raw");
	r->fd = fd;
	return 0;
}

void raw_done(struct raw *r)
{
	if (r->fd != FD_NONE)
		(void)tcsetattr(
			r->fd, TCSANOW, &r->before); /* a terminal that is gone needs none */
	r->fd = FD_NONE;
}
