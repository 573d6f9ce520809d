/* The walk: the whole file is read and held against UTF-8 (xml_source.c), then libxml2 calls the handlers
 * below, which build elements in the caller's arena. A handler asks how far libxml2 has read and finds, from
 * there, in the file's own bytes, where the tag, its attributes and its text began: '<' cannot stand inside
 * an attribute value, so the last '<' before the end of a start tag is its beginning.
 *
 * What breaks the rules of XML ends the reading, since all that follows is guesswork; what only names another
 * namespace is reported, left out with all it contains, and reading goes on.
 */
#include "xml/xml.h"

#include <stdlib.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "base/error.h"
#include "base/limits.h"
#include "xml/xml_source.h"

#define NS_XML "http://www.w3.org/XML/1998/namespace"
#define NS_XSI "http://www.w3.org/2001/XMLSchema-instance"

/* An element whose end tag has not come yet. The text's storage is used again by the next element of that
 * depth. */
struct frame {
    struct xml_element *element;
    struct xml_element **next_child;
    char *text;
    size_t size, capacity;
    size_t text_from; /* offset behind the last tag; text, if it comes, begins from there */
    bool has_text;    /* text_place is known */
};

struct reader {
    struct xml_source source;
    struct arena *arena;
    const char *ns;
    struct diag *diag;
    xmlParserCtxtPtr parser;
    struct frame frames[LIMIT_XML_DEPTH];
    int depth;   /* of open elements that are ours */
    int foreign; /* of open elements that are not; nothing is built inside them */
    struct xml_element *root;
    int result; /* 0, -EINVAL or -ENOMEM; the worst so far */
    bool stopped;
};

static void stop(struct reader *reader, int result)
{
    if (reader->result != -ENOMEM)
        reader->result = result;
    reader->stopped = true;
    xmlStopParser(reader->parser);
}

static size_t cursor(const struct reader *reader)
{
    const xmlParserInput *input = reader->parser->input;
    return input ? (size_t)input->consumed + (size_t)(input->cur - input->base) : reader->source.text.size;
}

#define REFUSE(reader, place, ...)                        \
    do {                                                  \
        diag_error((reader)->diag, (place), __VA_ARGS__); \
        if ((reader)->result == 0)                        \
            (reader)->result = -EINVAL;                   \
    } while (0)

/* Without NOENT, which would load external entities, libxml2 hands a '&' inside an attribute value on as
 * "&#38;". */
static struct xpl_slice copy_value(struct arena *arena, const char *value, size_t size)
{
    static const struct xpl_slice ampersand = { "&#38;", 5 };
    struct xpl_slice copy = arena_copy(arena, xpl_slice(value, size));
    char *to = (char *)copy.data;
    if (!to)
        return copy;
    for (size_t i = 0; i < size; to++) {
        *to = value[i];
        i += size - i >= ampersand.size && memcmp(value + i, ampersand.data, ampersand.size) == 0
                 ? ampersand.size
                 : 1;
    }
    *to = '\0';
    return xpl_slice(copy.data, (size_t)(to - copy.data));
}

static bool name_is(struct xpl_slice written, const char *prefix, const char *name)
{
    size_t skip = prefix ? strlen(prefix) + 1 : 0;
    return written.size == skip + strlen(name) &&
           memcmp(written.data + skip, name, written.size - skip) == 0 &&
           (skip == 0 || (written.data[skip - 1] == ':' && memcmp(written.data, prefix, skip - 1) == 0));
}

/* Attributes come in the order of the file, but for the declarations of namespaces, which are left out. */
static bool add_attributes(struct reader *reader, struct xml_element *element, size_t tag, int n,
                           const char **values)
{
    struct xml_attribute **last = &element->attributes;
    const char *text = reader->source.text.data;
    size_t offset = xml_source_name_end(&reader->source, tag);
    for (int i = 0; i < n; i++, values += 5) {
        const char *name = values[0], *prefix = values[1], *uri = values[2];
        struct diag_place place = element->place;
        struct xpl_slice written;
        size_t next = offset;
        while ((next = xml_source_attribute(&reader->source, next, &written)) != 0)
            if (name_is(written, prefix, name)) {
                place = xml_source_place(&reader->source, (size_t)(written.data - text));
                offset = next;
                break;
            }
        if (prefix) {
            bool let_pass = !uri || strcmp(uri, NS_XML) == 0 ||
                            (strcmp(uri, NS_XSI) == 0 && strcmp(name, "schemaLocation") == 0);
            if (!let_pass)
                REFUSE(reader, place, "attribute '%s:%s' on <%s> has a namespace; none of ours has", prefix,
                       name, element->name);
            continue;
        }
        struct xml_attribute *attribute = arena_new(reader->arena, struct xml_attribute);
        if (!attribute)
            return false;
        attribute->name = arena_string(reader->arena, name);
        attribute->value = copy_value(reader->arena, values[3], (size_t)(values[4] - values[3]));
        attribute->place = place;
        if (!attribute->name || !attribute->value.data)
            return false;
        *last = attribute;
        last = &attribute->next;
    }
    return true;
}

/* Whether the element is ours; says why not, once for a whole foreign part. */
static bool is_ours(struct reader *reader, struct diag_place place, const char *name, const char *prefix,
                    const char *uri)
{
    if (reader->foreign)
        return false;
    if (uri && strcmp(uri, reader->ns) == 0)
        return true;
    if (prefix && !uri)
        reader->result = -EINVAL; /* a prefix bound to nothing: libxml2 has reported it */
    else if (!uri)
        REFUSE(reader, place, "<%s> has no namespace; expected xmlns=\"%s\"", name, reader->ns);
    else
        REFUSE(reader, place, "<%s> has the namespace '%s'; expected '%s'", name, uri, reader->ns);
    return false;
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int n_namespaces, const xmlChar **namespaces, int n_attributes, int n_defaulted,
                     const xmlChar **attributes)
{
    struct reader *reader = context;
    (void)n_namespaces, (void)namespaces, (void)n_defaulted;
    if (reader->stopped)
        return;
    size_t end = cursor(reader);
    size_t tag = xml_source_tag(&reader->source, end);
    struct diag_place place = xml_source_place(&reader->source, tag);
    if (reader->depth + reader->foreign == LIMIT_XML_DEPTH) {
        diag_error(reader->diag, place, "elements are nested more than %d deep", LIMIT_XML_DEPTH);
        stop(reader, -EINVAL);
        return;
    }
    if (!is_ours(reader, place, (const char *)name, (const char *)prefix, (const char *)uri)) {
        reader->foreign++;
        return;
    }

    struct xml_element *element = arena_new(reader->arena, struct xml_element);
    if (element) {
        element->name = arena_string(reader->arena, (const char *)name);
        element->place = element->text_place = place;
    }
    if (!element || !element->name ||
        !add_attributes(reader, element, tag, n_attributes, (const char **)attributes)) {
        stop(reader, -ENOMEM);
        return;
    }
    if (reader->depth > 0) {
        struct frame *parent = &reader->frames[reader->depth - 1];
        *parent->next_child = element;
        parent->next_child = &element->next;
    } else {
        reader->root = element;
    }
    struct frame *frame = &reader->frames[reader->depth++];
    frame->element = element;
    frame->next_child = &element->children;
    frame->size = 0;
    frame->has_text = false;
    frame->text_from = end + 1; /* behind the '>' */
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct reader *reader = context;
    (void)name, (void)prefix, (void)uri;
    if (reader->stopped)
        return;
    if (reader->foreign) {
        reader->foreign--;
    } else {
        struct frame *frame = &reader->frames[--reader->depth];
        frame->element->text = arena_copy(reader->arena, xpl_slice(frame->text, frame->size));
        if (!frame->element->text.data) {
            stop(reader, -ENOMEM);
            return;
        }
    }
    if (reader->depth > 0)
        reader->frames[reader->depth - 1].text_from = cursor(reader);
}

static bool is_white(const xmlChar *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!memchr(" \t\r\n", text[i], 4))
            return false;
    return true;
}

/* Plain text, white space and CDATA alike; comes in pieces of libxml2's choice. */
static void on_text(void *context, const xmlChar *text, int length)
{
    struct reader *reader = context;
    if (reader->stopped || reader->foreign || reader->depth == 0 || length <= 0)
        return;
    struct frame *frame = &reader->frames[reader->depth - 1];
    size_t size = (size_t)length;
    if (frame->size + size > frame->capacity) {
        size_t capacity = (frame->size + size) * 2 + 64;
        char *more = realloc(frame->text, capacity);
        if (!more) {
            stop(reader, -ENOMEM);
            return;
        }
        frame->text = more;
        frame->capacity = capacity;
    }
    memcpy(frame->text + frame->size, text, size);
    frame->size += size;
    if (!frame->has_text && !is_white(text, size)) {
        size_t offset = xml_source_skip(&reader->source, frame->text_from);
        frame->element->text_place = xml_source_place(&reader->source, offset);
        frame->has_text = true;
    }
}

static void on_dtd(void *context, const xmlChar *name, const xmlChar *external_id, const xmlChar *system_id)
{
    struct reader *reader = context;
    (void)name, (void)external_id, (void)system_id;
    if (reader->stopped)
        return;
    size_t tag = xml_source_tag(&reader->source, cursor(reader));
    diag_error(reader->diag, xml_source_place(&reader->source, tag),
               "a document type (DTD) is not read; leave it out");
    stop(reader, -EINVAL);
}

#if LIBXML_VERSION >= 21200
typedef const xmlError *error_ptr;
#else
typedef xmlErrorPtr error_ptr;
#endif

/* Where an attribute stands for the second time in a tag; the tag when it does not. */
static size_t find_second(const struct xml_source *source, size_t tag, const char *name)
{
    struct xpl_slice written;
    size_t n = 0;
    for (size_t at = xml_source_name_end(source, tag);
         (at = xml_source_attribute(source, at, &written)) != 0;)
        if (name_is(written, NULL, name) && ++n == 2)
            return (size_t)(written.data - source->text.data);
    return tag;
}

/* The commonest slips, in words that say what to do. */
static const char *plain_words(const char *message, int *ret_length)
{
    static const char *const words[][2] = {
        { "xmlParseEntityRef: no name", "a '&' is written &amp;" },
        { "EntityRef: expecting ';'", "a '&' is written &amp;" },
        { "attributes construct error",
          "an attribute is not closed by its quote, or follows without a blank" },
        { "AttValue: \" or ' expected", "the value of an attribute stands in quotes" },
        { "Unescaped '<' not allowed in attributes values",
          "a '<' in a value is written &lt;, or a quote is missing" },
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strncmp(message, words[i][0], strlen(words[i][0])) == 0) {
            *ret_length = (int)strlen(words[i][1]);
            return words[i][1];
        }
    *ret_length = (int)strcspn(message, "\r\n");
    return message;
}

static void on_error(void *context, error_ptr error)
{
    struct reader *reader = context;
    if (reader->stopped)
        return;
    if (error->code == XML_ERR_NO_MEMORY) {
        stop(reader, -ENOMEM);
        return;
    }
    struct xml_source *source = &reader->source;
    size_t at = cursor(reader);
    size_t tag = xml_source_tag(source, at);
    int length;
    const char *message = plain_words(error->message ? error->message : "error", &length);

    if (error->code == XML_ERR_TAG_NAME_MISMATCH && error->str1 && error->str2)
        diag_error(reader->diag, xml_source_place(source, tag),
                   "mismatched tag: expected </%s> for line %d, found </%s>", error->str1, error->int1,
                   error->str2);
    else if (error->code == XML_ERR_TAG_NOT_FINISHED && error->str1)
        diag_error(reader->diag, xml_source_place(source, at), "ends before </%s> for line %d", error->str1,
                   error->int1);
    else if (error->code == XML_ERR_ATTRIBUTE_REDEFINED && error->str1)
        diag_error(reader->diag, xml_source_place(source, find_second(source, tag, error->str1)),
                   "attribute '%s' occurs twice in one tag", error->str1);
    else if (error->domain == XML_FROM_NAMESPACE)
        diag_add(reader->diag, error->level == XML_ERR_WARNING ? DIAG_WARNING : DIAG_ERROR,
                 xml_source_place(source, tag), "%.*s", length, message);
    else
        diag_add(reader->diag, error->level == XML_ERR_WARNING ? DIAG_WARNING : DIAG_ERROR,
                 xml_source_place(source, at), "not well-formed: %.*s", length, message);

    if (error->level == XML_ERR_FATAL)
        stop(reader, -EINVAL);
    else if (error->level == XML_ERR_ERROR && reader->result == 0)
        reader->result = -EINVAL;
}

/* What libxml2 cannot give to on_error, as memory that is out before there is a parser, would go to stderr.
 */
static void on_message(void *context, const char *format, ...)
{
    (void)context, (void)format;
}

static int parse(struct reader *reader)
{
    struct xpl_slice text = reader->source.text;
    xmlSetGenericErrorFunc(NULL, on_message);
    xmlParserCtxtPtr parser = xmlCreateMemoryParserCtxt(text.data, (int)text.size);
    if (!parser)
        return -ENOMEM;
    *parser->sax = (xmlSAXHandler){
        .initialized = XML_SAX2_MAGIC,
        .internalSubset = on_dtd,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_text,
        .serror = on_error,
    };
    parser->userData = reader;
    reader->parser = parser;
    /* The declared encoding has been looked at; a conversion inside libxml2 would spoil the offsets. */
    xmlCtxtUseOptions(parser, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
    xmlParseDocument(parser);
    if (!parser->wellFormed && reader->result == 0) {
        diag_error(reader->diag, xml_source_place(&reader->source, cursor(reader)), "not well-formed");
        reader->result = -EINVAL;
    }
    if (parser->myDoc)
        xmlFreeDoc(parser->myDoc);
    xmlFreeParserCtxt(parser);
    for (size_t i = 0; i < LIMIT_XML_DEPTH; i++)
        free(reader->frames[i].text);
    return reader->result;
}

static int read_source(struct arena *arena, struct xml_source *source, const char *ns, struct diag *diag,
                       struct xml_element **ret)
{
    int r = xml_source_check(source, diag);
    if (r < 0)
        return r;
    struct reader *reader = calloc(1, sizeof(*reader));
    if (!reader)
        return -ENOMEM;
    *reader = (struct reader){ .source = *source, .arena = arena, .ns = ns, .diag = diag };
    r = parse(reader);
    if (r == 0)
        *ret = reader->root;
    free(reader);
    return r;
}

int xml_read(struct arena *arena, const char *path, const char *ns, struct diag *diag,
             struct xml_element **ret)
{
    struct xml_source source;
    const char *file = arena_string(arena, strcmp(path, "-") == 0 ? "<stdin>" : path);
    if (!file)
        return -ENOMEM;
    int r = xml_source_init_file(&source, file, path, diag);
    if (r < 0)
        return r;
    r = read_source(arena, &source, ns, diag, ret);
    xml_source_deinit(&source);
    return r;
}

int xml_read_memory(struct arena *arena, const char *name, struct xpl_slice text, const char *ns,
                    struct diag *diag, struct xml_element **ret)
{
    struct xml_source source;
    const char *file = arena_string(arena, name);
    if (!file)
        return -ENOMEM;
    if (text.size > LIMIT_FILE) {
        diag_error(diag, ((struct diag_place){ file, 0, 0 }), "is larger than %u MiB", LIMIT_FILE >> 20);
        return -EINVAL;
    }
    xml_source_init(&source, file, text);
    return read_source(arena, &source, ns, diag, ret);
}
