/* The rows of spec/ops.def as tables: name, side, sentence and members of each kind. */
#include "plan/ops.h"

#define STR(op, member)  { #member, MEMBER_STR, offsetof(struct plan_op, op.member) },
#define NUM(op, member)  { #member, MEMBER_NUM, offsetof(struct plan_op, op.member) },
#define INT(op, member)  { #member, MEMBER_INT, offsetof(struct plan_op, op.member) },
#define OCT(op, member)  { #member, MEMBER_OCT, offsetof(struct plan_op, op.member) },
#define HEX(op, member)  { #member, MEMBER_HEX, offsetof(struct plan_op, op.member) },
#define SLOT(op, member) { #member, MEMBER_SLOT, offsetof(struct plan_op, op.member) },
#define LIST(op, member) { #member, MEMBER_LIST, offsetof(struct plan_op, op.member) },
#define DATA(op, member) { #member, MEMBER_DATA, offsetof(struct plan_op, op.member) },

#define OP(name, side, say, members) \
	static const struct plan_member name##_members[] = { members{ NULL, MEMBER_STR, 0 } };
#include "spec/ops.def"
#undef OP

static const struct {
	const char *name, *say;
	enum plan_side side;
	const struct plan_member *members;
} kinds[] = {
#define OP(name, side, say, members) [PLAN_##name] = { #name, say, SIDE_##side, name##_members },
#include "spec/ops.def"
#undef OP
};

const char *plan_kind_name(enum plan_kind kind)
{
	must(kind < PLAN_KINDS);
	return kinds[kind].name;
}

const char *plan_kind_say(enum plan_kind kind)
{
	must(kind < PLAN_KINDS);
	return kinds[kind].say;
}

enum plan_side plan_kind_side(enum plan_kind kind)
{
	must(kind < PLAN_KINDS);
	return kinds[kind].side;
}

const struct plan_member *plan_kind_members(enum plan_kind kind)
{
	must(kind < PLAN_KINDS);
	return kinds[kind].members;
}
