/* Where a path of the configuration leads.  Inside src/spec only. */
#ifndef CRUN_LITE_SPEC_DOC_PLACE_H
#define CRUN_LITE_SPEC_DOC_PLACE_H

#include "spec/doc.h"

/* A row of an object or, with holder NULL, the file as a whole. */
struct doc_place {
	const struct spec_object *holder;
	size_t row;
	const char *path;
	bool element;
};

/* The object that the place holds; NULL for anything else. */
const struct spec_object *doc_object(const struct doc_place *place);

/* Words the place and, when deep, its members.  Returns 0; -ENOMEM. */
CHECKED int doc_make(
	struct arena *arena, const struct doc_place *place, bool deep, struct spec_doc *ret);

/* The place of one member below another place, which may be *ret.  Returns 0; -ENOMEM. */
CHECKED int doc_below(
	struct arena *arena, const struct doc_place *above, size_t row, struct doc_place *ret);

#endif
