/* The command line and the environment. */
#include "load.h"

TestSuite(arguments, .init = setup, .fini = teardown);

Test(arguments, as_mosquitto_pub)
{
    expect_good(NULL, NULL,
                "-h\nbroker\n-p\n8884\n-u\nme\n-P\npw\n-i\nid\n-V\n311\n--cafile\nca\n--cert\nc\n--key\nk");
    cr_expect_str_eq(settings->mqtt.url, "mqtts://broker:8884");
    cr_expect_str_eq(settings->mqtt.username, "me");
    cr_expect_str_eq(settings->mqtt.password, "pw");
    cr_expect_str_eq(settings->mqtt.client_id, "id");
    cr_expect_eq(settings->mqtt.version, SETTINGS_VERSION_311);
    cr_expect_str_eq(settings->mqtt.cafile, "ca");
    cr_expect_str_eq(settings->mqtt.cert, "c");
    cr_expect_str_eq(settings->mqtt.key, "k");
}

Test(arguments, the_version_as_mosquitto_pub_spells_it)
{
    static const struct {
        const char *words;
        int version;
    } rows[] = { { "-V\n5", SETTINGS_VERSION_5 },
                 { "-V\nmqttv5", SETTINGS_VERSION_5 },
                 { "-V\nmqttv311", SETTINGS_VERSION_311 },
                 { "--protocol-version\nmqttv311", SETTINGS_VERSION_311 },
                 { "--protocol-version=5", SETTINGS_VERSION_5 } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expect_good(NULL, NULL, rows[i].words);
        cr_expect_eq(settings->mqtt.version, rows[i].version, "%s", rows[i].words);
    }
    expect_wrong(
        NULL, NULL, "-V\nmqttv31",
        "option --mqtt-version: error: mqtt-version 'mqttv31': expected one of auto, 5, 311; did you "
        "mean '311'?");
    expect_wrong(NULL, NULL, "-V\nmqttvauto",
                 "option --mqtt-version: error: mqtt-version 'mqttvauto': expected one of auto, 5, 311");
}

Test(arguments, a_password_is_wiped_where_it_stood)
{
    static const char *const ways[] = { "-P\nsecret",         "-Psecret",          "-vPsecret",
                                        "--password\nsecret", "--password=secret", "--pass=secret",
                                        "--pw=secret" };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        char line[64];
        snprintf(line, sizeof(line), "-u\nme\n%s", ways[i]);
        cr_assert_eq(load(NULL, NULL, line), SETTINGS_RUN, "%s", findings());
        cr_expect_str_eq(settings->mqtt.password, "secret", "%s", ways[i]);
        for (int j = 0; j < n_words; j++)
            cr_expect_null(strstr(words[j], "secret"), "%s", ways[i]);
    }
}

Test(arguments, a_password_is_wiped_whatever_happens)
{
    static const char *const ways[] = { "--nonsense\n-P\nsecret", "--help\n-P\nsecret",
                                        "-P\nsecret\n--role=x", "-P\nsecret\nleft-over" };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        cr_expect_neq(load(NULL, "XPLMQTT_PASSWORD=secret", ways[i]), SETTINGS_RUN);
        for (int j = 0; j < n_words; j++)
            cr_expect_null(strstr(words[j], "secret"), "%s", ways[i]);
        cr_expect_null(variables[0]);
    }
}

Test(arguments, a_password_in_the_environment_is_taken_off)
{
    expect_good(NULL, "A=1\nXPLMQTT_PASSWORD=secret\nXPLMQTT_USERNAME=u\nB=2", NULL);
    cr_expect_str_eq(settings->mqtt.password, "secret");
    cr_expect_str_eq(variables[0], "A=1");
    cr_expect_str_eq(variables[1], "XPLMQTT_USERNAME=u");
    cr_expect_str_eq(variables[2], "B=2");
    cr_expect_null(variables[3]);
    cr_expect_null(strstr(owned[1], "secret"), "its bytes are still seen in /proc");
}

Test(arguments, no_secret_in_a_finding)
{
    load(NULL, NULL, "--passwort=secret\n-P\nsecret\n--url=mqtt://me:secret@broker\n--role=x");
    cr_expect_eq(diag.n_errors, 3u);
    cr_expect_null(strstr(findings(), "secret"), "%s", findings());
    load("<mqtt url='mqtt://me:secret@broker'/>", NULL, NULL);
    cr_expect_eq(diag.n_errors, 1u);
    cr_expect_null(strstr(findings(), "secret"), "%s", findings());
}

Test(arguments, every_row_is_a_variable)
{
    expect_good(
        NULL,
        "XPLMQTT_ROLE=client\nXPLMQTT_PW_FILE=p\nXPLMQTT_USERNAME=u\nXPLMQTT_ID=i\nXPLMQTT_MQTT_VERSION=5\n"
        "XPLMQTT_ANNOUNCE_AFTER=7\nXPLMQTT_RAW_SEND=yes\nXPLMQTT_LOG_LEVEL=error,mqtt=debug\n"
        "XPLMQTT_SHIPPED=no\nXPLMQTT_DATADIR=/d",
        NULL);
    cr_expect_eq(settings->xpl.role, SETTINGS_ROLE_CLIENT);
    cr_expect_str_eq(settings->mqtt.password_file, "p");
    cr_expect_str_eq(settings->mqtt.client_id, "i");
    cr_expect_eq(settings->mqtt.version, SETTINGS_VERSION_5);
    cr_expect_eq(settings->discovery.announce_after, 7);
    cr_expect(settings->mqtt.raw_send);
    cr_expect_str_eq(settings->log, "error,mqtt=debug");
    cr_expect_not(settings->mappings.shipped);
}

Test(arguments, the_name_of_an_attribute_is_a_variable_too)
{
    expect_good(NULL,
                "XPLMQTT_PASSWORD_FILE=p\nXPLMQTT_USERNAME=u\nXPLMQTT_CLIENT_ID=i\nXPLMQTT_VERSION=5\n"
                "XPLMQTT_LEVEL=error\nXPLMQTT_HREF=a.xml:b.xml",
                NULL);
    cr_expect_str_eq(settings->mqtt.password_file, "p");
    cr_expect_str_eq(settings->mqtt.client_id, "i");
    cr_expect_eq(settings->mqtt.version, SETTINGS_VERSION_5);
    cr_expect_str_eq(settings->log, "error");
    cr_expect_eq(settings->mappings.n_files, 2u);

    expect_good(NULL, "XPLMQTT_CLIENT_ID=i\nXPLMQTT_ID=i\nXPLMQTT_HREF=a:b\nXPLMQTT_MAPPINGS=a:b", NULL);
    cr_expect_str_eq(settings->mqtt.client_id, "i");
    cr_expect_eq(settings->mappings.n_files, 2u);
    expect_good(NULL, "XPLMQTT_CLIENT_ID=i\nXPLMQTT_ID=", NULL);
    cr_expect_str_eq(settings->mqtt.client_id, "i");
    expect_wrong(NULL, "XPLMQTT_CLIENT_ID=i\nXPLMQTT_ID=j", NULL,
                 "environment: error: XPLMQTT_CLIENT_ID and XPLMQTT_ID say different things");
    expect_wrong(NULL, "XPLMQTT_VERSION=4", NULL,
                 "environment XPLMQTT_VERSION: error: mqtt-version '4': expected one of auto, 5, 311");
    cr_expect_eq(load(NULL, "XPLMQTT_CLIENTID=i", NULL), SETTINGS_RUN);
    cr_expect(strstr(findings(), "did you mean 'XPLMQTT_CLIENT_ID'?"), "%s", findings());
}

Test(arguments, unknown_ones)
{
    expect_wrong(NULL, NULL, "--rol=hub\n--roel\nhub",
                 "command line: error: unknown option '--roel'; did you mean "
                 "'--role'?\ncommand line: error: unexpected argument 'hub'");
    expect_wrong(NULL, NULL, "-x", "command line: error: unknown option '-x'");
    expect_wrong(NULL, NULL, "--zzzzzzzzzzzzzz=1", "command line: error: unknown option '--zzzzzzzzzzzzzz'");
    expect_wrong(NULL, NULL, "--role", "command line: error: option '--role' needs a value");
    expect_wrong(NULL, NULL, "-h", "command line: error: option '--host' needs a value");
    expect_wrong(NULL, NULL, "--verbose=3", "command line: error: option '--verbose' takes no value");
    expect_wrong(NULL, NULL, "--\n--role", "command line: error: unexpected argument '--role'");
    cr_expect_eq(load(NULL, "XPLMQTT_ROEL=hub\nXPLMQTT_=1\nXPLMQTT_HELP=1\nNOTHING", NULL), SETTINGS_RUN);
    cr_expect(strstr(findings(),
                     "environment: warning: unknown variable 'XPLMQTT_ROEL'; did you mean 'XPLMQTT_ROLE'?"));
}

Test(arguments, wrong_values_name_their_place)
{
    expect_wrong(NULL, "XPLMQTT_ROLE=hubb", "--homie=3",
                 "environment XPLMQTT_ROLE: error: role 'hubb': expected one of auto, hub, client; did you "
                 "mean 'hub'?\n"
                 "option --homie: error: homie '3': expected one of off, 4, 5");
}

Test(arguments, what_ends_the_program_early)
{
    expect_good(NULL, NULL, "-v\n-v");
    cr_expect_eq(settings->verbose, 2);
    cr_expect_str_eq(settings->log, "debug");
    expect_good("<log level='error'/>", NULL, "-v");
    cr_expect_str_eq(settings->log, "debug,xpl=info,mqtt=info");
    cr_expect_eq(load(NULL, NULL, "--help"), SETTINGS_HELP);
    cr_expect_null(settings);
    cr_expect_eq(load(NULL, NULL, "--version\n--help"), SETTINGS_HELP);
    cr_expect_eq(load("<broken", NULL, "--version\n--nonsense"), SETTINGS_VERSION);
    cr_expect_eq(load(NULL, NULL, "--healthcheck\n--prefix=h"), SETTINGS_HEALTHCHECK);
    cr_assert_not_null(settings);
    cr_expect_str_eq(settings->mqtt.prefix, "h");
    cr_expect_eq(load(NULL, NULL, "--healthcheck\n--prefix=/h"), SETTINGS_WRONG);
}

Test(arguments, a_named_config_file_must_be_there)
{
    expect_wrong(NULL, NULL, "-c\n/nowhere/x.xml", "/nowhere/x.xml: error: no such file");
    char *alone[] = { (char[]){ "xplmqttd" }, NULL };
    char *named[] = { (char[]){ "XPLMQTT_CONFIG=/nowhere/y.xml" }, NULL };
    forget();
    cr_expect_eq(settings_load(&settings, 1, alone, named, "h", &diag), SETTINGS_WRONG);
    cr_expect_str_eq(findings(), "/nowhere/y.xml: error: no such file");
}

Test(arguments, help_fits)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    settings_help(stream);
    fclose(stream);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        cr_expect_leq(strcspn(line, "\n"), 100u, "%.*s", (int)strcspn(line, "\n"), line);
    static const char *const shown[] = { "  -h, --host HOST ",     "      --role ROLE ",
                                         "  -P, --password TEXT ", "      --healthcheck ",
                                         "XPLMQTT_PW_FILE",        "(mqtt://localhost:1883)" };
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        cr_expect(strstr(text, shown[i]), "%s", shown[i]);
    free(text);
}
