/* What is read, and what is refused. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "xml_test.h"

#define ROOT "<a xmlns='" NS "'"

TestSuite(read, .init = setup, .fini = teardown);

static int read_slice(struct xpl_slice text, struct xml_element **ret)
{
    return xml_read_memory(&arena, "t.xml", text, NS, &diag, ret);
}

/* The first finding, rendered. */
static const char *refusal_of(struct xpl_slice text)
{
    static char line[512];
    struct xml_element *root = NULL;
    diag_deinit(&diag);
    cr_assert_eq(read_slice(text, &root), -EINVAL);
    cr_assert_null(root, "the output must stay untouched");
    cr_assert_not_null(diag.first);
    diag_render(diag.first, line, sizeof(line));
    return line;
}

static const char *refusal(const char *text)
{
    return refusal_of(xpl_slice_from(text));
}

Test(read, elements_attributes_and_order)
{
    struct xml_element *a = read_good("<?xml version='1.0' encoding='UTF-8'?><!-- c --><?pi x?>" ROOT
                                      " x='1' y=\"2\"><b/><c z='3'/><b n='2'/></a>");
    cr_expect_str_eq(a->name, "a");
    cr_expect_str_eq(xml_get(a, "x")->value.data, "1");
    cr_expect_str_eq(xml_get(a, "y")->value.data, "2");
    cr_expect_null(xml_get(a, "xmlns"));
    cr_assert_not_null(a->children);
    cr_expect_str_eq(a->children->name, "b");
    cr_expect_str_eq(a->children->next->name, "c");
    cr_expect_str_eq(xml_get_string(xml_sibling(xml_child(a, "b")), "n", ""), "2");
    cr_expect_null(xml_sibling(xml_child(a, "c")));
    cr_expect_null(xml_child(a, "d"));
}

Test(read, text_is_joined_over_cdata_references_and_children)
{
    struct xml_element *a =
        read_good(ROOT ">one &lt;<![CDATA[<two> &amp;]]>&#233;<!-- no --><b>inner</b>\r\nend</a>");
    cr_expect_str_eq(a->text.data, "one <<two> &amp;\xc3\xa9\nend");
    cr_expect_eq(a->text.size, strlen(a->text.data));
    cr_expect_str_eq(a->children->text.data, "inner");
    cr_expect_str_eq(read_good(ROOT "/>")->text.data, "");
}

Test(read, attribute_values_are_unescaped)
{
    struct xml_element *a =
        read_good(ROOT " v='a&amp;b &lt;c&gt; &quot;&apos; &#65; &#38; &amp;#38; &#xe9;\n\td>'/>");
    cr_expect_str_eq(xml_get(a, "v")->value.data, "a&b <c> \"' A & &#38; \xc3\xa9  d>");
}

Test(read, any_prefix_bound_to_the_namespace)
{
    struct xml_element *a = read_good("<p:a xmlns:p='" NS "' x='1'><p:b/><c xmlns='" NS "'/></p:a>");
    cr_expect_str_eq(a->name, "a");
    cr_expect_str_eq(a->children->name, "b");
    cr_expect_str_eq(a->children->next->name, "c");
}

Test(read, editor_attributes_are_let_pass)
{
    struct xml_element *a =
        read_good(ROOT " xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xml:lang='fr' "
                       "xsi:schemaLocation='" NS " x.xsd'/>");
    cr_expect_null(a->attributes);
}

Test(read, foreign_namespaces_are_refused_once_each_part)
{
    cr_expect_str_eq(refusal("<a/>"),
                     "t.xml:1:1: error: <a> has no namespace; expected xmlns=\"urn:test:1\"");
    cr_expect_str_eq(refusal("<a xmlns='urn:other'><b/><b/></a>"),
                     "t.xml:1:1: error: <a> has the namespace 'urn:other'; expected 'urn:test:1'");
    cr_expect_eq(diag.n_errors, 1u);
    cr_expect_str_eq(refusal(ROOT ">\n <b xmlns='u:b'><c/></b><d xmlns='u:d'/></a>"),
                     "t.xml:2:2: error: <b> has the namespace 'u:b'; expected 'urn:test:1'");
    cr_expect_eq(diag.n_errors, 2u);
    cr_expect_str_eq(refusal(ROOT " xmlns:o='u:o'\n  o:x='1'/>"),
                     "t.xml:2:3: error: attribute 'o:x' on <a> has a namespace; none of ours has");
    cr_expect_str_eq(refusal(ROOT ">\n<q:b/></a>"),
                     "t.xml:2:1: error: Namespace prefix q on b is not defined");
    cr_expect_eq(diag.n_errors, 1u);
}

Test(read, broken_xml_is_refused_with_its_place)
{
    cr_expect_str_eq(refusal(ROOT ">\n  <b>\n  </c>\n</a>"),
                     "t.xml:3:3: error: mismatched tag: expected </b> for line 2, found </c>");
    cr_expect_eq(diag.n_errors, 1u, "one mistake, one finding");
    cr_expect_str_eq(refusal(ROOT ">\n  <b>"), "t.xml:2:6: error: ends before </b> for line 2");
    cr_expect_str_eq(refusal(ROOT " x='1'\n\ty='2' x='3'/>"),
                     "t.xml:2:8: error: attribute 'x' occurs twice in one tag");
    cr_expect_str_eq(refusal(ROOT " x='&nope;'/>"),
                     "t.xml:1:32: error: not well-formed: Entity 'nope' not defined");
    cr_expect_str_eq(refusal(ROOT "/>\n<b/>"),
                     "t.xml:2:1: error: not well-formed: Extra content at the end of the document");
    cr_expect_str_eq(refusal("\n\nhello"),
                     "t.xml:3:1: error: not well-formed: Start tag expected, '<' not found");
    cr_expect(strstr(refusal(ROOT " x='a<b'/>"), "t.xml:1:"));
    cr_expect(strstr(refusal(ROOT "><b x=1/></a>"), "t.xml:1:28: error: not well-formed: "), "%s",
              refusal(ROOT "><b x=1/></a>"));
    cr_expect(strstr(refusal("   "), "error: "));
}

Test(read, no_document_type_no_entities)
{
    cr_expect_str_eq(
        refusal("<?xml version='1.0'?>\n <!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>" ROOT
                ">&e;</a>"),
        "t.xml:2:2: error: a document type (DTD) is not read; leave it out");
    cr_expect_eq(diag.n_errors, 1u);
    cr_expect_str_eq(refusal("<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/x.dtd\">" ROOT "/>"),
                     "t.xml:1:1: error: a document type (DTD) is not read; leave it out");
    cr_expect_str_eq(refusal("<!DOCTYPE a [<!ENTITY a 'x'><!ENTITY b '&a;&a;&a;&a;'>]>" ROOT " x='&b;'/>"),
                     "t.xml:1:1: error: a document type (DTD) is not read; leave it out");
}

Test(read, only_utf8)
{
    read_good("\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?>" ROOT "/>");
    read_good("<?xml version='1.0' encoding='US-ASCII' standalone='yes'?>" ROOT "/>");
    read_good("<?xml-stylesheet encoding='latin1'?>" ROOT "/>");
    cr_expect_str_eq(refusal("<?xml version='1.0' encoding='ISO-8859-1'?>" ROOT " x='\xe9'/>"),
                     "t.xml:1:31: error: encoding 'ISO-8859-1' is not read; save the file as UTF-8");
    cr_expect_str_eq(refusal(ROOT ">\n\xc3\xa9\xe9</a>"),
                     "t.xml:2:3: error: byte 0xE9 is no UTF-8; save the file as UTF-8");
    cr_expect_str_eq(refusal_of(XPL_SLICE("\xff\xfe<\0a\0/\0>\0")),
                     "t.xml:1:1: error: byte 0xFF is no UTF-8; save the file as UTF-8");
    cr_expect_str_eq(refusal_of(XPL_SLICE("<\0a\0/\0>\0")),
                     "t.xml:1:2: error: byte 0x00 is no text; save the file as UTF-8");
    cr_expect(strstr(refusal(ROOT ">\x01</a>"), "not well-formed: "));
    cr_expect_str_eq(refusal(""), "t.xml: error: is empty");
    cr_expect_str_eq(refusal("\xef\xbb\xbf"), "t.xml: error: is empty");
}

static struct xpl_slice nested(size_t depth)
{
    size_t n = 0;
    char *text = malloc(depth * 8 + 64);
    n += (size_t)snprintf(text, 64, "<b xmlns='" NS "'>");
    for (size_t i = 1; i < depth; i++, n += 3)
        memcpy(text + n, "<b>", 3);
    for (size_t i = 0; i < depth; i++, n += 4)
        memcpy(text + n, "</b>", 4);
    return xpl_slice(text, n);
}

Test(read, depth_is_bounded)
{
    struct xml_element *root = NULL;
    struct xpl_slice most = nested(LIMIT_XML_DEPTH), over = nested(LIMIT_XML_DEPTH + 1), far = nested(100000);
    cr_expect_eq(read_slice(most, &root), 0);
    cr_expect(strstr(refusal_of(over), "error: elements are nested more than 64 deep"));
    cr_expect_eq(diag.n_errors, 1u);
    cr_expect(strstr(refusal_of(far), "error: elements are nested more than 64 deep"));
    free((char *)most.data);
    free((char *)over.data);
    free((char *)far.data);
}

Test(read, ten_megabytes_and_no_more_than_the_limit)
{
    static const char row[] = "<row xpl='on' mqtt='ON'>text</row>\n";
    size_t n_rows = (10u << 20) / (sizeof(row) - 1), n = 0;
    char *text = malloc(LIMIT_FILE + 2);
    n += (size_t)snprintf(text, 64, "%s", ROOT ">\n");
    for (size_t i = 0; i < n_rows; i++, n += sizeof(row) - 1)
        memcpy(text + n, row, sizeof(row) - 1);
    memcpy(text + n, "</a>", 4);
    struct xml_element *root = NULL;
    cr_assert_eq(read_slice(xpl_slice(text, n + 4), &root), 0);
    size_t count = 0;
    const struct xml_element *last = NULL;
    for (const struct xml_element *row_element = root->children; row_element;
         row_element = row_element->next) {
        last = row_element;
        count++;
    }
    cr_expect_eq(count, n_rows);
    cr_expect_eq(last->place.line, (int)n_rows + 1);
    cr_expect_eq(last->place.column, 1);
    cr_expect_eq(last->attributes->next->place.column, 15);

    memset(text, ' ', LIMIT_FILE + 1);
    cr_expect_str_eq(refusal_of(xpl_slice(text, LIMIT_FILE + 1)), "t.xml: error: is larger than 16 MiB");
    free(text);
}

static const char *file_with(const char *text)
{
    static char path[64];
    snprintf(path, sizeof(path), "/tmp/xplmqtt-xml-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

Test(read, files)
{
    struct xml_element *root = NULL;
    const char *path = file_with(ROOT "><b/></a>\n");
    cr_expect_eq(xml_read(&arena, path, NS, &diag, &root), 0);
    cr_assert_not_null(root);
    cr_expect_str_eq(root->children->place.file, path);
    unlink(path);
    root = NULL;
    cr_expect_eq(xml_read(&arena, path, NS, &diag, &root), -ENOENT);
    cr_expect_null(diag.first, "whether a missing file matters is for the caller to say");

    cr_expect_eq(xml_read(&arena, "/tmp", NS, &diag, &root), -EINVAL);
    cr_assert_not_null(diag.first);
    cr_expect_str_eq(diag.first->text, "cannot be read: Is a directory");
    cr_expect_null(root);
}

Test(read, an_unreadable_file)
{
    const char *path = file_with(ROOT "/>");
    struct xml_element *root = NULL;
    chmod(path, 0);
    bool root_user = geteuid() == 0;
    if (root_user && seteuid(65534) != 0)
        cr_skip_test("cannot give up being root");
    cr_expect_eq(xml_read(&arena, path, NS, &diag, &root), -EINVAL);
    cr_assert_not_null(diag.first);
    cr_expect_str_eq(diag.first->text, "cannot be read: Permission denied");
    if (root_user)
        cr_assert_eq(seteuid(0), 0);
    unlink(path);
}

Test(read, standard_input)
{
    int ends[2];
    struct xml_element *root = NULL;
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(write(ends[1], ROOT " x='1'/>", sizeof(ROOT " x='1'/>") - 1),
                 (ssize_t)sizeof(ROOT " x='1'/>") - 1);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    cr_expect_eq(xml_read(&arena, "-", NS, &diag, &root), 0);
    cr_assert_not_null(root);
    cr_expect_str_eq(root->place.file, "<stdin>");
}
