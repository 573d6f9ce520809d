/* Reading from a descriptor. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>

/* Reads until the end or until `capacity` bytes are there; who must know whether there is more asks for one
 * byte more than it takes. How many were read, or negative errno. */
ssize_t file_read(int fd, char *data, size_t capacity);

#endif
