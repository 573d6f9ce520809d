#include <criterion/criterion.h>
#include <string.h>

#include "io/resolver.h"
#include "loop.h"

static uv_loop_t loop;
static struct resolver *resolver;
static int n_found, n_addresses;
static char first[64];

static void on_found(void *context, const char *const *addresses, size_t n)
{
    (void)context;
    n_found++;
    n_addresses = (int)n;
    snprintf(first, sizeof(first), "%s", n ? addresses[0] : "");
}

static void make(void)
{
    loop_open(&loop);
    cr_assert_eq(resolver_new(&resolver, &loop, on_found, NULL), 0);
}

static void unmake(void)
{
    int closed = 0;
    resolver_close(resolver, count_call, &closed);
    loop_close(&loop);
    cr_expect_eq(closed, 1);
}

TestSuite(resolver, .init = make, .fini = unmake, .timeout = TIMEOUT);

Test(resolver, gives_addresses_as_text)
{
    resolver_ask(resolver, "127.0.0.7");
    loop_until(&loop, n_found);
    cr_expect_eq(n_addresses, 1);
    cr_expect_str_eq(first, "127.0.0.7");
    resolver_ask(resolver, "::1");
    loop_until(&loop, n_found == 2);
    cr_expect_str_eq(first, "::1");
}

Test(resolver, says_when_there_is_none)
{
    resolver_ask(resolver, "no host has this name");
    loop_until(&loop, n_found);
    cr_expect_eq(n_addresses, 0);
}

Test(resolver, asks_one_question_at_a_time)
{
    resolver_ask(resolver, "127.0.0.1");
    resolver_ask(resolver, "127.0.0.2");
    loop_until(&loop, n_found);
    cr_expect_str_eq(first, "127.0.0.1");
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(n_found, 1);
}

Test(resolver, closes_while_it_asks)
{
    resolver_ask(resolver, "127.0.0.1");
    int closed = 0;
    resolver_close(resolver, count_call, &closed);
    loop_until(&loop, closed);
    cr_expect_eq(n_found, 0);
    resolver = NULL;
}
