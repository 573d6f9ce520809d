#include "base/descriptor.h"

#include <errno.h>
#include <unistd.h>

ssize_t descriptor_read(int fd, char *data, size_t capacity)
{
    size_t size = 0;
    while (size < capacity) {
        ssize_t n = read(fd, data + size, capacity - size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        size += (size_t)n;
    }
    return (ssize_t)size;
}
