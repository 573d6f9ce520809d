/* The config file: every attribute, and findings that name line and column. */
#include "load.h"

TestSuite(file, .init = setup, .fini = teardown);

Test(file, every_attribute)
{
    expect_good("<?xml version='1.0'?>\n<xplmqtt xmlns='urn:xplmqtt:config:1' mode='normal'>\n"
                "<log level='debug'/>\n"
                "<discovery homeassistant='device' homie='5' announce='ask' announce-after='9' limit='8'/>\n"
                "<xpl role='client' instance='i' interface='eth1' broadcast='10.0.0.255' allow='10.0.0.0/8' "
                "group='a,b' "
                "charset='cp850' flood='7' forward-malformed='yes' tunnel='t'/>\n"
                "<mqtt url='mqtts://b' username='u' password-file='/p' client-id='c' cafile='/ca' cert='/ce' "
                "key='/k' "
                "version='311' prefix='p/q' keepalive='99' spool='disk' raw='yes' raw-send='true'/>\n"
                "<mappings href='/m'/><mappings shipped='no'/></xplmqtt>",
                NULL, NULL);
    cr_expect_str_eq(settings->log, "debug");
    cr_expect_eq(settings->discovery.homeassistant, SETTINGS_HA_DEVICE);
    cr_expect_eq(settings->discovery.homie, SETTINGS_HOMIE_5);
    cr_expect_eq(settings->discovery.announce, SETTINGS_ANNOUNCE_ASK);
    cr_expect_eq(settings->discovery.announce_after, 9);
    cr_expect_eq(settings->discovery.limit, 8);
    cr_expect_eq(settings->xpl.role, SETTINGS_ROLE_CLIENT);
    cr_expect_str_eq(settings->xpl.instance, "i");
    cr_expect_str_eq(settings->xpl.interface, "eth1");
    cr_expect_eq(settings->xpl.broadcast, 0x0a0000ffu);
    cr_expect_eq(settings->xpl.n_allow, 1u);
    cr_expect_eq(settings->xpl.n_groups, 2u);
    cr_expect_str_eq(settings->xpl.charset_name, "cp850");
    cr_expect_eq(settings->xpl.flood, 7);
    cr_expect(settings->xpl.forward_malformed);
    cr_expect_str_eq(settings->xpl.tunnel, "t");
    cr_expect_str_eq(settings->mqtt.url, "mqtts://b:8883");
    cr_expect_str_eq(settings->mqtt.username, "u");
    cr_expect_str_eq(settings->mqtt.password_file, "/p");
    cr_expect_str_eq(settings->mqtt.client_id, "c");
    cr_expect_str_eq(settings->mqtt.cafile, "/ca");
    cr_expect_str_eq(settings->mqtt.cert, "/ce");
    cr_expect_str_eq(settings->mqtt.key, "/k");
    cr_expect_eq(settings->mqtt.version, SETTINGS_VERSION_311);
    cr_expect_str_eq(settings->mqtt.prefix, "p/q");
    cr_expect_eq(settings->mqtt.keepalive, 99);
    cr_expect_eq(settings->mqtt.spool, SETTINGS_SPOOL_DISK);
    cr_expect(settings->mqtt.raw);
    cr_expect(settings->mqtt.raw_send);
    cr_expect_eq(settings->mappings.n_files, 1u);
    cr_expect_not(settings->mappings.shipped);
}

Test(file, all_findings_in_one_run)
{
    expect_wrong("<xpl role='hubb'\n  intsance='x'/>\n<mqqt/>\n<discovery homie='3' "
                 "limit='0'>t</discovery>\n <log/><log/>",
                 NULL, NULL,
                 "FILE:4:1: error: unknown element <mqqt> in <xplmqtt>; did you mean <mqtt>?\n"
                 "FILE:2:6: error: role 'hubb': expected one of auto, hub, client; did you mean 'hub'?\n"
                 "FILE:3:3: error: unknown attribute 'intsance' on <xpl>; did you mean 'instance'?\n"
                 "FILE:5:32: error: <discovery> holds no text\n"
                 "FILE:5:12: error: homie '3': expected one of off, 4, 5\n"
                 "FILE:5:22: error: limit '0': expected a whole number from 1 to 10000\n"
                 "FILE:6:8: error: <log> stands here a second time");
}

Test(file, names_are_those_of_the_file)
{
    expect_wrong("<mqtt version='4' client-id='&#x7f;' password='p'/>", NULL, NULL,
                 "FILE:2:7: error: version '4': expected one of auto, 5, 311\n"
                 "FILE:2:19: error: client-id '?': holds a control character or what is no UTF-8\n"
                 "FILE:2:38: error: unknown attribute 'password' on <mqtt>; did you mean 'password-file'?");
}

Test(file, another_root_or_namespace)
{
    expect_wrong("<?xml version='1.0'?><mappings xmlns='urn:xplmqtt:config:1'/>", NULL, NULL,
                 "FILE:1:22: error: the root is <mappings>; expected <xplmqtt>");
    expect_wrong("<?xml version='1.0'?><xplmqtt/>", NULL, NULL,
                 "FILE:1:22: error: <xplmqtt> has no namespace; expected xmlns=\"urn:xplmqtt:config:1\"");
    expect_wrong("<?xml version='1.0'?><xplmqtt xmlns='urn:xplmqtt:config:1' mode='tryout'/>", NULL, NULL,
                 "FILE:1:60: error: mode 'tryout': expected normal");
}

Test(file, broken_xml_is_a_finding)
{
    cr_expect_eq(load("<xpl>", NULL, NULL), SETTINGS_WRONG);
    cr_expect_str_eq(findings(),
                     "FILE:3:1: error: mismatched tag: expected </xpl> for line 2, found </xplmqtt>");
}

Test(file, a_file_without_a_directory)
{
    cr_assert_eq(chdir("/tmp"), 0);
    write_file(ROOT_OPEN "<mqtt url='mqtts://b' cafile='ca'/></xplmqtt>");
    char *line[] = { (char[]){ "xplmqttd" }, (char[]){ "-c" }, strrchr(file_path, '/') + 1, NULL };
    cr_assert_eq(settings_load(&settings, 3, line, NULL, "h", &diag), SETTINGS_RUN);
    cr_expect_str_eq(settings->mqtt.cafile, "ca");
}
