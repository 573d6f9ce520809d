/* The setters that rows of the table name. Each takes one value as text, checks it, and puts it into its
 * field. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "config/option.h"

option_setter value_choice, value_boolean, value_integer, value_string, value_secret, value_path,
    value_mappings, value_log; /* value.c */
option_setter value_instance, value_interface, value_broadcast, value_networks, value_groups, value_charset,
    value_tunnel;                                                             /* value_xpl.c */
option_setter value_url, value_host, value_port, value_prefix, value_version; /* value_mqtt.c */

/* What is not utf8_is_text. */
#define VALUE_NO_TEXT "holds a control character or what is no UTF-8"
/* The string field of a row gets a copy; NULL when it is empty. 0 or -ENOMEM. */
int value_store(struct settings *settings, const struct option_row *row, struct xpl_slice value);
/* The next word of a list that blanks or commas separate, off the front; an empty slice at the end. */
struct xpl_slice value_word(struct xpl_slice *list);

/* A broker's address in parts; slices borrow. */
struct url {
    const char *scheme;    /* one of url_schemes */
    struct xpl_slice host; /* without brackets */
    unsigned port;
    struct xpl_slice path; /* with its slash; empty for mqtt and mqtts */
};

/* 0, or -EINVAL with the reason. */
int url_parse(struct xpl_slice text, struct url *ret, struct text *ret_why);
void url_write(const struct url *url, struct text *ret);
unsigned url_default_port(const char *scheme);

#endif
