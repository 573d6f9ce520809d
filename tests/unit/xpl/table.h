/* Test tables: text files with tab-separated columns, '#' lines being comments; and whole files as bytes. */
#ifndef TABLE_H
#define TABLE_H

#include "xpl/slice.h"

#define TABLE_COLUMNS 8

/* The whole file with a NUL behind it, to be freed; NULL when it cannot be read. */
char *table_read(const char *path, size_t *ret_size);

/* The next row that is no comment; *cursor starts at the file's text, which is cut into strings in place.
 * Columns that the row does not have are "". False at the end. */
bool table_row(char **cursor, char *columns[TABLE_COLUMNS]);

/* Reads DIRECTORY/NAME. NULL when it cannot be read. */
char *table_read_in(const char *directory, const char *name, size_t *ret_size);

/* Undoes the escapes of a cell in place: \n \r \t \\ \xHH, and \*N:C for N times the character C, into a new
 * buffer to be freed. NULL when an escape is unknown. */
char *table_unescape(const char *cell, size_t *ret_size);

#endif
