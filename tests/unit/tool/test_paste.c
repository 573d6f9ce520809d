#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "tool/paste.h"

#define HEAD  "xpl-trig\n{\nhop=1\nsource=acme-lamp.hall\ntarget=*\n}\n"
#define FIRST HEAD "sensor.basic\n{\ndevice=1\ncurrent=2\n}\n"
#define OTHER HEAD "x10.basic\n{\ndevice=a1\n}\n"

static struct paste paste;
static struct xpl_message message;
static char reason[256];

static enum paste_result next(void)
{
    struct text why = TEXT(reason);
    text_reset(&why);
    return paste_next(&paste, &message, &why);
}

static void open_text(const char *text)
{
    paste_init(&paste, xpl_slice_from(text));
}

static void expect_schema(const char *schema)
{
    cr_assert_eq(next(), PASTE_MESSAGE, "%s", reason);
    cr_expect(xpl_slice_equal(message.schema, xpl_slice_from(schema)), "%.*s",
              XPL_SLICE_ARGS(message.schema));
}

static void expect_item(size_t index, const char *name, const char *value)
{
    cr_assert_lt(index, message.n_items);
    cr_expect(xpl_slice_equal(message.items[index].name, xpl_slice_from(name)));
    cr_expect(xpl_slice_equal(message.items[index].value, xpl_slice_from(value)));
}

Test(paste, nothing_is_the_end)
{
    open_text(" \n\r\n\t\n");
    cr_expect_eq(next(), PASTE_END);
}

Test(paste, one_message)
{
    open_text(FIRST);
    expect_schema("sensor.basic");
    expect_item(1, "current", "2");
    cr_expect_eq(paste.line, 1);
    cr_expect_eq(next(), PASTE_END);
}

Test(paste, several_messages_with_blank_lines_or_without)
{
    open_text("\n\n" FIRST "\n \n" OTHER FIRST);
    expect_schema("sensor.basic");
    cr_expect_eq(paste.line, 3);
    expect_schema("x10.basic");
    cr_expect_eq(paste.line, 16);
    expect_schema("sensor.basic");
    cr_expect_eq(next(), PASTE_END);
}

Test(paste, indentation_and_carriage_returns)
{
    open_text("  xpl-stat\r\n  {\r\n  hop=1\r\n  source=a-b.c\r\n  target=*\r\n  }\r\n  x10.basic\r\n  {\r\n"
              "  device=a1\r\n  }\r\n\r\n");
    expect_schema("x10.basic");
    expect_item(0, "device", "a1");
    cr_expect_eq(next(), PASTE_END);
}

Test(paste, blank_lines_inside_a_message_do_not_end_it)
{
    open_text("xpl-stat\n\n{\n\nsource=a-b.c\n\n}\n\nx10.basic\n\n{\n\ndevice=a1\n\n}\n");
    expect_schema("x10.basic");
    expect_item(0, "device", "a1");
    cr_expect_eq(next(), PASTE_END);
}

Test(paste, what_is_no_message_is_told_and_the_next_one_read)
{
    open_text("xpl-trg\n{\nsource=a-b.c\n}\nx10.basic\n{\n}\n" OTHER);
    cr_expect_eq(next(), PASTE_WRONG);
    cr_expect(reason[0]);
    expect_schema("x10.basic");
    cr_expect_eq(paste.line, 8);
    cr_expect_eq(next(), PASTE_END);
}

Test(paste, what_follows_a_message_is_not_swallowed)
{
    open_text(OTHER "hello\n");
    expect_schema("x10.basic");
    cr_expect_eq(next(), PASTE_WRONG);
    cr_expect_eq(next(), PASTE_END);
}

Test(paste, a_message_cut_short_does_not_swallow_the_next)
{
    open_text(HEAD "sensor.basic\n{\ncurrent=1\n" OTHER);
    cr_expect_eq(next(), PASTE_WRONG);
    expect_schema("x10.basic");
    cr_expect_eq(next(), PASTE_END);
}

Test(paste, json_as_listen_prints_it)
{
    open_text("{\"type\":\"xpl-trig\",\"hop\":1,\"source\":\"acme-lamp.hall\",\"target\":\"*\","
              "\"schema\":\"sensor.basic\",\"body\":{\"b\":\"1\",\"a\":[\"2\",\"3\"]}}\n" OTHER);
    expect_schema("sensor.basic");
    cr_expect_eq(message.type, XPL_TRIG);
    cr_expect(xpl_slice_equal(message.schema_type, XPL_SLICE("basic")));
    cr_expect(xpl_slice_equal(message.source.device, XPL_SLICE("lamp")));
    expect_item(0, "b", "1");
    expect_item(1, "a", "2");
    expect_item(2, "a", "3");
    expect_schema("x10.basic");
    cr_expect_eq(paste.line, 2);
    cr_expect_eq(next(), PASTE_END);
}

Test(paste, the_samples_of_unmapped_messages)
{
#define SAMPLE(schema) "{\"type\":\"xpl-trig\",\"source\":\"a-b.c\",\"schema\":\"" schema "\",\"body\":{}}"
    open_text("{\"messages\":[{\"schema\":\"a.b\",\"sample\":" SAMPLE(
        "a.b") "},{\"schema\":\"large.one\"},"
               "{\"schema\":\"c.d\",\"sample\":" SAMPLE("c.d") "}],\"others\":0}\n{\"messages\":[]}" OTHER);
    expect_schema("a.b");
    expect_schema("c.d");
    expect_schema("x10.basic");
    cr_expect_eq(next(), PASTE_END);
}

Test(paste, one_of_the_unmapped_messages_copied_out_of_their_list)
{
    open_text("{\"schema\":\"a.b\",\"source\":\"a-b.c\",\"count\":3,\"sample\":" SAMPLE("a.b") "}\n" OTHER);
    expect_schema("a.b");
    expect_schema("x10.basic");
    cr_expect_eq(next(), PASTE_END);
}

Test(paste, json_with_the_type_as_send_takes_it)
{
    open_text("{\"type\":\"stat\",\"source\":\"a-b.c\",\"schema\":\"x.y\",\"body\":{}}");
    expect_schema("x.y");
    cr_expect_eq(message.type, XPL_STAT);
}

Test(paste, json_that_is_no_message)
{
    static const char *const wrong[] = {
        "{}",
        "{\"type\":\"xpl\",\"source\":\"a-b.c\",\"schema\":\"x.y\",\"body\":{}}",
        "{\"type\":\"xpl-trig\",\"schema\":\"x.y\",\"body\":{}}",
        "{\"type\":\"xpl-trig\",\"source\":\"a-b.c\",\"body\":{}}",
        "{\"type\":\"xpl-trig\",\"source\":\"a-b.c\",\"schema\":\"x.y\"}",
        "{\"type\":\"xpl-trig\",\"source\":\"a-b.c\",\"schema\":\"x.y\",\"body\":{\"a\":1}}",
        "{\"type\":\"xpl-trig\",\"source\":\"a-b.c\",\"schema\":\"x.y\",\"body\":{\"a\":\"1\\nb=2\"}}",
        "{\"type\":",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        open_text(wrong[i]);
        cr_expect_eq(next(), PASTE_WRONG, "%s", wrong[i]);
        cr_expect(reason[0]);
        cr_expect_eq(next(), PASTE_END, "%s", wrong[i]);
        paste_deinit(&paste);
    }
}

Test(paste, a_message_without_its_first_line_is_no_json)
{
    open_text("{\nhop=1\nsource=a-b.c\ntarget=*\n}\nx10.basic\n{\n}\n");
    cr_expect_eq(next(), PASTE_WRONG);
    cr_expect_null(strstr(reason, "JSON"));
    cr_expect_eq(next(), PASTE_END);
}

Test(paste, a_file_up_to_the_limit)
{
    char path[] = "/tmp/xplmqtt-paste-XXXXXX", *data = NULL;
    size_t size = 0;
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(ftruncate(fd, PASTE_MAX), 0);
    cr_assert_eq(paste_read(path, &data, &size), 0);
    cr_expect_eq(size, PASTE_MAX);
    free(data);
    data = NULL;
    cr_assert_eq(ftruncate(fd, PASTE_MAX + 1), 0);
    cr_expect_eq(paste_read(path, &data, &size), -EFBIG);
    cr_expect_null(data);
    close(fd);
    unlink(path);
    cr_expect_eq(paste_read(path, &data, &size), -ENOENT);
}
