/* Defaults, what overrides what, reload and comparison. */
#include "load.h"

TestSuite(settings, .init = setup, .fini = teardown);

Test(settings, without_anything)
{
    expect_good(NULL, NULL, NULL);
    cr_expect_eq(settings->mode, SETTINGS_NORMAL);
    cr_expect_eq(settings->xpl.role, SETTINGS_ROLE_AUTO);
    cr_expect_str_eq(settings->xpl.instance, "pi-salon");
    cr_expect_null(settings->xpl.interface);
    cr_expect_eq(settings->xpl.broadcast, 0u);
    cr_expect_eq(settings->xpl.n_allow, 0u);
    cr_expect_eq(settings->xpl.n_groups, 0u);
    cr_expect_str_eq(settings->xpl.charset_name, "windows-1252");
    cr_expect_eq(settings->xpl.charset.high[0].size, 3, "0x80 is the euro sign");
    cr_expect_eq(settings->xpl.flood, 1000);
    cr_expect_null(settings->xpl.tunnel);
    cr_expect_str_eq(settings->mqtt.url, "mqtt://localhost:1883");
    cr_expect_not(settings_mqtt_is_secure(settings));
    cr_expect_null(settings->mqtt.username);
    cr_expect_null(settings->mqtt.password);
    cr_expect_null(settings->mqtt.password_file);
    cr_expect_str_eq(settings->mqtt.client_id, "xplmqtt-pi-salon");
    cr_expect_null(settings->mqtt.cafile);
    cr_expect_eq(settings->mqtt.version, SETTINGS_VERSION_AUTO);
    cr_expect_str_eq(settings->mqtt.prefix, "xpl");
    cr_expect_eq(settings->mqtt.keepalive, 30);
    cr_expect_eq(settings->mqtt.spool, SETTINGS_SPOOL_MEMORY);
    cr_expect_not(settings->mqtt.raw);
    cr_expect_not(settings->mqtt.raw_send);
    cr_expect_eq(settings->discovery.homeassistant, SETTINGS_HA_COMPONENT);
    cr_expect_eq(settings->discovery.homie, SETTINGS_HOMIE_OFF);
    cr_expect_eq(settings->discovery.announce, SETTINGS_ANNOUNCE_MAPPED);
    cr_expect_eq(settings->discovery.announce_after, 2);
    cr_expect_eq(settings->discovery.limit, 2000);
    cr_assert_eq(settings->mappings.n_files, 1u);
    cr_expect_str_eq(settings->mappings.files[0].path, "/etc/xplmqtt/mappings.xml");
    cr_expect(settings->mappings.files[0].optional);
    cr_expect(settings->mappings.shipped);
    cr_expect_str_eq(settings->log, "info");
    cr_expect_eq(settings->verbose, 0);
}

Test(settings, options_over_environment_over_file)
{
    const char *file = "<xpl role='hub' flood='1' instance='f'/><mqtt prefix='f'/>";
    expect_good(file, "XPLMQTT_FLOOD=2\nXPLMQTT_PREFIX=e\nXPLMQTT_INSTANCE=e", "--prefix\no\n--flood=3");
    cr_expect_eq(settings->xpl.role, SETTINGS_ROLE_HUB);
    cr_expect_str_eq(settings->xpl.instance, "e");
    cr_expect_eq(settings->xpl.flood, 3);
    cr_expect_str_eq(settings->mqtt.prefix, "o");
    cr_expect_str_eq(settings->mqtt.client_id, "xplmqtt-e");
}

Test(settings, an_empty_value_takes_back_and_an_empty_variable_is_none)
{
    expect_good("<mqtt username='u'/><xpl allow='10.0.0.0/8' group='a b'/>",
                "XPLMQTT_USERNAME=", "--allow=\n--group=");
    cr_expect_str_eq(settings->mqtt.username, "u");
    cr_expect_eq(settings->xpl.n_allow, 0u);
    cr_expect_eq(settings->xpl.n_groups, 0u);
}

Test(settings, mappings_in_order_and_relative_to_their_file)
{
    expect_good("<mappings href='a.xml' shipped='no'/><mappings href='/b/c.xml'/>", NULL, NULL);
    cr_assert_eq(settings->mappings.n_files, 2u);
    cr_expect_str_eq(settings->mappings.files[0].path, "/tmp/a.xml");
    cr_expect_eq(settings->mappings.files[0].place.line, 2);
    cr_expect_eq(settings->mappings.files[0].place.column, 11);
    cr_expect_not(settings->mappings.files[0].optional);
    cr_expect_str_eq(settings->mappings.files[1].path, "/b/c.xml");
    cr_expect_not(settings->mappings.shipped);

    expect_good("<mappings href='a.xml'/>", "XPLMQTT_MAPPINGS=x.xml:y/z.xml", NULL);
    cr_assert_eq(settings->mappings.n_files, 2u);
    cr_expect_str_eq(settings->mappings.files[0].path, "x.xml");
    cr_expect_str_eq(settings->mappings.files[1].path, "y/z.xml");

    expect_good("<mappings href='a.xml'/>", "XPLMQTT_MAPPINGS=x.xml",
                "--mappings\n1.xml\n--mappings=2.xml\n--shipped=no");
    cr_assert_eq(settings->mappings.n_files, 2u);
    cr_expect_str_eq(settings->mappings.files[0].path, "1.xml");
    cr_expect_str_eq(settings->mappings.files[1].path, "2.xml");
}

Test(settings, the_default_mappings_may_be_missing_though_named)
{
    expect_good("<mappings href='/etc/xplmqtt/mappings.xml'/>", NULL, NULL);
    cr_expect(settings->mappings.files[0].optional);
}

Test(settings, paths_are_relative_to_the_file_that_has_them)
{
    expect_good("<mqtt url='mqtts://b' cafile='tls/ca.crt' cert='/c.crt'/>", NULL, "--key=k.key");
    cr_expect_str_eq(settings->mqtt.cafile, "/tmp/tls/ca.crt");
    cr_expect_str_eq(settings->mqtt.cert, "/c.crt");
    cr_expect_str_eq(settings->mqtt.key, "k.key");
}

Test(settings, host_and_port_make_the_url)
{
    static const struct {
        const char *file, *variables, *words, *url;
    } rows[] = {
        { NULL, NULL, "-h\nbroker", "mqtt://broker:1883" },
        { NULL, NULL, "-h\nbroker\n-p\n1884", "mqtt://broker:1884" },
        { NULL, NULL, "-p\n1884", "mqtt://localhost:1884" },
        { NULL, NULL, "-h\nbroker\n--cafile\nca", "mqtts://broker:8883" },
        { NULL, NULL, "-h\nbroker\n--cert=c\n-p8884", "mqtts://broker:8884" },
        { NULL, NULL, "--cafile\nca", "mqtts://localhost:8883" },
        { NULL, NULL, "--cafile\nca\n-p\n8884", "mqtts://localhost:8884" },
        { NULL, "XPLMQTT_CERT=c", NULL, "mqtts://localhost:8883" },
        { "<mqtt cafile='ca'/>", NULL, "-p\n8884", "mqtts://localhost:8884" },
        { "<mqtt cafile=''/>", NULL, NULL, "mqtt://localhost:1883" },
        { "<mqtt url='mqtt://a'/>", NULL, "--cafile\nca", "mqtt://a:1883" },
        { NULL, NULL, "-h\n::1", "mqtt://[::1]:1883" },
        { "<mqtt host='a' port='5'/>", NULL, NULL, "mqtt://a:5" },
        { "<mqtt host='a' port='5'/>", NULL, "-h\nb", "mqtt://b:5" },
        { "<mqtt url='wss://a/mqtt'/>", NULL, NULL, "wss://a:443/mqtt" },
        { "<mqtt url='wss://a/mqtt'/>", NULL, "-p\n9001", "wss://a:9001/mqtt" },
        { "<mqtt url='wss://a/mqtt'/>", NULL, "-h\nb", "mqtt://b:1883" },
        { "<mqtt url='wss://a/mqtt'/>", "XPLMQTT_HOST=e", "-p\n7", "mqtt://e:7" },
        { "<mqtt host='a' port='5'/>", NULL, "--url\nws://b", "ws://b:80" },
        { "<mqtt url='MQTTS://a'/>", NULL, NULL, "mqtts://a:8883" },
        { NULL, NULL, "--url\nWs://b/Path", "ws://b:80/Path" },
        { "<mqtt url='mqtt://a:5'/>", "XPLMQTT_URL=mqtts://e", NULL, "mqtts://e:8883" },
        { "<mqtt url='mqtt://[fe80::1]/'/>", NULL, NULL, "mqtt://[fe80::1]:1883" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_assert_eq(load(rows[i].file, rows[i].variables, rows[i].words), SETTINGS_RUN, "row %zu: %s", i,
                     findings());
        cr_expect_str_eq(settings->mqtt.url, rows[i].url, "row %zu: %s", i, settings->mqtt.url);
    }
}

Test(settings, url_and_host_exclude_each_other_where_they_are_of_one_origin)
{
    expect_wrong(NULL, NULL, "--url=mqtt://a\n-h\nb",
                 "option --host: error: url and host exclude each other");
    expect_wrong(NULL, NULL, "--url=mqtt://a\n-p\n3",
                 "option --port: error: url and port exclude each other");
    expect_wrong("<mqtt url='mqtt://a' host='b'/>", NULL, NULL,
                 "FILE:2:22: error: url and host exclude each other");
    expect_wrong(NULL, "XPLMQTT_URL=mqtt://a\nXPLMQTT_HOST=b", NULL,
                 "environment XPLMQTT_HOST: error: url and host exclude each other");
}

Test(settings, secure_is_what_the_scheme_says)
{
    expect_good("<mqtt url='mqtts://a'/>", NULL, NULL);
    cr_expect(settings_mqtt_is_secure(settings));
    expect_good("<mqtt url='wss://a'/>", NULL, NULL);
    cr_expect(settings_mqtt_is_secure(settings));
    expect_good("<mqtt url='ws://a'/>", NULL, NULL);
    cr_expect_not(settings_mqtt_is_secure(settings));
    cr_expect_eq(load("<mqtt url='mqtt://a' cafile='c'/>", NULL, NULL), SETTINGS_RUN);
    cr_expect_str_eq(findings(),
                     "FILE:2:22: warning: cafile is of no use without TLS; the url is mqtt://a:1883");
    expect_wrong("<mqtt url='mqtts://a' key='k'/>", NULL, NULL, "FILE:2:23: error: key needs cert");
}

Test(settings, one_password)
{
    expect_good("<mqtt username='u' password-file='p'/>", NULL, NULL);
    cr_expect_str_eq(settings->mqtt.password_file, "/tmp/p");
    cr_expect_null(settings->mqtt.password);
    expect_good("<mqtt username='u' password-file='p'/>", NULL, "-P\ns");
    cr_expect_null(settings->mqtt.password_file);
    cr_expect_str_eq(settings->mqtt.password, "s");
    expect_good("<mqtt username='u'/>", "XPLMQTT_PASSWORD=s", "--pw-file\np");
    cr_expect_str_eq(settings->mqtt.password_file, "p");
    cr_expect_null(settings->mqtt.password);
    expect_wrong(NULL, NULL, "-u\nu\n-P\ns\n--pw-file\np",
                 "option --pw-file: error: password and pw-file exclude each other");
    cr_expect_eq(load(NULL, NULL, "-P\ns"), SETTINGS_RUN);
    cr_expect_str_eq(findings(),
                     "option --password: warning: a password without a username; brokers before MQTT 5 "
                     "refuse it");
}

Test(settings, a_credential_of_the_service_manager)
{
    char directory[] = "/tmp/xplmqtt-credentials-XXXXXX", variable[128], path[128];
    cr_assert_not_null(mkdtemp(directory));
    snprintf(variable, sizeof(variable), "CREDENTIALS_DIRECTORY=%s", directory);
    expect_good(NULL, variable, NULL);
    cr_expect_null(settings->mqtt.password_file);

    snprintf(path, sizeof(path), "%s/mqtt-password", directory);
    fclose(fopen(path, "w"));
    expect_good(NULL, variable, NULL);
    cr_expect_str_eq(settings->mqtt.password_file, path);

    expect_good("<mqtt username='u' password-file='/p'/>", variable, NULL);
    cr_expect_str_eq(settings->mqtt.password_file, "/p");
    unlink(path);
    rmdir(directory);
}

Test(settings, reload_reads_the_file_again_and_nothing_else)
{
    struct settings *again = NULL;
    struct diag later;
    diag_init(&later);
    expect_good("<mqtt prefix='a' keepalive='10'/>", "XPLMQTT_PASSWORD=secret\nXPLMQTT_USERNAME=u",
                "--keepalive=20\n-v");
    write_file(ROOT_OPEN "<mqtt prefix='b' keepalive='30'/><log level='error'/></xplmqtt>");
    cr_assert_eq(settings_reload(&again, settings, &later), 0);
    cr_expect_str_eq(again->mqtt.prefix, "b");
    cr_expect_eq(again->mqtt.keepalive, 20);
    cr_expect_str_eq(again->mqtt.password, "secret");
    cr_expect_str_eq(again->log, "debug,xpl=info,mqtt=info");
    cr_expect_str_eq(again->config_file, file_path);
    cr_expect_str_eq(again->xpl.instance, "pi-salon");
    cr_expect_eq(settings_compare(settings, again), (unsigned)SETTINGS_CHANGED_PREFIX);

    struct settings *third = NULL;
    settings_free(settings); /* a reload stands on its own */
    settings = NULL;
    write_file(ROOT_OPEN "<mqtt prefix='/b'/></xplmqtt>");
    cr_expect_eq(settings_reload(&third, again, &later), SETTINGS_WRONG);
    cr_expect_null(third);
    unlink(file_path);
    cr_expect_eq(settings_reload(&third, again, &later), SETTINGS_WRONG,
                 "a file that was named must be there");
    settings_free(again);
    diag_deinit(&later);
}

Test(settings, comparison_names_what_changed)
{
    static const struct {
        const char *file;
        unsigned changed;
    } rows[] = {
        { "", 0 },
        { "<xpl role='auto' instance='pi-salon' charset='windows-1252'/><mqtt url='mqtt://localhost'/>", 0 },
        { "<mappings href='/etc/xplmqtt/mappings.xml' shipped='yes'/><log level='info'/>", 0 },
        { "<xpl role='hub'/>", SETTINGS_CHANGED_XPL },
        { "<xpl group='x'/>", SETTINGS_CHANGED_XPL },
        { "<xpl instance='other'/>", SETTINGS_CHANGED_XPL | SETTINGS_CHANGED_LINK },
        { "<mqtt host='other'/>", SETTINGS_CHANGED_LINK },
        { "<mqtt version='5'/>", SETTINGS_CHANGED_LINK },
        { "<mqtt raw='yes'/>", SETTINGS_CHANGED_RAW },
        { "<mqtt spool='disk'/>", SETTINGS_CHANGED_SPOOL },
        { "<discovery limit='3'/>", SETTINGS_CHANGED_DISCOVERY },
        { "<mappings shipped='no'/>", SETTINGS_CHANGED_MAPPINGS },
        { "<mappings href='/etc/xplmqtt/mappings.xml'/><mappings href='/x'/>", SETTINGS_CHANGED_MAPPINGS },
        { "<log level='debug'/>", SETTINGS_CHANGED_LOG },
    };
    struct settings *plain;
    expect_good(NULL, NULL, NULL);
    plain = settings;
    settings = NULL;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expect_good(rows[i].file, NULL, NULL);
        cr_expect_eq(settings_compare(plain, settings), rows[i].changed, "row %zu", i);
    }
    settings_free(plain);
}
