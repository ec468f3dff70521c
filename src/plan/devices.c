/* /dev: the nodes and links that every container has, those of the configuration, the terminal.
 *
 * Nodes are made by descriptor in a /dev of our own making; in a user namespace, where the kernel
 * lets nobody make nodes, the host's are bound. */
#include "plan/build.h"

#include "base/twins.h"
#include "plan/attr.h"
#include "plan/mount_job.h"
#include "plan/paths.h"

#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>

#define DEV_PTS "/dev/pts"

static const struct {
	const char *name, *path;
	unsigned major, minor;
} nodes[] = {
	{ "null", "/dev/null", 1, 3 },
	{ "zero", "/dev/zero", 1, 5 },
	{ "full", "/dev/full", 1, 7 },
	{ "random", "/dev/random", 1, 8 },
	{ "urandom", "/dev/urandom", 1, 9 },
	{ "tty", "/dev/tty", 5, 0 },
};

static const struct {
	const char *name, *target;
} links[] = {
	{ "fd", "/proc/self/fd" },
	{ "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" },
	{ "core", "/proc/kcore" },
	{ "ptmx", "pts/ptmx" },
};

/* The configuration brings its own /dev. */
static bool dev_is_bound(const struct plan *p)
{
	const struct spec_mount_list *const list = &p->config->mounts;
	bool mounted = false;

	for (size_t i = 0; i < list->count; i++)
		if (mount_covers_root(&list->items[i]))
			mounted = false;
		else if (plan_path_is(list->items[i].destination.value, "dev"))
			mounted = true;
	return mounted && p->dev_slot == SLOT_NONE;
}

/* Is there a device of the configuration in the place of a default one? */
static bool is_configured(const struct plan *p, const char *path)
{
	const struct spec_device_list *const list = &p->config->os->devices;

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].path.value, path) == 0)
			return true;
	return false;
}

/* The host's node at the same path, with what a device needs of a mount and no more. */
static int append_bound(
	struct plan *p, struct src_pos at, const char *why, const char *path, struct err *e)
{
	const struct plan_attr flags = { .tree = SLOT_TREE,
		.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
		.words = "nosuid noexec",
		.at = at,
		.path = why };
	struct plan_op *op = plan_append(p, PLAN_clone_tree, at, e, "%s", why);

	if (op == NULL)
		return -ENOMEM;
	op->clone_tree.path = path;
	op->clone_tree.into = SLOT_TREE;
	if (!plan_attr_late(p))
		TRY(plan_attr(p, &flags, e));
	op = plan_append(p, PLAN_attach, at, e, "%s", why);
	if (op == NULL)
		return -ENOMEM;
	op->attach.path = path;
	op->attach.tree = SLOT_TREE;
	if (!plan_attr_late(p))
		return 0;
	op->attach.how = ATTACH_KEEP;
	return plan_attr(p, &flags, e);
}

static int append_defaults(struct plan *p, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
		struct plan_op *op;

		if (is_configured(p, nodes[i].path))
			continue;
		if (p->in_user_ns) {
			TRY(append_bound(p, POS_NONE, "default devices", nodes[i].path, e));
			continue;
		}
		op = plan_append(p, PLAN_dev_node, POS_NONE, e, "default devices");
		if (op == NULL)
			return -ENOMEM;
		op->dev_node.at = p->dev_slot;
		op->dev_node.name = nodes[i].name;
		op->dev_node.mode = S_IFCHR | 0666;
		op->dev_node.major = nodes[i].major;
		op->dev_node.minor = nodes[i].minor;
	}
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		struct plan_op *const op =
			plan_append(p, PLAN_dev_link, POS_NONE, e, "default devices");

		if (op == NULL)
			return -ENOMEM;
		op->dev_link.at = p->dev_slot;
		op->dev_link.name = links[i].name;
		op->dev_link.target = links[i].target;
	}
	return 0;
}

static int append_device(struct plan *p, size_t i, struct err *e)
{
	const struct spec_device *const d = &p->config->os->devices.items[i];
	struct plan_op *op;

	/* Every devpts has a master of its own: the host's, which engines list with all devices,
	 * would open terminals of another one. */
	if (strcmp(d->path.value, "/dev/ptmx") == 0)
		return 0;
	if (p->in_user_ns) {
		const char *const why = arena_printf(p->arena, "linux.devices[%zu]", i);

		if (why == NULL)
			return err_set(e, ENOMEM, d->at, "out of memory");
		return append_bound(p, d->path.at, why, d->path.value, e);
	}
	op = plan_append(p, PLAN_node, d->path.at, e, "linux.devices[%zu]", i);
	if (op == NULL)
		return -ENOMEM;
	op->node.path = d->path.value;
	/* engines send the type's bits of stat(2) along */
	op->node.mode =
		(uint64_t)d->type.value | (GIVEN(d->fileMode) ? d->fileMode.value & 07777 : 0666);
	op->node.major = d->major.value > 0 ? (uint64_t)d->major.value : 0;
	op->node.minor = d->minor.value > 0 ? (uint64_t)d->minor.value : 0;
	op->node.uid = d->uid.value;
	op->node.gid = d->gid.value;
	return 0;
}

static int open_dev(struct plan *p, const char *path, int *ret, struct err *e)
{
	struct plan_op *const op = plan_append(p, PLAN_open_dev, POS_NONE, e, "default devices");

	if (op == NULL)
		return -ENOMEM;
	*ret = plan_slot_new(p);
	op->open_dev.path = path;
	op->open_dev.into = *ret;
	return 0;
}

static int check_terminal(const struct plan *p, struct err *e)
{
	const struct spec_bool *const terminal = &p->config->process->terminal;
	const struct plan_options *const o = p->options;

	if (terminal->value && o->detach && o->console_socket == NULL) {
		(void)err_set(e, EINVAL, terminal->at,
			"process.terminal: nobody would hold the terminal of a detached container");
		return err_hint(e, "give --console-socket PATH, or set process.terminal to false");
	}
	if (!terminal->value && o->console_socket != NULL)
		return err_set(e, EINVAL, terminal->at,
			"--console-socket: process.terminal is not set, so there is no terminal to send");
	return 0;
}

int plan_console_connect(struct plan *p, struct err *e)
{
	struct plan_op *op;

	TRY(check_terminal(p, e));
	if (p->options->console_socket == NULL)
		return 0;
	op = plan_append(p, PLAN_console_connect, POS_NONE, e, "--console-socket");
	if (op == NULL)
		return -ENOMEM;
	op->console_connect.path = p->options->console_socket;
	return 0;
}

static int append_console(struct plan *p, struct err *e)
{
	const struct spec_process *const process = p->config->process;
	struct plan_op *op;

	if (!process->terminal.value)
		return 0;
	if (p->pts_slot == SLOT_NONE)
		TRY(open_dev(p, DEV_PTS, &p->pts_slot, e));
	op = plan_append(p, PLAN_console, process->terminal.at, e, "process.terminal");
	if (op == NULL)
		return -ENOMEM;
	op->console.pts = p->pts_slot;
	op->console.uid = process->user != NULL ? process->user->uid.value : 0;
	if (process->consoleSize != NULL) {
		op->console.rows = process->consoleSize->height.value;
		op->console.columns = process->consoleSize->width.value;
	}
	return 0;
}

/* Of several with the same path the last wins. */
static int append_devices(struct plan *p, struct err *e)
{
	const struct spec_device_list *const list = &p->config->os->devices;
	struct twin *const paths = arena_array(p->arena, list->count + 1, sizeof(*paths));

	if (paths == NULL)
		return err_set(e, ENOMEM, list->at, "out of memory");
	for (size_t i = 0; i < list->count; i++) {
		paths[i].text = list->items[i].path.value;
		paths[i].len = strlen(paths[i].text);
	}
	twins_find(paths, list->count);
	for (size_t i = 0; i < list->count; i++)
		if (!paths[i].later)
			TRY(append_device(p, i, e));
	return 0;
}

int plan_devices(struct plan *p, struct err *e)
{

	if (!dev_is_bound(p)) {
		if (p->dev_slot == SLOT_NONE)
			TRY(open_dev(p, "/dev", &p->dev_slot, e));
		TRY(append_defaults(p, e));
		TRY(append_devices(p, e));
	}
	/* The session's leader is who may have a controlling terminal. */
	if (plan_append(p, PLAN_session, POS_NONE, e, "process") == NULL)
		return -ENOMEM;
	return append_console(p, e);
}
