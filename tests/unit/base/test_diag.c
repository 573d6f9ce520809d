#include <criterion/criterion.h>

#include "base/diag.h"

Test(diag, nearest_name)
{
    static const char *const names[] = { "name", "kind", "unit", "class", "min-interval", "on-change", NULL };
    cr_expect_str_eq(diag_nearest(XPL_SLICE("knd"), names), "kind");
    cr_expect_str_eq(diag_nearest(XPL_SLICE("naem"), names), "name");
    cr_expect_str_eq(diag_nearest(XPL_SLICE("min_interval"), names), "min-interval");
    cr_expect_str_eq(diag_nearest(XPL_SLICE("UNIT"), names), "unit");
    cr_expect_null(diag_nearest(XPL_SLICE("publish"), names));
    cr_expect_null(diag_nearest(XPL_SLICE(""), names));
}

Test(diag, prints_in_order_of_place)
{
    struct diag diag;
    char *text = NULL;
    size_t size = 0;
    diag_init(&diag);
    diag_error(&diag, ((struct diag_place){ "b.xml", 9, 1 }), "late");
    diag_warning(&diag, ((struct diag_place){ "a.xml", 1, 1 }), "other file");
    diag_error(&diag, ((struct diag_place){ "b.xml", 2, 5 }), "early");
    diag_info(&diag, ((struct diag_place){ "b.xml", 1, 1 }), "not shown");
    diag_error(&diag, ((struct diag_place){ "c.xml", 0, 0 }), "whole");
    FILE *stream = open_memstream(&text, &size);
    diag_print(&diag, stream, DIAG_WARNING);
    fclose(stream);
    cr_expect_str_eq(text, "b.xml:2:5: error: early\nb.xml:9:1: error: late\na.xml:1:1: warning: other file\n"
                           "c.xml: error: whole\n");
    cr_expect_eq(diag.n_errors, 3u);
    free(text);
    diag_deinit(&diag);
}

Test(diag, keeps_a_bounded_number)
{
    struct diag diag;
    diag_init(&diag);
    for (int i = 0; i < DIAG_FINDINGS_MAX + 5; i++)
        diag_error(&diag, ((struct diag_place){ "a.xml", 1, 1 }), "again");
    cr_expect_eq(diag.n_kept, (size_t)DIAG_FINDINGS_MAX);
    cr_expect_eq(diag.n_errors, (size_t)DIAG_FINDINGS_MAX + 5);
    diag_deinit(&diag);
}
