/* Words of the record's text form, for its writer and its reader. */
#ifndef CRUN_LITE_STATE_FORM_H
#define CRUN_LITE_STATE_FORM_H

#define RECORD_FIRST    "crun-lite-state="
#define RECORD_NOTE     "annotation="
#define RECORD_SUM      "sum="

#define RECORD_SUM_LINE (sizeof(RECORD_SUM) - 1 + 16 + 1) /* bytes, with the newline */

#endif
