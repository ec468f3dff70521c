/* What a string must look like, by the rows of spec/formats.def. */
#ifndef CRUN_LITE_SPEC_FORMAT_H
#define CRUN_LITE_SPEC_FORMAT_H

#include "spec/fields.h"

/* Has the text this form? */
bool spec_format_is(enum spec_format format, const char *text);

/* The form in words: "an absolute path". */
const char *spec_format_words(enum spec_format format);

/* A text of the form. */
const char *spec_format_example(enum spec_format format);

#endif
