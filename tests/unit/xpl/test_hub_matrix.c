/* The table of tests/cases/hub_matrix.tsv: what real hubs were measured with, and what ours does. */
#include <criterion/criterion.h>

#include "xpl/hub.h"

#include <stdio.h>
#include <stdlib.h>

#include "table.h"

#define HERE       0x0a4d0001u
#define LOOPBACK   0x7f000001u
#define ROWS_LEAST 100 /* a table that was not read passes nothing */

static struct xpl_message message;

static bool is_local(void *context, uint32_t ip)
{
    (void)context;
    return ip == HERE;
}

static bool serves(const struct xpl_hub *hub)
{
    size_t n;
    const struct xpl_endpoint *endpoints = xpl_hub_endpoints(hub, &n);
    for (size_t i = 0; i < n; i++)
        if ((endpoints[i].ip == HERE || endpoints[i].ip == LOOPBACK) && endpoints[i].port == 50000)
            return true;
    return false;
}

static void expect_row(struct xpl_hub *hub, char *columns[TABLE_COLUMNS])
{
    const char *name = columns[1];
    size_t size, copies = 0;
    char *datagram = table_unescape(columns[5], &size), number[32];
    cr_assert_not_null(datagram, "%s: bad escape", name);
    int error = xpl_message_parse(&message, datagram, size);
    if (!error) {
        xpl_hub_hear(hub, &message, HERE, 0);
        xpl_hub_endpoints(hub, &copies);
    }
    xpl_hub_expire(hub, 0); /* the next datagram comes */
    snprintf(number, sizeof(number), "%zu", copies);
    cr_expect_str_eq(error ? "no" : "yes", columns[2], "%s: forwarded (%s)", name, xpl_error_name(error));
    cr_expect_str_eq(serves(hub) ? "yes" : "no", columns[3], "%s: registered", name);
    cr_expect_str_eq(number, columns[4], "%s: copies", name);
    free(datagram);
}

Test(hub_matrix, every_case_comes_out_as_the_table_says)
{
    size_t size, rows = 0;
    char *text = table_read_in(TEST_CASES, "hub_matrix.tsv", &size);
    cr_assert_not_null(text);
    char *cursor = text, *columns[TABLE_COLUMNS], *last = "";
    struct xpl_hub *hub = NULL;
    cr_assert(table_row(&cursor, columns));
    cr_assert_str_eq(columns[5], "datagram", "the row of names");
    while (table_row(&cursor, columns)) {
        if (strcmp(last, columns[1]) != 0) {
            xpl_hub_free(hub);
            hub = xpl_hub_new(is_local, NULL);
            last = columns[1];
        }
        expect_row(hub, columns);
        rows++;
    }
    cr_expect_geq(rows, ROWS_LEAST);
    xpl_hub_free(hub);
    free(text);
}
