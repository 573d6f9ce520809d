#include "mapping/scope.h"

#include "base/number.h"

struct text pool_open(struct text *pool)
{
    struct text text = { pool->data + pool->size, 0, pool->capacity - pool->size, pool->overflow };
    text.data[0] = '\0';
    return text;
}

bool pool_close(struct text *pool, const struct text *text, struct xpl_slice *ret)
{
    if (text->overflow)
        return false;
    *ret = text_get(text);
    pool->size += text->size + 1; /* keeps its NUL */
    if (pool->size >= pool->capacity)
        pool->size = pool->capacity - 1;
    return true;
}

#define EXCERPT_MAX 60 /* bytes */

void scope_excerpt(struct scope *scope, struct xpl_slice value)
{
    size_t at = 0;
    while (at < value.size && at < EXCERPT_MAX) {
        char bytes[8];
        struct text decoded = TEXT(bytes);
        size_t size = utf8_next(xpl_slice(value.data + at, value.size - at), NULL);
        struct xpl_slice one = xpl_slice(value.data + at, size ? size : 1); /* a byte may be of the set */
        uint32_t code = 0;
        charset_text(scope->charset, one, &decoded);
        bool clean = utf8_next(text_get(&decoded), &code) && !utf8_is_forbidden(code);
        text_slice(scope->why, clean ? text_get(&decoded) : XPL_SLICE("\xef\xbf\xbd"));
        at += one.size;
    }
    if (at < value.size)
        text_string(scope->why, "…");
}

bool scope_bind(struct scope *scope, struct variable variable, struct xpl_slice value)
{
    if (scope->n_bindings == SCOPE_BINDINGS_MAX)
        return false;
    scope->bindings[scope->n_bindings++] = (struct binding){ variable, value };
    return true;
}

void scope_unbind(struct scope *scope, size_t n_bindings)
{
    scope->n_bindings = n_bindings;
}

void scope_deinit(struct scope *scope)
{
    json_decref(scope->json);
    scope->json = NULL;
}

/* The last binding wins: each inside split. */
static const struct binding *find_binding(const struct scope *scope, const struct variable *variable)
{
    if (variable->kind == VARIABLE_ITEM && !variable->plain && scope->message)
        return NULL; /* body.NAME is always the item */
    for (size_t i = scope->n_bindings; i-- > 0;)
        if (variable_equal(&scope->bindings[i].variable, variable))
            return &scope->bindings[i];
    return NULL;
}

static bool has_upper(struct xpl_slice value)
{
    bool upper = false;
    for (size_t i = 0; i < value.size && !upper; i++)
        upper = xpl_lower(value.data[i]) != value.data[i];
    return upper;
}

bool scope_text(struct scope *scope, struct xpl_slice value, bool lower, struct xpl_slice *ret)
{
    if (!utf8_is_valid(value)) {
        struct text text = pool_open(scope->pool);
        charset_text(scope->charset, value, &text);
        if (!pool_close(scope->pool, &text, &value))
            return false;
    }
    if (lower && has_upper(value)) {
        struct text text = pool_open(scope->pool);
        text_lower(&text, value);
        return pool_close(scope->pool, &text, ret);
    }
    *ret = value;
    return true;
}

static struct xpl_slice part_of(const struct xpl_address *address, enum variable_kind part)
{
    switch (part) {
    case VARIABLE_SOURCE: return address->text;
    case VARIABLE_SOURCE_VENDOR: return address->vendor;
    case VARIABLE_SOURCE_DEVICE: return address->device;
    default: return address->instance;
    }
}

/* SOURCE and TARGET have the same parts in the same order. */
static enum variable_kind base_of(enum variable_kind kind)
{
    return kind >= VARIABLE_TARGET ? VARIABLE_TARGET : VARIABLE_SOURCE;
}

static bool is_address(enum variable_kind kind)
{
    return kind >= VARIABLE_SOURCE && kind <= VARIABLE_TARGET_INSTANCE;
}

/* source.vendor out of a bound source; source out of its three bound parts. */
static bool derived_address(struct scope *scope, enum variable_kind kind, struct xpl_slice *ret)
{
    enum variable_kind base = base_of(kind);
    struct variable whole = { base, false, { "", 0 } };
    const struct binding *binding = find_binding(scope, &whole);
    if (kind != base) {
        if (!binding)
            return false;
        struct xpl_address address = xpl_address_split(binding->value);
        *ret = part_of(&address, VARIABLE_SOURCE + (kind - base));
        return ret->size != 0;
    }
    struct text text = pool_open(scope->pool);
    static const char separators[] = { '-', '.' };
    for (int i = 0; i < 3; i++) {
        struct variable part = { base + 1 + (enum variable_kind)i, false, { "", 0 } };
        binding = find_binding(scope, &part);
        if (!binding)
            return false;
        text_slice(&text, binding->value);
        if (i < 2)
            text_char(&text, separators[i]);
    }
    return pool_close(scope->pool, &text, ret);
}

static bool header(struct scope *scope, enum variable_kind kind, struct xpl_slice *ret)
{
    const struct xpl_message *message = scope->message;
    if (!message || scope->assumed)
        return is_address(kind) && derived_address(scope, kind, ret);
    struct xpl_slice value;
    if (is_address(kind)) {
        enum variable_kind base = base_of(kind);
        value = part_of(base == VARIABLE_SOURCE ? &message->source : &message->target,
                        VARIABLE_SOURCE + (kind - base));
    } else if (kind == VARIABLE_HOP) {
        struct text text = pool_open(scope->pool);
        text_number(&text, message->hop);
        return pool_close(scope->pool, &text, ret);
    } else if (kind == VARIABLE_SCHEMA) {
        value = message->schema;
    } else if (kind == VARIABLE_SCHEMA_CLASS) {
        value = message->schema_class;
    } else if (kind == VARIABLE_SCHEMA_TYPE) {
        value = message->schema_type;
    } else {
        value = xpl_slice_from(xpl_type_name(message->type));
    }
    return scope_text(scope, value, true, ret);
}

static bool member(struct scope *scope, struct xpl_slice path, struct xpl_slice *ret)
{
    if (!scope->json_tried) {
        scope->json_tried = true;
        scope->json = json_loadb(scope->payload.data ? scope->payload.data : "", scope->payload.size,
                                 JSON_DECODE_ANY, NULL);
    }
    const json_t *value = scope->json;
    while (path.size && value) {
        const char *dot = memchr(path.data, '.', path.size);
        size_t size = dot ? (size_t)(dot - path.data) : path.size;
        value = json_object_getn(value, path.data, size);
        path = dot ? xpl_slice(dot + 1, path.size - size - 1) : xpl_slice(NULL, 0);
    }
    struct text text = pool_open(scope->pool);
    if (json_is_string(value)) {
        text_slice(&text, xpl_slice(json_string_value(value), json_string_length(value)));
    } else if (json_is_integer(value)) {
        text_number(&text, json_integer_value(value));
    } else if (json_is_real(value)) {
        number_write(json_real_value(value), &text);
    } else if (json_is_boolean(value)) {
        text_string(&text, json_is_true(value) ? "true" : "false");
    } else {
        return false;
    }
    return pool_close(scope->pool, &text, ret);
}

static bool get(struct scope *scope, const struct variable *variable, bool typed, struct xpl_slice *ret)
{
    const struct binding *binding = find_binding(scope, variable);
    if (binding) {
        *ret = binding->value;
        return true;
    }
    switch (variable->kind) {
    case VARIABLE_PAYLOAD: *ret = scope->payload; return true;
    case VARIABLE_PAYLOAD_MEMBER: return member(scope, variable->name, ret);
    case VARIABLE_ITEM: {
        const struct xpl_item *item =
            scope->message ? xpl_message_item(scope->message, variable->name) : NULL;
        return item && scope_text(scope, item->value, false, ret);
    }
    case VARIABLE_BODY:
    case VARIABLE_MESSAGE: {
        if (!scope->message)
            return false;
        struct text text = pool_open(scope->pool);
        if (variable->kind == VARIABLE_BODY)
            mapping_body_json(scope->charset, scope->message, typed, &text);
        else
            mapping_message_json(scope->charset, scope->message, typed, &text);
        return pool_close(scope->pool, &text, ret);
    }
    default: return header(scope, variable->kind, ret);
    }
}

bool scope_get(struct scope *scope, const struct variable *variable, bool typed, struct xpl_slice *ret)
{
    struct xpl_slice value;
    if (!get(scope, variable, typed, &value) || value.size == 0)
        return false;
    *ret = value;
    return true;
}

bool scope_knows(struct scope *scope, const struct variable *variable)
{
    struct xpl_slice value;
    return variable->kind == VARIABLE_PAYLOAD || variable->kind == VARIABLE_PAYLOAD_MEMBER ||
           find_binding(scope, variable) ||
           (is_address(variable->kind) && derived_address(scope, variable->kind, &value));
}
