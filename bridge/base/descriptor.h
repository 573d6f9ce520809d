/* Reading from a descriptor. */
#ifndef BASE_DESCRIPTOR_H
#define BASE_DESCRIPTOR_H

#include <sys/types.h>

/* Reads until the end or until `capacity` bytes are there; who must know whether there is more asks for one
 * byte more than it takes. How many were read, or negative errno. */
ssize_t descriptor_read(int fd, char *data, size_t capacity);

#endif
