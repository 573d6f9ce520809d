/* Messages of real programs, from tests/corpus (INDEX.tsv says whose), against EXPECTED.tsv: how each parses,
 * whether it is the very text that we would send, and if not, why strict formatting refuses it. All of them
 * also go through a hub's table, which must take them without harm. */
#include <criterion/criterion.h>

#include "xpl/hub.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "table.h"

#define FILES_LEAST 200 /* a corpus that was not found passes nothing */

static struct xpl_message message, again;

static void expect_file(char *columns[TABLE_COLUMNS])
{
    const char *name = columns[0], *outcome = columns[1], *canonical = columns[2], *strict = columns[3];
    size_t size, sent_size = 0;
    char *text = table_read_in(TEST_CORPUS, name, &size), sent[XPL_MESSAGE_MAX];
    cr_assert_not_null(text, "%s cannot be read", name);
    int r = xpl_message_parse(&message, text, size);
    cr_expect_str_eq(xpl_error_name(r), outcome, "%s parses as %s", name, xpl_error_name(r));
    bool same = false;
    const char *formatted = "-";
    if (!r) {
        r = xpl_message_format(&message, sent, sizeof(sent), &sent_size, NULL);
        formatted = xpl_error_name(r);
        same = !r && xpl_slice_equal(xpl_slice(sent, sent_size), xpl_slice(text, size));
        if (!r) {
            cr_expect_eq(xpl_message_parse(&again, sent, sent_size), 0, "%s: we read what we send", name);
            cr_expect_eq(again.n_items, message.n_items, "%s", name);
        }
    }
    cr_expect_str_eq(formatted, strict, "%s formats as %s", name, formatted);
    cr_expect_str_eq(same ? "yes" : "no", canonical, "%s: canonical", name);
    free(text);
}

Test(corpus, every_message_comes_out_as_expected)
{
    size_t size, n = 0;
    char *text = table_read_in(TEST_CORPUS, "EXPECTED.tsv", &size), *cursor = text, *columns[TABLE_COLUMNS];
    cr_assert_not_null(text);
    cr_assert(table_row(&cursor, columns));
    cr_assert_str_eq(columns[1], "outcome", "the row of names");
    for (; table_row(&cursor, columns); n++)
        expect_file(columns);
    cr_expect_geq(n, FILES_LEAST);
    free(text);
}

/* What is known of a file in one of the tables; NULL when it is not in there. */
static char *find(const char *table, const char *name, size_t column)
{
    size_t size;
    char *text = table_read_in(TEST_CORPUS, table, &size), *cursor = text, *columns[TABLE_COLUMNS],
         *found = NULL;
    cr_assert_not_null(text);
    while (!found && table_row(&cursor, columns))
        if (strcmp(columns[0], name) == 0)
            found = strdup(columns[column]);
    free(text);
    return found;
}

Test(corpus, every_file_has_an_origin_and_an_expectation_that_agree)
{
    size_t n = 0;
    DIR *directory = opendir(TEST_CORPUS);
    cr_assert_not_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        size_t length = strlen(entry->d_name);
        if (length < 4 || strcmp(entry->d_name + length - 4, ".xpl") != 0)
            continue;
        char *status = find("INDEX.tsv", entry->d_name, 3), *outcome = find("EXPECTED.tsv", entry->d_name, 1);
        cr_assert_not_null(status, "%s is not in INDEX.tsv", entry->d_name);
        cr_assert_not_null(outcome, "%s is not in EXPECTED.tsv", entry->d_name);
        if (strcmp(status, "invalid") != 0)
            cr_expect_str_eq(outcome, "ok", "%s is %s", entry->d_name, status);
        free(status);
        free(outcome);
        n++;
    }
    closedir(directory);
    cr_expect_geq(n, FILES_LEAST);
}

static bool every_address_is_local(void *context, uint32_t ip)
{
    (void)context;
    (void)ip;
    return true;
}

/* Port 3865, which one hub of the corpus announces, must not get in: the hub would talk to itself. */
Test(corpus, a_hub_takes_every_message_without_harm)
{
    size_t size, n, registered = 0;
    struct xpl_hub *hub = xpl_hub_new(every_address_is_local, NULL);
    char *text = table_read_in(TEST_CORPUS, "EXPECTED.tsv", &size), *cursor = text, *columns[TABLE_COLUMNS];
    cr_assert_not_null(text);
    while (table_row(&cursor, columns)) {
        char *datagram = table_read_in(TEST_CORPUS, columns[0], &size);
        if (!datagram)
            continue;
        if (!xpl_message_parse(&message, datagram, size)) {
            enum xpl_hub_result result = xpl_hub_hear(hub, &message, 0x7f000001, 0);
            registered += result == XPL_HUB_NEW || result == XPL_HUB_KNOWN;
            if (strcmp(columns[0], "derived-fj-configapp.xpl") == 0)
                cr_expect_eq(result, XPL_HUB_REFUSED_PORT);
            if (strcmp(columns[0], "live-node-nodejs.vm-29421-hbeat.app.xpl") == 0)
                cr_expect_eq(result, XPL_HUB_NEW);
        }
        free(datagram);
    }
    const struct xpl_endpoint *endpoints = xpl_hub_endpoints(hub, &n);
    for (size_t i = 0; i < n; i++)
        cr_expect_neq(endpoints[i].port, XPL_PORT);
    cr_expect_geq(registered, 20);
    xpl_hub_free(hub);
    free(text);
}
