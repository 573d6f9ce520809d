/* The walk: blank lines go; what begins with a brace is JSON, everything else xPL text, which goes to the end
 * of its second block, or to the next line that is a message type. What stands between two messages and is
 * neither is told, never skipped: it may be a message with a misspelt first line. */
#include "tool/paste.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/error.h"

int paste_read(const char *path, char **ret, size_t *ret_size)
{
    bool own = strcmp(path, "-") != 0;
    FILE *file = own ? fopen(path, "re") : stdin;
    char *data = file ? malloc(PASTE_MAX + 1) : NULL;
    int r = file && data ? 0 : -errno;
    size_t size = r == 0 ? fread(data, 1, PASTE_MAX + 1, file) : 0;
    if (r == 0 && ferror(file))
        r = -errno;
    if (r == 0 && size > PASTE_MAX)
        r = -EFBIG;
    if (own && file)
        fclose(file);
    if (r < 0) {
        free(data);
        return r;
    }
    *ret = data;
    *ret_size = size;
    return 0;
}

void paste_init(struct paste *paste, struct xpl_slice text)
{
    *paste = (struct paste){ .rest = text, .next_line = 1 };
}

void paste_deinit(struct paste *paste)
{
    json_decref((json_t *)paste->json);
    paste->json = NULL;
}

static struct xpl_slice trim(struct xpl_slice text)
{
    while (text.size && strchr(" \t\r\n", text.data[0]))
        text = xpl_slice(text.data + 1, text.size - 1);
    while (text.size && strchr(" \t\r\n", text.data[text.size - 1]))
        text.size--;
    return text;
}

/* The first line with its end, not yet taken. */
static struct xpl_slice first_line(struct xpl_slice text)
{
    const char *end = text.size ? memchr(text.data, '\n', text.size) : NULL;
    return xpl_slice(text.data, end ? (size_t)(end - text.data) + 1 : text.size);
}

static void take(struct paste *paste, size_t size)
{
    for (size_t i = 0; i < size; i++)
        paste->next_line += paste->rest.data[i] == '\n';
    paste->rest = xpl_slice(paste->rest.data + size, paste->rest.size - size);
}

/* ---- xPL text ---- */

static bool is_type(struct xpl_slice line)
{
    for (int type = XPL_CMND; type <= XPL_TRIG; type++)
        if (xpl_slice_equal_nocase(line, xpl_slice_from(xpl_type_name((enum xpl_type)type))))
            return true;
    return false;
}

static enum paste_result next_text(struct paste *paste, struct xpl_message *ret, struct text *ret_why)
{
    const char *start = paste->rest.data;
    for (int blocks = 0; blocks < 2 && paste->rest.size;) {
        struct xpl_slice line = first_line(paste->rest), content = trim(line);
        if (line.data > start && is_type(content))
            break;
        blocks += content.size && content.data[0] == '}';
        take(paste, line.size);
    }
    int error = xpl_message_parse(ret, start, (size_t)(paste->rest.data - start));
    if (error)
        text_string(ret_why, xpl_error_text(error));
    return error ? PASTE_WRONG : PASTE_MESSAGE;
}

/* ---- JSON ---- */

static const char *add_item(struct xpl_message *message, const char *name, const json_t *value)
{
    if (!json_is_string(value))
        return "a value in its body is no string";
    if (message->n_items == XPL_ITEMS_MAX)
        return xpl_error_text(XPL_E_ITEMS);
    struct xpl_slice text = xpl_slice(json_string_value(value), json_string_length(value));
    if (!*name || memchr(text.data, '\n', text.size))
        return xpl_error_text(*name ? XPL_E_VALUE : XPL_E_NAME);
    message->items[message->n_items++] = (struct xpl_item){ xpl_slice_from(name), text };
    return NULL;
}

static const char *add_body(struct xpl_message *message, json_t *body)
{
    const char *name, *why = NULL;
    json_t *value, *one;
    size_t i;
    json_object_foreach(body, name, value)
    {
        if (!json_is_array(value))
            why = add_item(message, name, value);
        else
            json_array_foreach(value, i, one) why = why ? why : add_item(message, name, one);
        if (why)
            return why;
    }
    return NULL;
}

/* "trig" is "xpl-trig", as everywhere where people write it. */
static bool is_name_of(enum xpl_type type, const char *word)
{
    const char *name = xpl_type_name(type);
    return strcmp(word, name) == 0 || strcmp(word, name + strlen("xpl-")) == 0;
}

/* Fills the message from the object; NULL, or why not. */
static const char *from_object(struct xpl_message *message, json_t *object)
{
    const char *type = json_string_value(json_object_get(object, "type"));
    const char *source = json_string_value(json_object_get(object, "source"));
    const char *target = json_string_value(json_object_get(object, "target"));
    const char *schema = json_string_value(json_object_get(object, "schema"));
    json_t *hop = json_object_get(object, "hop"), *body = json_object_get(object, "body");
    *message = (struct xpl_message){ .hop = hop ? (int)json_integer_value(hop) : 1 };
    while (type && message->type <= XPL_TRIG && !is_name_of(message->type, type))
        message->type++;
    if (!type || message->type > XPL_TRIG)
        return "its \"type\" is none of xpl-cmnd, xpl-stat and xpl-trig";
    if (!source || !*source)
        return "it has no \"source\"";
    const char *dot = schema ? strchr(schema, '.') : NULL;
    if (!schema || !*schema)
        return "it has no \"schema\"";
    if (!json_is_object(body))
        return "it has no \"body\"";
    message->source = xpl_address_split(xpl_slice_from(source));
    message->target = xpl_address_split(xpl_slice_from(target ? target : "*"));
    message->schema = xpl_slice_from(schema);
    message->schema_class = xpl_slice(schema, dot ? (size_t)(dot - schema) : strlen(schema));
    message->schema_type = xpl_slice_from(dot ? dot + 1 : "");
    return add_body(message, body);
}

static enum paste_result read_object(json_t *object, struct xpl_message *ret, struct text *ret_why)
{
    const char *why = from_object(ret, object);
    if (why)
        text_string(ret_why, why);
    return why ? PASTE_WRONG : PASTE_MESSAGE;
}

/* The next one of the samples in what bridge/unmapped says, or NULL. */
static json_t *next_sample(struct paste *paste)
{
    const json_t *list = json_object_get((json_t *)paste->json, "messages");
    while (paste->sample < json_array_size(list)) {
        json_t *sample = json_object_get(json_array_get(list, paste->sample++), "sample");
        if (sample)
            return sample;
    }
    return NULL;
}

static bool load_json(struct paste *paste, struct text *ret_why)
{
    json_error_t error;
    json_t *json = json_loadb(paste->rest.data, paste->rest.size, JSON_DISABLE_EOF_CHECK, &error);
    if (!json)
        text_format(ret_why, "no JSON: %s", error.text);
    take(paste, json ? (size_t)error.position : first_line(paste->rest).size);
    paste->json = (struct json_t *)json;
    paste->sample = 0;
    return json;
}

/* An object, and not a message that lacks its first line. */
static bool is_json(struct xpl_slice text)
{
    text = trim(text);
    if (!text.size || text.data[0] != '{')
        return false;
    text = trim(xpl_slice(text.data + 1, text.size - 1));
    return text.size && (text.data[0] == '"' || text.data[0] == '}');
}

enum paste_result paste_next(struct paste *paste, struct xpl_message *ret, struct text *ret_why)
{
    for (;;) {
        json_t *sample = next_sample(paste);
        if (sample)
            return read_object(sample, ret, ret_why);
        paste_deinit(paste);
        while (paste->rest.size && trim(first_line(paste->rest)).size == 0)
            take(paste, first_line(paste->rest).size);
        if (!paste->rest.size)
            return PASTE_END;
        paste->line = paste->next_line;
        if (!is_json(paste->rest))
            return next_text(paste, ret, ret_why);
        if (!load_json(paste, ret_why))
            return PASTE_WRONG;
        json_t *json = (json_t *)paste->json;
        if (json_is_array(json_object_get(json, "messages")))
            continue;
        sample = json_object_get(json, "sample"); /* one of the unmapped, copied out of their list */
        return read_object(sample ? sample : json, ret, ret_why);
    }
}
