/* Examples: run only when asked for, and only when nothing else is wrong. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "world.h"

TestSuite(example, .init = world_init, .fini = world_deinit);

static const char wrong[] =
    "<map schema='a.b'><property name='p'><publish/></property><example><xpl>xpl-trig\n{\n"
    "source=a-b.c\n}\na.b\n{\np=1\n}\n</xpl><mqtt topic='a-b.c/p' payload='2'/>"
    "</example></map>";

Test(example, a_wrong_one_is_an_error)
{
    cr_expect_eq(world_load(wrong), -EINVAL);
    cr_expect_str_eq(world_findings(), "error 2:59 example: also publishes xpl/a-b.c/p retain qos=1 1\n"
                                       "error 10:7 example: does not publish a-b.c/p 2\n");
}

Test(example, other_errors_come_first)
{
    char text[2048];
    snprintf(text, sizeof(text), "%s\n<alias/>", wrong);
    cr_expect_eq(world_load(text), -EINVAL);
    cr_expect_str_eq(world_findings(), "error 11:1 alias needs a device\n");
}

Test(example, errors_of_another_file_before_do_not_keep_them_from_running)
{
    diag_error(&world.diag, ((struct diag_place){ "settings.xml", 1, 1 }), "something else");
    cr_expect_eq(world_load(wrong), -EINVAL);
    cr_expect_eq(world.diag.n_errors, 3);
}

Test(example, not_asked_for_they_do_not_run)
{
    char path[] = "mapping-test-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "wb");
    struct mapping_file files[] = { { .path = path } };
    struct mapping_options options = { .prefix = "xpl", .charset = "windows-1252", .examples = false };
    fprintf(file, "<mappings xmlns='urn:xplmqtt:mappings:1'>%s</mappings>", wrong);
    fclose(file);
    cr_expect_eq(mapping_load(&world.mapping, files, 1, &options, &world.diag), 0);
    unlink(path);
}

Test(example, a_send_as_stat_and_several_effects_in_any_order)
{
    cr_expect_eq(
        world_load("<map schema='a.b'><property name='p'><publish/></property>"
                   "<property name='q'><publish/></property><example><xpl>xpl-trig\n{\nsource=a-b.c\n}\n"
                   "a.b\n{\np=1\nq=2\n}\n</xpl><mqtt topic='a-b.c/q' payload='2'/>"
                   "<mqtt topic='a-b.c/p' payload='1'/></example></map>"),
        0);
}
