/* Help as pages: the parts of one in their order, and the forms that they are printed in.
 * Inside cmd/ only. */
#ifndef CRUN_LITE_CMD_PAGE_H
#define CRUN_LITE_CMD_PAGE_H

#include "cmd/args.h"

/* One form: a function for each kind of part. */
struct page_form {
	/* name "crun-lite-run" or "crun-lite"; what it does, without a full stop */
	void (*begin)(const char *name, const char *what);
	void (*section)(const char *name); /* "exit status" */
	void (*usage)(const char *command, const char *arguments);
	void (*text)(const char *paragraph);
	void (*item)(const char *term, const char *text); /* "-b, --bundle DIR" */
	void (*example)(const char *line, const char *what);
	void (*end)(void);
};

extern const struct page_form page_text, page_man, page_markdown;

/* The form of this name; NULL when there is none. */
const struct page_form *page_form_of(const char *name);

/* Prints a command's page; CMD_NONE: the one of the whole program. */
void page_print(const struct page_form *form, enum cmd_name name);

/* Prints how a command is called; NULL: the program. */
void page_usage(const char *command, const char *arguments);

/* Prints words in lines, blanks between them, behind what stands on the first line already.
 * column   where the first line is
 * indent   of the others
 * columns  of a line
 * put      prints a word; begins: it is the first of its line */
struct page_lines {
	size_t column, indent, columns;
	void (*put)(const char *word, bool begins);
};
void page_wrap(const struct page_lines *l, const char *text);

#endif
