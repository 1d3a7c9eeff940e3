/* Documents and cursors, named by handles. Every function may be called on any thread. */
#ifndef HANDLES_H
#define HANDLES_H

#include <stdint.h>

/* Opens a document with a copy of the text. Returns its handle; 0 if `text` is null, not UTF-8, or there is no room. */
uint64_t document_open(const char *text);

/* Closes a document. Returns 0; -1 if `document` is not the handle of an open document. */
int document_close(uint64_t document);

/* Opens a cursor at the beginning of a document. Returns its handle; 0 if `document` is not an open document, or
 * there is no room. */
uint64_t cursor_open(uint64_t document);

/* Returns the cursor's next byte; -1 at the end of the document, or if the document is closed; -2 if `cursor` is not the
 * handle of an open cursor. */
int cursor_next(uint64_t cursor);

/* Closes a cursor. Returns 0; -1 if `cursor` is not the handle of an open cursor. */
int cursor_close(uint64_t cursor);

#endif
