/* Examples: the first child is given, the others are the complete set of effects (xplmqtt-mappings(5)).
 * Topics are relative to the prefix; our own source is not compared; the order of the effects does not
 * matter. */
#include <errno.h>
#include <stdlib.h>

#include "mapping/load.h"

#define EFFECTS_MAX 64

static const char *const example_children[] = { "xpl", "mqtt", NULL };
static const char *const mqtt_attributes[] = { "topic", "payload", "retain", "qos", NULL };
static const char *const none[] = { NULL };

struct runner {
    const struct mapping *mapping;
    struct mapping_scratch *scratch;
    struct diag *diag;
    const struct example *example;
    struct xpl_message *message; /* the given one */
    const struct xml_element *met[EFFECTS_MAX];
    size_t n_met;
    char reason[512];
};

/* Text of an xpl element as a datagram: the indentation that all lines share is not part of it. */
static struct xpl_slice dedent(struct arena *arena, struct xpl_slice text)
{
    size_t indent = SIZE_MAX, n = 0;
    char *out = arena_alloc(arena, text.size + 2);
    for (size_t i = 0; i < text.size; i++) {
        size_t start = i;
        while (i < text.size && (text.data[i] == ' ' || text.data[i] == '\t'))
            i++;
        if (i < text.size && text.data[i] != '\n' && i - start < indent)
            indent = i - start;
        /* The first line stands right behind the tag. */
        if (start == 0 && i < text.size && text.data[i] != '\n')
            indent = SIZE_MAX;
        while (i < text.size && text.data[i] != '\n')
            i++;
    }
    if (!out)
        return xpl_slice(NULL, 0);
    for (size_t i = 0; i < text.size;) {
        size_t skip = 0;
        while (skip < indent && i + skip < text.size &&
               (text.data[i + skip] == ' ' || text.data[i + skip] == '\t'))
            skip++;
        i += skip;
        bool blank = true;
        size_t start = n;
        while (i < text.size && text.data[i] != '\n') {
            blank &= text.data[i] == ' ' || text.data[i] == '\t';
            out[n++] = text.data[i++];
        }
        i++;
        if (blank)
            n = start; /* before the first and behind the last line */
        else
            out[n++] = '\n';
    }
    return xpl_slice(out, n);
}

static const char *payload_of(const struct xml_element *element)
{
    const struct xml_attribute *payload = xml_get(element, "payload");
    return payload ? payload->value.data : element->text.data ? element->text.data : "";
}

/* "/x" and "x" are below the prefix, "//x" is absolute. */
static struct xpl_slice whole_topic(struct runner *runner, const struct xml_element *element)
{
    const char *topic = xml_get_string(element, "topic", "");
    if (topic[0] == '/' && topic[1] == '/')
        return xpl_slice_from(topic + 2);
    topic += topic[0] == '/';
    size_t size = runner->mapping->prefix.size + strlen(topic) + 2;
    struct text text = { arena_alloc(&runner->diag->arena, size), 0, size, false };
    if (!text.data)
        return xpl_slice("", 0);
    text_slice(&text, runner->mapping->prefix);
    text_char(&text, '/');
    text_string(&text, topic);
    return text_get(&text);
}

static bool was_met(const struct runner *runner, const struct xml_element *element)
{
    for (size_t i = 0; i < runner->n_met; i++)
        if (runner->met[i] == element)
            return true;
    return false;
}

static void meet(struct runner *runner, const struct xml_element *element)
{
    if (runner->n_met < EFFECTS_MAX)
        runner->met[runner->n_met++] = element;
}

/* ---- from xPL ---- */

static bool is_expected(struct runner *runner, const struct xml_element *element,
                        const struct mapping_publish *publish)
{
    bool retain = publish->property->retain;
    return strcmp(element->name, "mqtt") == 0 && !was_met(runner, element) &&
           xpl_slice_equal(whole_topic(runner, element), publish->topic) &&
           xpl_slice_equal(xpl_slice_from(payload_of(element)), publish->payload) &&
           xml_get_bool(element, "retain", retain, runner->diag) == retain &&
           xml_get_integer(element, "qos", 0, 2, publish->property->qos, runner->diag) ==
               publish->property->qos;
}

static void on_publish(void *context, const struct mapping_publish *publish)
{
    struct runner *runner = context;
    for (const struct xml_element *e = runner->example->element->children->next; e; e = e->next)
        if (is_expected(runner, e, publish)) {
            meet(runner, e);
            return;
        }
    diag_error(runner->diag, runner->example->element->place, "example: also publishes %.*s%s qos=%d %.*s",
               XPL_SLICE_ARGS(publish->topic), publish->property->retain ? " retain" : "",
               publish->property->qos, XPL_SLICE_ARGS(publish->payload));
}

static void on_skipped(void *context, const struct mapping_map *map, const struct mapping_property *property,
                       const struct mapping_reason *reason)
{
    struct runner *runner = context;
    snprintf(runner->reason, sizeof(runner->reason), " (%s%s%.*s: %s)", map->name, property ? ", " : "",
             property ? (int)property->name.size : 0, property ? property->name.data : "", reason->text);
}

static void on_matched(void *context, const struct mapping_map *map)
{
    struct runner *runner = context;
    if (map != &runner->example->map->public)
        snprintf(runner->reason, sizeof(runner->reason), " (map '%s' on line %d of %s took it)", map->name,
                 map->place.line, map->place.file);
}

static bool parse_message(struct runner *runner, const struct xml_element *element, struct xpl_message *ret)
{
    struct xpl_slice text = dedent(&runner->diag->arena, element->text);
    int error = xpl_message_parse(ret, text.data ? text.data : "", text.size);
    if (error)
        diag_error(runner->diag, element->text_place, "no xPL message: %s", xpl_error_text(error));
    return !error;
}

static void run_xpl(struct runner *runner, const struct xml_element *given)
{
    struct mapping_sink sink = { runner, on_matched, on_publish, on_skipped };
    if (!parse_message(runner, given, runner->message))
        return;
    if (mapping_on_xpl(runner->mapping, runner->scratch, runner->message, &sink) == MAPPING_UNMAPPED)
        snprintf(runner->reason, sizeof(runner->reason), " (no map takes the message)");
}

/* ---- from MQTT ---- */

static bool same_message(const struct xpl_message *a, const struct xpl_message *b)
{
    bool same = a->type == b->type && a->hop == b->hop && a->n_items == b->n_items &&
                xpl_slice_equal_nocase(a->target.text, b->target.text) &&
                xpl_slice_equal_nocase(a->schema, b->schema);
    for (size_t i = 0; same && i < a->n_items; i++)
        same = xpl_slice_equal_nocase(a->items[i].name, b->items[i].name) &&
               xpl_slice_equal(a->items[i].value, b->items[i].value);
    return same;
}

/* The example's own map made the device: families share shapes of topics. */
static const struct mapping_map *origin(void *context, struct xpl_slice device)
{
    const struct runner *runner = context;
    (void)device;
    return &runner->example->map->public;
}

static void run_mqtt(struct runner *runner, const struct xml_element *given)
{
    struct mapping_command command;
    struct mapping_reason reason;
    enum mapping_command_result result =
        mapping_on_mqtt(runner->mapping, runner->scratch, whole_topic(runner, given),
                        xpl_slice_from(payload_of(given)), origin, runner, &command, &reason);
    if (result == MAPPING_COMMAND_NO_MAP)
        snprintf(runner->reason, sizeof(runner->reason), " (no map takes the topic)");
    if (result == MAPPING_COMMAND_REFUSED)
        snprintf(runner->reason, sizeof(runner->reason), " (refused: %s)", reason.text);
    if (result != MAPPING_COMMAND_MADE)
        return;
    for (const struct xml_element *e = given->next; e; e = e->next)
        if (strcmp(e->name, "xpl") == 0 && !was_met(runner, e)) {
            if (!parse_message(runner, e, runner->message)) {
                meet(runner, e);
                return;
            }
            if (same_message(runner->message, command.message)) {
                meet(runner, e);
                return;
            }
        }
    char datagram[XPL_MESSAGE_MAX];
    size_t size = 0;
    struct xpl_message sent = *command.message;
    sent.source = xpl_address_split(XPL_SLICE("xplmqtt-bridge.example"));
    int error = xpl_message_format(&sent, datagram, sizeof(datagram), &size, NULL);
    for (size_t i = 0; i < size; i++)
        datagram[i] = datagram[i] == '\n' ? ' ' : datagram[i];
    diag_error(runner->diag, runner->example->element->place, "example: also sends %.*s%s", (int)size,
               datagram, error ? xpl_error_text(error) : "");
}

static void check_elements(struct runner *runner, const struct xml_element *example)
{
    xml_check_attributes(example, none, runner->diag);
    xml_check_children(example, example_children, false, runner->diag);
    for (const struct xml_element *e = example->children; e; e = e->next) {
        bool mqtt = strcmp(e->name, "mqtt") == 0;
        if (mqtt) {
            xml_get(e, "topic");
            xml_get(e, "payload");
            xml_get(e, "retain");
            xml_get(e, "qos");
            if (!xml_get(e, "topic"))
                diag_error(runner->diag, e->place, "mqtt needs a topic");
        }
        xml_check_attributes(e, mqtt ? mqtt_attributes : none, runner->diag);
        xml_check_children(e, none, true, runner->diag);
    }
    if (!example->children)
        diag_error(runner->diag, example->place,
                   "example is empty: expected what is given, then its effects");
}

static void run(struct runner *runner, const struct example *example)
{
    const struct xml_element *given = example->element->children;
    size_t errors = runner->diag->n_errors;
    runner->example = example;
    runner->n_met = 0;
    runner->reason[0] = '\0';
    check_elements(runner, example->element);
    if (runner->diag->n_errors > errors)
        return;
    if (strcmp(given->name, "xpl") == 0)
        run_xpl(runner, given);
    else
        run_mqtt(runner, given);
    for (const struct xml_element *e = given->next; e; e = e->next) {
        if (was_met(runner, e))
            continue;
        if (strcmp(e->name, "mqtt") == 0)
            diag_error(runner->diag, e->place, "example: does not publish %s %s%s",
                       xml_get_string(e, "topic", ""), payload_of(e), runner->reason);
        else
            diag_error(runner->diag, e->place, "example: does not send this message%s", runner->reason);
    }
}

int examples_run(const struct mapping *mapping, const struct example *examples, struct diag *diag)
{
    struct runner runner = { .mapping = mapping, .diag = diag };
    int r = mapping_scratch_new(&runner.scratch);
    runner.message = malloc(sizeof(*runner.message));
    if (r == 0 && runner.message)
        for (const struct example *example = examples; example; example = example->next)
            run(&runner, example);
    if (!runner.message)
        r = -ENOMEM;
    free(runner.message);
    mapping_scratch_free(runner.scratch);
    return r;
}
