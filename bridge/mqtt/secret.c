/* The walk: open, read until the end or until it is too large, cut the line end. Nothing is left behind in
 * memory. */
#include "mqtt/secret.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/error.h"

#define ROOM (SECRET_MAX + 3) /* with a line end, and one byte that says there is more */

static int read_secret(int fd, char *bytes, size_t *ret_size)
{
    ssize_t n = descriptor_read(fd, bytes, ROOM);
    if (n < 0)
        return (int)n;
    size_t size = (size_t)n;
    if (size && bytes[size - 1] == '\n') {
        size--;
        if (size && bytes[size - 1] == '\r')
            size--;
    }
    if (size > SECRET_MAX)
        return -EMSGSIZE;
    *ret_size = size;
    return 0;
}

int secret_read(const char *path, struct xpl_slice *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    char *bytes = malloc(ROOM);
    size_t size = 0;
    int error = bytes ? read_secret(fd, bytes, &size) : -ENOMEM;
    close(fd);
    if (error) {
        secret_free(xpl_slice(bytes, bytes ? ROOM : 0));
        return error;
    }
    explicit_bzero(bytes + size, ROOM - size);
    *ret = xpl_slice(bytes, size);
    return 0;
}

void secret_free(struct xpl_slice secret)
{
    if (!secret.data)
        return;
    explicit_bzero((char *)secret.data, secret.size);
    free((char *)secret.data);
}
