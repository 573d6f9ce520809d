/* Nothing is read past the end: each beginning of each message of the corpus lies directly before an
 * unreadable page. */
#include <criterion/criterion.h>

#include "xpl/filter.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "table.h"

#define FILES_LEAST 200

static struct xpl_message message;

/* The end of a readable area of at least that size, followed by a page that nobody may touch. */
static char *make_edge(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (size / page + 1) * page;
    char *area = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(area, MAP_FAILED);
    cr_assert_eq(mprotect(area + room, page, PROT_NONE), 0);
    return area + room;
}

static void expect_inside(struct xpl_slice slice, const char *start, const char *end)
{
    if (slice.size)
        cr_assert(slice.data >= start && slice.data + slice.size <= end);
}

static int parse_at_edge(char *edge, const char *text, size_t size)
{
    char *start = edge - size;
    memcpy(start, text, size);
    int r = xpl_message_parse(&message, start, size);
    if (r)
        return r;
    expect_inside(message.source.text, start, edge);
    expect_inside(message.schema, start, edge);
    for (size_t i = 0; i < message.n_items; i++) {
        expect_inside(message.items[i].name, start, edge);
        expect_inside(message.items[i].value, start, edge);
    }
    return r;
}

Test(edge, every_beginning_of_every_message_stays_inside_its_bytes)
{
    char *edge = make_edge(1 << 16);
    size_t n = 0, size;
    DIR *directory = opendir(TEST_CORPUS);
    cr_assert_not_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (!strstr(entry->d_name, ".xpl"))
            continue;
        char *text = table_read_in(TEST_CORPUS, entry->d_name, &size);
        cr_assert_not_null(text);
        int whole = parse_at_edge(edge, text, size), part = XPL_E_EMPTY;
        for (size_t length = 0; length < size; length++) {
            part = parse_at_edge(edge, text, length);
            if (!whole && length + 2 < size)
                cr_assert_neq(part, 0, "%s is complete with %zu of %zu octets", entry->d_name, length, size);
        }
        free(text);
        n++;
    }
    closedir(directory);
    cr_expect_geq(n, FILES_LEAST);
}

Test(edge, the_other_readers_stay_inside_their_bytes)
{
    const char *const texts[] = { "",
                                  "192.168.1.20",
                                  "192.168.1.",
                                  "xpl-group.kitchen",
                                  "acme-lamp.porch",
                                  "acme-lamp.",
                                  "*",
                                  "xpl-cmnd.*.*.*.x10.basic",
                                  "xpl-cmnd.acme-lamp.*.x10.basic",
                                  "....",
                                  "-",
                                  "." };
    char *edge = make_edge(1 << 12);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct xpl_slice text = xpl_slice(edge - strlen(texts[i]), strlen(texts[i])), group;
        if (text.size)
            memcpy(edge - text.size, texts[i], text.size);
        char instance[XPL_INSTANCE_MAX + 1];
        struct xpl_filter filter;
        uint32_t ip;
        struct xpl_address address = xpl_address_split(text);
        expect_inside(address.instance, text.data, edge);
        xpl_address_is_strict(text);
        xpl_target_is_group(text, &group);
        xpl_target_is_valid(text);
        xpl_instance_from(instance, text);
        xpl_ip_parse(text, &ip);
        xpl_filter_parse(&filter, text);
    }
}
