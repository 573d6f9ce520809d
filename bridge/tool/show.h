/* What people see of an xPL message on a terminal: no byte of a datagram may give the terminal orders. */
#ifndef TOOL_SHOW_H
#define TOOL_SHOW_H

#include "base/charset.h"
#include "xpl/message.h"

/* Appends the text in UTF-8; line ends and tabs as \n \r \t, other control characters and what is no
 * character as \xNN, byte by byte. */
void show_text(const struct charset *charset, struct xpl_slice slice, struct text *ret);

/* One line, no line end: "trig bnz-owfs.rpi -> target sensor.basic name=value ..."; the target is left out
 * when it is all. A value that holds blanks or quotes is quoted as a shell would want it, so that the line
 * reads back as an argument of `send`. */
void show_message(const struct charset *charset, const struct xpl_message *message, bool colour,
                  struct text *ret);

#endif
