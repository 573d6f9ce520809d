#include "config/option.h"

#define WIDTH 30 /* columns of "  -h, --host HOST" */

static void print_row(FILE *stream, const struct option_row *row)
{
    char storage[64], letter[] = "    ";
    struct text text = TEXT(storage);
    if (row->letter) {
        letter[0] = '-';
        letter[1] = row->letter;
        letter[2] = ',';
    }
    text_format(&text, "  %s--%s%s%s", letter, row->name, row->argument ? " " : "",
                row->argument ? row->argument : "");
    fprintf(stream, "%-*s %s", WIDTH, storage, row->help);
    if (row->fallback && *row->fallback)
        fprintf(stream, " (%s)", row->fallback);
    fputc('\n', stream);
}

void settings_help(FILE *stream)
{
    static const struct {
        const char *title;
        enum option_id first, last;
    } parts[] = {
        { "General", OPTION_CONFIG, OPTION_HEALTHCHECK },
        { "The xPL side", OPTION_ROLE, OPTION_TUNNEL },
        { "The MQTT side", OPTION_URL, OPTION_RAW_SEND },
        { "Discovery", OPTION_HOMEASSISTANT, OPTION_LIMIT },
        { "Mappings", OPTION_MAPPINGS, OPTION_SHIPPED },
        { "Other", OPTION_LOG_LEVEL, OPTION_LOG_LEVEL },
        { NULL, OPTION_MODE, OPTION_MODE },
    };
    fputs("xplmqttd: joins an xPL home to MQTT, both ways\n\n"
          "Usage: xplmqttd [OPTION]...     (with none: hub or client as it finds, broker on localhost)\n",
          stream);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].title)
            fprintf(stream, "\n%s:\n", parts[i].title);
        for (enum option_id id = parts[i].first; id <= parts[i].last; id++)
            print_row(stream, &option_rows[id]);
    }
    fputs("\nDefaults are in parentheses. Each option with a value is a variable too: --pw-file is\n"
          "XPLMQTT_PW_FILE; and each but --config and --password an attribute of the config file,\n"
          "whose name makes a variable too: password-file is XPLMQTT_PASSWORD_FILE.\n"
          "Options win over variables, variables over the file.\n",
          stream);
}
