/* From bytes to a message, tolerantly.
 *
 * The walk: type line, `{`, header lines, `}`, schema line, `{`, items, `}`. Each step takes the next line;
 * blanks and blank lines around the steps are skipped. A line ends at LF, a CR before it belongs to the end,
 * and the last line needs no end. A block closes at a line that starts with `}`, whatever follows there
 * (padding, or a second message whose sender writes no last line feed); a brace inside a value is data.
 *
 * The bytes running out is XPL_E_TRUNCATED wherever it happens after the type line: only a message that is
 * complete is judged. All "bytes left" arithmetic is in next_line().
 */
#include "xpl/message.h"

#include "scan.h"

struct reader {
    const char *at;
    size_t left;
};

/* The next line without its end. False at the end of the bytes. */
static bool next_line(struct reader *reader, struct xpl_slice *ret)
{
    if (!reader->left)
        return false;
    const char *end = memchr(reader->at, '\n', reader->left);
    struct xpl_slice line = xpl_slice(reader->at, end ? (size_t)(end - reader->at) : reader->left);
    size_t taken = end ? line.size + 1 : line.size;
    reader->at += taken;
    reader->left -= taken;
    if (line.size && line.data[line.size - 1] == '\r')
        line.size--;
    *ret = line;
    return true;
}

/* The next line that is not blank, without blanks around it. */
static bool next_text(struct reader *reader, struct xpl_slice *ret)
{
    struct xpl_slice line;
    while (next_line(reader, &line)) {
        line = scan_trim(line);
        if (line.size) {
            *ret = line;
            return true;
        }
    }
    return false;
}

/* Goes into a block. `otherwise` is the error when something else stands there. */
static int open_block(struct reader *reader, int otherwise)
{
    struct xpl_slice line;
    if (!next_text(reader, &line))
        return XPL_E_TRUNCATED;
    return xpl_slice_equal(line, XPL_SLICE("{")) ? XPL_OK : otherwise;
}

static bool is_closing(struct xpl_slice line)
{
    line = scan_trim(line);
    return line.size && line.data[0] == '}';
}

static bool parse_type(struct xpl_slice line, enum xpl_type *ret)
{
    for (int type = XPL_CMND; type <= XPL_TRIG; type++)
        if (xpl_slice_equal_nocase(line, xpl_slice_from(xpl_type_name((enum xpl_type)type)))) {
            *ret = (enum xpl_type)type;
            return true;
        }
    return false;
}

/* The three header lines that we know. What comes first counts; data is NULL where the line is missing. */
struct header {
    struct xpl_slice hop, source, target;
};

static int collect_header(struct reader *reader, struct header *ret)
{
    const struct {
        struct xpl_slice name;
        struct xpl_slice *value;
    } known[] = {
        { XPL_SLICE("hop"), &ret->hop },
        { XPL_SLICE("source"), &ret->source },
        { XPL_SLICE("target"), &ret->target },
    };
    struct xpl_slice line;
    while (next_text(reader, &line)) {
        struct xpl_slice name, value;
        if (is_closing(line))
            return XPL_OK;
        if (xpl_slice_equal(line, XPL_SLICE("{"))) /* the body's: the header was never closed */
            return XPL_E_HEADER;
        if (!xpl_slice_cut(line, '=', &name, &value))
            continue;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            if (!known[i].value->data && xpl_slice_equal_nocase(scan_trim(name), known[i].name))
                *known[i].value = scan_trim(value);
    }
    return XPL_E_TRUNCATED;
}

static int parse_header(struct reader *reader, struct xpl_message *ret)
{
    struct header header = { 0 };
    int r = open_block(reader, XPL_E_HEADER);
    if (!r)
        r = collect_header(reader, &header);
    if (r)
        return r;

    if (!header.hop.data)
        header.hop = XPL_SLICE("1");
    if (header.hop.size != 1 || header.hop.data[0] < '0' || header.hop.data[0] > '9')
        return XPL_E_HOP;
    ret->hop = header.hop.data[0] - '0';

    if (!header.source.size || xpl_target_is_all(header.source) || scan_has_control(header.source))
        return XPL_E_SOURCE;
    ret->source = xpl_address_split(header.source);

    if (!header.target.data)
        header.target = XPL_SLICE("*");
    if (!header.target.size || scan_has_control(header.target))
        return XPL_E_TARGET;
    ret->target = xpl_address_split(header.target);
    return XPL_OK;
}

static int parse_schema(struct reader *reader, struct xpl_message *ret)
{
    struct xpl_slice line;
    if (!next_text(reader, &line))
        return XPL_E_TRUNCATED;
    if (line.data[0] == '{' || line.data[0] == '}' || scan_has_control(line))
        return XPL_E_SCHEMA;
    ret->schema = line;
    ret->schema_class = line;
    ret->schema_type = xpl_slice(line.data + line.size, 0);
    xpl_slice_cut(line, '.', &ret->schema_class, &ret->schema_type);
    return XPL_OK;
}

static int parse_body(struct reader *reader, struct xpl_message *ret)
{
    int r = open_block(reader, XPL_E_BODY);
    if (r)
        return r;
    ret->n_items = 0;
    struct xpl_slice line;
    while (next_line(reader, &line)) {
        struct xpl_item item;
        if (is_closing(line))
            return XPL_OK;
        if (!xpl_slice_cut(line, '=', &item.name, &item.value))
            continue;
        item.name = scan_trim(item.name); /* the value is opaque: its blanks are data */
        if (!item.name.size)              /* some hubs make "=" out of a blank line */
            continue;
        if (scan_has_control(item.name))
            return XPL_E_NAME;
        if (ret->n_items == XPL_ITEMS_MAX)
            return XPL_E_ITEMS;
        ret->items[ret->n_items++] = item;
    }
    return XPL_E_TRUNCATED;
}

int xpl_message_parse(struct xpl_message *ret, const char *data, size_t size)
{
    struct reader reader = { data, size };
    struct xpl_slice line;
    if (!next_text(&reader, &line))
        return XPL_E_EMPTY;
    if (!parse_type(line, &ret->type))
        return XPL_E_TYPE;
    int r = parse_header(&reader, ret);
    if (!r)
        r = parse_schema(&reader, ret);
    if (!r)
        r = parse_body(&reader, ret);
    return r;
}
