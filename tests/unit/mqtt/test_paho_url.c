#include <criterion/criterion.h>

#include "base/error.h"
#include "mqtt/paho_url.h"

Test(paho_url, translates_each_scheme)
{
    static const struct {
        const char *ours, *paho;
        bool tls;
    } urls[] = {
        { "mqtt://broker:1883", "tcp://broker:1883", false },
        { "mqtts://broker:8883", "ssl://broker:8883", true },
        { "ws://broker:80/mqtt", "ws://broker:80/mqtt", false },
        { "wss://broker:443/mqtt", "wss://broker:443/mqtt", true },
        { "mqtt://[2001:db8::1]:1883", "tcp://[2001:db8::1]:1883", false },
        { "ws://[2001:db8::1]:80/mqtt", "ws://[2001:db8::1]:80/mqtt", false },
        { "mqtts://[2001:db8::1]:8883", "ssl://2001:db8::1:8883", true },
        { "wss://[::1]:443/mqtt", "wss://::1:443/mqtt", true },
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct paho_url url;
        cr_assert_eq(paho_url_init(&url, urls[i].ours), 0);
        cr_expect_str_eq(url.text, urls[i].paho);
        cr_expect_eq(url.tls, urls[i].tls);
        paho_url_deinit(&url);
    }
}

Test(paho_url, refuses_what_is_none_of_ours)
{
    struct paho_url url;
    cr_expect_eq(paho_url_init(&url, "http://broker:80"), -EINVAL);
    cr_expect_eq(paho_url_init(&url, "mqtt://"), -EINVAL);
    cr_expect_eq(paho_url_init(&url, "mqtt://me:secret@broker:1883"), -EINVAL);
}

Test(paho_url, only_a_name_over_plain_tcp_is_worth_looking_up)
{
    static const struct {
        const char *url, *host;
    } urls[] = {
        { "mqtt://broker.lan:1883", "broker.lan" },
        { "mqtt://192.168.1.2:1883", NULL },
        { "mqtt://[::1]:1883", NULL },
        { "mqtts://broker.lan:8883", NULL },
        { "ws://broker.lan:80/mqtt", NULL },
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct paho_url url;
        cr_assert_eq(paho_url_init(&url, urls[i].url), 0);
        cr_expect(!url.host == !urls[i].host && (!url.host || strcmp(url.host, urls[i].host) == 0), "%s",
                  urls[i].url);
        paho_url_deinit(&url);
    }
}

Test(paho_url, makes_a_url_of_each_address_up_to_a_bound)
{
    struct paho_url url;
    const char *addresses[] = { "192.168.1.2", "2001:db8::1", "3", "4", "5", "6", "7", "8", "9" };
    cr_assert_eq(paho_url_init(&url, "mqtt://broker:1884"), 0);
    paho_url_set_addresses(&url, addresses, 2);
    cr_assert_eq(url.n_addresses, 2);
    cr_expect_str_eq(url.addresses[0], "tcp://192.168.1.2:1884");
    cr_expect_str_eq(url.addresses[1], "tcp://[2001:db8::1]:1884");
    paho_url_set_addresses(&url, addresses, 9);
    cr_expect_eq(url.n_addresses, PAHO_URL_ADDRESSES);
    paho_url_set_addresses(&url, NULL, 0);
    cr_expect_eq(url.n_addresses, 0);
    paho_url_deinit(&url);
}
