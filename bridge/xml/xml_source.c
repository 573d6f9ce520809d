#include "xml/xml_source.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/charset.h"
#include "base/error.h"
#include "base/limits.h"

#define FIRST_READ 65536u

void xml_source_init(struct xml_source *source, const char *file, struct xpl_slice text)
{
    *source = (struct xml_source){ .file = file, .text = text, .at = { 0, 0, 1 } };
    /* A byte order mark says UTF-8, which is all we take, and belongs to no column. */
    if (text.size >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
        source->text = xpl_slice(text.data + 3, text.size - 3);
}

/* 0 or negative errno; -EFBIG over LIMIT_FILE. */
static int read_all(int fd, char **ret, size_t *ret_size)
{
    size_t size = 0, capacity = 0;
    char *bytes = NULL;
    for (;;) {
        if (size + 1 >= capacity) {
            capacity = capacity ? capacity * 2 : FIRST_READ;
            char *more = realloc(bytes, capacity);
            if (!more) {
                free(bytes);
                return -ENOMEM;
            }
            bytes = more;
        }
        ssize_t n = read(fd, bytes + size, capacity - size - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n > 0)
            size += (size_t)n;
        if (n < 0 || size > LIMIT_FILE) {
            int r = n < 0 ? -errno : -EFBIG;
            free(bytes);
            return r;
        }
        if (n == 0)
            break;
    }
    bytes[size] = '\0';
    *ret = bytes;
    *ret_size = size;
    return 0;
}

int xml_source_init_file(struct xml_source *source, const char *file, const char *path, struct diag *diag)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    char *bytes = NULL;
    size_t size = 0;
    int r = fd < 0 ? -errno : read_all(fd, &bytes, &size);
    if (fd >= 0 && !standard)
        close(fd);
    if (r == -ENOENT || r == -ENOMEM)
        return r;
    if (r < 0) {
        struct diag_place whole = { file, 0, 0 };
        if (r == -EFBIG)
            diag_error(diag, whole, "is larger than %u MiB", LIMIT_FILE >> 20);
        else
            diag_error(diag, whole, "cannot be read: %s", strerror(-r));
        return -EINVAL;
    }
    xml_source_init(source, file, xpl_slice(bytes, size));
    source->storage = bytes;
    return 0;
}

void xml_source_deinit(struct xml_source *source)
{
    free(source->storage);
    *source = (struct xml_source){ 0 };
}

/* What the XML declaration says, if anything: libxml2 would convert, and our offsets would then mean nothing.
 */
static int check_encoding(struct xml_source *source, struct diag *diag)
{
    struct xpl_slice text = source->text;
    const char *end = NULL;
    if (text.size > 5 && memcmp(text.data, "<?xml", 5) == 0 && text_is_blank(text.data[5]))
        end = memchr(text.data, '>', text.size);
    if (!end)
        return 0;
    struct xpl_slice name;
    size_t offset = 5, size = (size_t)(end - text.data);
    while ((offset = xml_source_attribute(source, offset, &name)) != 0 && offset <= size) {
        if (!xpl_slice_equal(name, XPL_SLICE("encoding")))
            continue;
        const char *last = text.data + offset - 1, *first = last;
        while (first > name.data && first[-1] != *last)
            first--;
        struct xpl_slice value = xpl_slice(first, (size_t)(last - first));
        if (xpl_slice_equal_nocase(value, XPL_SLICE("utf-8")) ||
            xpl_slice_equal_nocase(value, XPL_SLICE("utf8")) ||
            xpl_slice_equal_nocase(value, XPL_SLICE("us-ascii")) ||
            xpl_slice_equal_nocase(value, XPL_SLICE("ascii")))
            return 0;
        diag_error(diag, xml_source_place(source, (size_t)(first - text.data)),
                   "encoding '%.*s' is not read; save the file as UTF-8", XPL_SLICE_ARGS(value));
        return -EINVAL;
    }
    return 0;
}

int xml_source_check(struct xml_source *source, struct diag *diag)
{
    struct xpl_slice text = source->text;
    if (text.size == 0) {
        diag_error(diag, ((struct diag_place){ source->file, 0, 0 }), "is empty");
        return -EINVAL;
    }
    if (check_encoding(source, diag) < 0)
        return -EINVAL;
    for (size_t offset = 0; offset < text.size;) {
        size_t size = utf8_next(xpl_slice(text.data + offset, text.size - offset), NULL);
        if (size == 0 || text.data[offset] == '\0') {
            unsigned byte = (unsigned char)text.data[offset];
            diag_error(diag, xml_source_place(source, offset),
                       byte ? "byte 0x%02X is no UTF-8; save the file as UTF-8"
                            : "byte 0x%02X is no text; save the file as UTF-8",
                       byte);
            return -EINVAL;
        }
        offset += size;
    }
    return 0;
}

struct diag_place xml_source_place(struct xml_source *source, size_t offset)
{
    const char *text = source->text.data;
    if (offset > source->text.size)
        offset = source->text.size;
    for (; source->at.offset < offset; source->at.offset++)
        if (text[source->at.offset] == '\n') {
            source->at.line++;
            source->at.line_start = source->at.offset + 1;
        }
    if (offset < source->at.line_start) {
        for (; source->at.offset > offset; source->at.offset--)
            source->at.line -= text[source->at.offset - 1] == '\n';
        source->at.line_start = offset;
        while (source->at.line_start > 0 && text[source->at.line_start - 1] != '\n')
            source->at.line_start--;
    }
    source->at.offset = offset;
    return (struct diag_place){ source->file, source->at.line, (int)(offset - source->at.line_start) + 1 };
}

size_t xml_source_tag(const struct xml_source *source, size_t offset)
{
    for (size_t i = offset < source->text.size ? offset : source->text.size; i > 0; i--)
        if (source->text.data[i - 1] == '<')
            return i - 1;
    return offset;
}

/* The offset behind the first `end` at or behind `offset`; the end of the text when there is none. */
static size_t behind(struct xpl_slice text, size_t offset, const char *end)
{
    const char *found = memmem(text.data + offset, text.size - offset, end, strlen(end));
    return found ? (size_t)(found - text.data) + strlen(end) : text.size;
}

static bool starts(struct xpl_slice text, size_t offset, const char *with)
{
    size_t size = strlen(with);
    return text.size - offset >= size && memcmp(text.data + offset, with, size) == 0;
}

size_t xml_source_skip(const struct xml_source *source, size_t offset)
{
    struct xpl_slice text = source->text;
    while (offset < text.size) {
        if (text_is_blank(text.data[offset]))
            offset++;
        else if (starts(text, offset, "<!--"))
            offset = behind(text, offset + 4, "-->");
        else if (starts(text, offset, "<?"))
            offset = behind(text, offset + 2, "?>");
        else if (starts(text, offset, "<![CDATA["))
            offset += 9;
        else if (starts(text, offset, "]]>"))
            offset += 3;
        else
            break;
    }
    return offset;
}

size_t xml_source_name_end(const struct xml_source *source, size_t tag)
{
    size_t offset = tag + 1;
    while (offset < source->text.size && !text_is_blank(source->text.data[offset]) &&
           !strchr("/>", source->text.data[offset]))
        offset++;
    return offset;
}

size_t xml_source_attribute(const struct xml_source *source, size_t offset, struct xpl_slice *ret_name)
{
    struct xpl_slice text = source->text;
    while (offset < text.size && text_is_blank(text.data[offset]))
        offset++;
    size_t start = offset;
    while (offset < text.size && !text_is_blank(text.data[offset]) && !strchr("=<>/?\"'", text.data[offset]))
        offset++;
    size_t end = offset;
    while (offset < text.size && text.data[offset] != '"' && text.data[offset] != '\'')
        if (!text_is_blank(text.data[offset]) && text.data[offset] != '=')
            return 0;
        else
            offset++;
    if (end == start || offset == text.size)
        return 0;
    const char *close = memchr(text.data + offset + 1, text.data[offset], text.size - offset - 1);
    if (!close)
        return 0;
    *ret_name = xpl_slice(text.data + start, end - start);
    return (size_t)(close - text.data) + 1;
}
