/* What the words in brackets behind findings stand for.  Finds nothing in configurations. */
#include "spec/doc.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "spec/rules.h"

#define ERROR   SPEC_ERROR
#define WARNING SPEC_WARNING

static const struct spec_doc_rule findings[] = {
#define FINDING(word, severity, text) { severity, word, text, "" },
#include "spec/findings.def"
#undef FINDING
};

/* Number i of both tables.  Returns false behind the last. */
static bool take(size_t i, struct spec_doc_rule *ret)
{
	size_t count;
	const struct rule *const rules = spec_rules(&count);

	if (i < ARRAY_LEN(findings)) {
		*ret = findings[i];
		return true;
	}
	i -= ARRAY_LEN(findings);
	if (i >= count)
		return false;
	*ret = (struct spec_doc_rule){ rules[i].severity, rules[i].name, rules[i].holds,
		rules[i].where };
	return true;
}

bool spec_doc_rule(const char *word, struct spec_doc_rule *ret)
{
	const char *const start = word + (word[0] == '[');
	const char *near = NULL;
	size_t least = SIZE_MAX;
	char wanted[TEXT_SHOWN];

	(void)snprintf(wanted, sizeof(wanted), "%.*s", (int)strcspn(start, "]"), start);
	for (size_t i = 0; take(i, ret); i++) {
		const size_t distance = text_distance(wanted, ret->name);

		if (distance == 0)
			return true;
		if (distance < least && text_is_near(distance, wanted)) {
			least = distance;
			near = ret->name;
		}
	}
	*ret = (struct spec_doc_rule){ .name = near };
	return false;
}
