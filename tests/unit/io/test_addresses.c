#include <criterion/criterion.h>

#include "io/addresses.h"

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define MASK(bits)     ((bits) ? UINT32_MAX << (32 - (bits)) : 0)

static struct addresses house;

static void add(const char *name, unsigned index, uint32_t ip, int bits, bool is_up, bool can_broadcast)
{
    struct address *address = &house.list[house.n++];
    *address = (struct address){ .index = index,
                                 .ip = ip,
                                 .mask = MASK(bits),
                                 .broadcast = addresses_broadcast(ip, MASK(bits), 0),
                                 .is_up = is_up,
                                 .can_broadcast = can_broadcast };
    memcpy(address->name, name, strlen(name));
}

static void furnish(void)
{
    house.n = 0;
    add("lo", 1, IP(127, 0, 0, 1), 8, true, false);
    add("tun0", 9, IP(10, 8, 0, 6), 32, true, false);
    add("usb0", 4, IP(172, 16, 0, 1), 24, false, true);
    add("eth0", 2, IP(192, 168, 1, 10), 24, true, true);
    add("eth0:1", 2, IP(192, 168, 1, 11), 24, true, true);
    add("wlan0", 3, IP(10, 0, 4, 20), 22, true, true);
}

static void expect(const char *interface, const char *broadcast, const char *name, uint32_t ip, uint32_t to)
{
    struct addresses_choice choice;
    cr_assert_eq(addresses_choose(&house, interface, broadcast, &choice), ADDRESSES_OK);
    cr_expect_str_eq(choice.name, name);
    cr_expect_eq(choice.ip, ip, "%x", choice.ip);
    cr_expect_eq(choice.broadcast, to, "%x", choice.broadcast);
}

TestSuite(addresses, .init = furnish);

Test(addresses, automatic_is_the_first_that_is_up_and_can_broadcast)
{
    expect(NULL, NULL, "eth0", IP(192, 168, 1, 10), IP(192, 168, 1, 255));
    expect("", "", "eth0", IP(192, 168, 1, 10), IP(192, 168, 1, 255));
    house.list[3].is_up = house.list[4].is_up = false;
    expect(NULL, NULL, "wlan0", IP(10, 0, 4, 20), IP(10, 0, 7, 255));
}

Test(addresses, automatic_falls_back_to_loopback)
{
    house.n = 3;
    expect(NULL, NULL, "lo", IP(127, 0, 0, 1), IP(127, 255, 255, 255));
    house.n = 0;
    expect(NULL, NULL, "lo", IP(127, 0, 0, 1), IP(127, 255, 255, 255));
}

Test(addresses, an_interface_is_chosen_by_name_or_address)
{
    expect("wlan0", NULL, "wlan0", IP(10, 0, 4, 20), IP(10, 0, 7, 255));
    expect("eth0:1", NULL, "eth0:1", IP(192, 168, 1, 11), IP(192, 168, 1, 255));
    expect("192.168.1.11", NULL, "eth0:1", IP(192, 168, 1, 11), IP(192, 168, 1, 255));
    expect("lo", NULL, "lo", IP(127, 0, 0, 1), IP(127, 255, 255, 255));
    expect("tun0", NULL, "tun0", IP(10, 8, 0, 6), IP(255, 255, 255, 255));
}

Test(addresses, an_interface_that_is_not_there_is_not_replaced_by_another)
{
    struct addresses_choice choice = { .ip = 7 };
    cr_expect_eq(addresses_choose(&house, "eth1", NULL, &choice), ADDRESSES_ABSENT);
    cr_expect_eq(addresses_choose(&house, "eth", NULL, &choice), ADDRESSES_ABSENT);
    cr_expect_eq(addresses_choose(&house, "usb0", NULL, &choice), ADDRESSES_ABSENT, "it is down");
    cr_expect_eq(addresses_choose(&house, "192.168.1.12", NULL, &choice), ADDRESSES_ABSENT);
    cr_expect_eq(choice.ip, 7);
}

Test(addresses, a_said_broadcast_address_wins)
{
    expect("eth0", "255.255.255.255", "eth0", IP(192, 168, 1, 10), IP(255, 255, 255, 255));
    expect("tun0", "10.8.0.5", "tun0", IP(10, 8, 0, 6), IP(10, 8, 0, 5));
    expect(NULL, "255.255.255.255", "eth0", IP(192, 168, 1, 10), IP(255, 255, 255, 255));
}

Test(addresses, a_said_broadcast_address_tells_the_network)
{
    expect(NULL, "10.0.7.255", "wlan0", IP(10, 0, 4, 20), IP(10, 0, 7, 255));
    expect(NULL, "127.255.255.255", "lo", IP(127, 0, 0, 1), IP(127, 255, 255, 255));
}

Test(addresses, a_broadcast_that_is_no_address_is_refused)
{
    static const char *const wrong[] = { "255.255.255", "256.1.1.1", "eth0", "1.2.3.4 ", "::1", NULL };
    struct addresses_choice choice;
    for (int i = 0; wrong[i]; i++)
        cr_expect_eq(addresses_choose(&house, NULL, wrong[i], &choice), ADDRESSES_BROADCAST, "%s", wrong[i]);
}

Test(addresses, broadcast_is_derived_where_the_system_reports_nonsense)
{
    uint32_t ip = IP(10, 9, 0, 1);
    cr_expect_eq(addresses_broadcast(ip, MASK(24), IP(10, 9, 0, 255)), IP(10, 9, 0, 255));
    cr_expect_eq(addresses_broadcast(ip, MASK(24), IP(10, 9, 0, 127)), IP(10, 9, 0, 127), "as configured");
    cr_expect_eq(addresses_broadcast(ip, MASK(24), IP(255, 255, 255, 255)), IP(255, 255, 255, 255));
    cr_expect_eq(addresses_broadcast(ip, MASK(24), ip), IP(10, 9, 0, 255), "glibc: none set");
    cr_expect_eq(addresses_broadcast(ip, MASK(24), 0), IP(10, 9, 0, 255));
    cr_expect_eq(addresses_broadcast(ip, MASK(32), IP(10, 9, 0, 2)), IP(255, 255, 255, 255), "glibc: a peer");
    cr_expect_eq(addresses_broadcast(ip, MASK(31), 0), IP(255, 255, 255, 255));
    cr_expect_eq(addresses_broadcast(ip, MASK(30), 0), IP(10, 9, 0, 3));
}

Test(addresses, local_is_ours_or_loopback)
{
    cr_expect(addresses_is_local(&house, IP(192, 168, 1, 11)));
    cr_expect(addresses_is_local(&house, IP(127, 0, 1, 1)), "what the host name of a Debian host gives");
    cr_expect_not(addresses_is_local(&house, IP(192, 168, 1, 12)));
    cr_expect_not(addresses_is_local(&house, IP(192, 168, 1, 255)));
    cr_expect_not(addresses_is_local(&house, 0));
    cr_expect_not(addresses_is_local(&house, IP(128, 0, 0, 1)));
    house.n = 0;
    cr_expect(addresses_is_local(&house, IP(127, 0, 0, 1)));
}

Test(addresses, any_difference_is_seen)
{
    struct addresses other = house;
    cr_expect(addresses_equal(&house, &other));
    other.list[3].is_up = false;
    cr_expect_not(addresses_equal(&house, &other));
    other = house;
    other.list[5].mask = MASK(24);
    cr_expect_not(addresses_equal(&house, &other));
    other = house;
    other.n--;
    cr_expect_not(addresses_equal(&house, &other));
}

Test(addresses, the_system_is_asked)
{
    struct addresses now;
    cr_assert_eq(addresses_read(&now), 0);
    for (size_t i = 0; i < now.n; i++) {
        cr_expect_neq(now.list[i].ip, 0);
        cr_expect_neq(now.list[i].index, 0);
        cr_expect_neq(now.list[i].broadcast, now.list[i].ip);
    }
}
