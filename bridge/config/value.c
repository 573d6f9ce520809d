#include "config/value.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/number.h"
#include "base/paths.h"
#include "config/own.h"

static void *field(struct settings *settings, const struct option_row *row)
{
    return (char *)settings + row->offset;
}

int value_store(struct settings *settings, const struct option_row *row, struct xpl_slice value)
{
    const char **string = field(settings, row);
    if (value.size == 0) {
        *string = NULL;
        return 0;
    }
    const char *copy = arena_copy(&settings->own->arena, value).data;
    if (!copy)
        return -ENOMEM;
    *string = copy;
    return 0;
}

struct xpl_slice value_word(struct xpl_slice *list)
{
    size_t start = 0;
    while (start < list->size && strchr(" \t\r\n,", list->data[start]))
        start++;
    size_t end = start;
    while (end < list->size && !strchr(" \t\r\n,", list->data[end]))
        end++;
    struct xpl_slice word = xpl_slice(list->data + start, end - start);
    *list = xpl_slice(list->data + end, list->size - end);
    return word;
}

int value_choice(struct settings *settings, const struct option_row *row, const struct option_input *input,
                 struct text *ret_why)
{
    for (int i = 0; row->choices[i]; i++)
        if (strcmp(row->choices[i], input->value) == 0) {
            *(int *)field(settings, row) = i;
            return 0;
        }
    text_string(ret_why, row->choices[1] ? "expected one of " : "expected ");
    for (int i = 0; row->choices[i]; i++)
        text_format(ret_why, "%s%s", i ? ", " : "", row->choices[i]);
    diag_hint(xpl_slice_from(input->value), row->choices, ret_why);
    return -EINVAL;
}

int value_boolean(struct settings *settings, const struct option_row *row, const struct option_input *input,
                  struct text *ret_why)
{
    static const char *const words[] = { "no", "yes", "false", "true", "0", "1", NULL };
    for (size_t i = 0; words[i]; i++)
        if (strcmp(words[i], input->value) == 0) {
            *(bool *)field(settings, row) = i % 2 == 1;
            return 0;
        }
    text_string(ret_why, "expected yes or no");
    return -EINVAL;
}

int value_integer(struct settings *settings, const struct option_row *row, const struct option_input *input,
                  struct text *ret_why)
{
    uint64_t value;
    if (number_parse_unsigned(xpl_slice_from(input->value), (uint64_t)row->low, (uint64_t)row->high, &value) <
        0) {
        text_format(ret_why, "expected a whole number from %d to %d", row->low, row->high);
        return -EINVAL;
    }
    *(int *)field(settings, row) = (int)value;
    return 0;
}

static int check_text(const char *value, struct text *ret_why)
{
    if (utf8_is_text(xpl_slice_from(value)))
        return 0;
    text_string(ret_why, VALUE_NO_TEXT);
    return -EINVAL;
}

int value_string(struct settings *settings, const struct option_row *row, const struct option_input *input,
                 struct text *ret_why)
{
    int r = check_text(input->value, ret_why);
    return r < 0 ? r : value_store(settings, row, xpl_slice_from(input->value));
}

int value_secret(struct settings *settings, const struct option_row *row, const struct option_input *input,
                 struct text *ret_why)
{
    (void)ret_why;
    return value_store(settings, row, xpl_slice_from(input->value));
}

/* The path as seen from where it was written. NULL when memory is out. */
static const char *resolve(struct arena *arena, const struct option_input *input)
{
    if (!input->directory || input->value[0] == '/')
        return arena_string(arena, input->value);
    char storage[LIMIT_SETTING * 2 + 2];
    struct text path = TEXT(storage);
    text_format(&path, "%s/%s", input->directory, input->value);
    return arena_string(arena, storage);
}

int value_path(struct settings *settings, const struct option_row *row, const struct option_input *input,
               struct text *ret_why)
{
    if (input->value[0] == '\0')
        return value_store(settings, row, xpl_slice(NULL, 0));
    int r = check_text(input->value, ret_why);
    if (r < 0)
        return r;
    const char *path = resolve(&settings->own->arena, input);
    if (!path)
        return -ENOMEM;
    *(const char **)field(settings, row) = path;
    return 0;
}

/* A list: each value is one file more, until a stronger origin starts it anew. */
int value_mappings(struct settings *settings, const struct option_row *row, const struct option_input *input,
                   struct text *ret_why)
{
    struct arena *arena = &settings->own->arena;
    (void)row;
    if (input->first)
        settings->mappings.n_files = 0;
    if (input->value[0] == '\0') {
        text_string(ret_why, "expected the name of a file");
        return -EINVAL;
    }
    if (settings->mappings.n_files == LIMIT_MAPPING_FILES) {
        text_format(ret_why, "more than %d files", LIMIT_MAPPING_FILES);
        return -EINVAL;
    }
    int r = check_text(input->value, ret_why);
    if (r < 0)
        return r;
    if (!settings->mappings.files)
        settings->mappings.files = arena_array(arena, struct settings_mapping, LIMIT_MAPPING_FILES);
    const char *path = resolve(arena, input);
    /* The place outlives the findings of this load: mappings are read later. */
    struct diag_place place = input->place;
    place.file = place.file ? arena_string(arena, place.file) : NULL;
    if (!settings->mappings.files || !path || (input->place.file && !place.file))
        return -ENOMEM;
    settings->mappings.files[settings->mappings.n_files++] =
        (struct settings_mapping){ path, place, strcmp(path, PATHS_MAPPINGS) == 0 };
    return 0;
}

static bool is_in(struct xpl_slice word, const char *const *list)
{
    for (; *list; list++)
        if (xpl_slice_equal(word, xpl_slice_from(*list)))
            return true;
    return false;
}

/* "LEVEL" and "AREA=LEVEL" with commas between; as log_set_levels, which tells no reason. */
int value_log(struct settings *settings, const struct option_row *row, const struct option_input *input,
              struct text *ret_why)
{
    for (const char *item = input->value, *end;; item = end + 1) {
        end = item + strcspn(item, ",");
        const char *equals = memchr(item, '=', (size_t)(end - item));
        struct xpl_slice area = xpl_slice(item, equals ? (size_t)(equals - item) : 0);
        const char *level_start = equals ? equals + 1 : item;
        struct xpl_slice level = xpl_slice(level_start, (size_t)(end - level_start));
        if (equals && !is_in(area, log_area_names)) {
            text_format(ret_why, "no area '%.*s'", XPL_SLICE_ARGS(area));
            diag_hint(area, log_area_names, ret_why);
            return -EINVAL;
        }
        if (!is_in(level, log_level_names)) {
            text_string(ret_why, "expected error, warning, info or debug");
            diag_hint(level, log_level_names, ret_why);
            return -EINVAL;
        }
        if (*end == '\0')
            break;
    }
    return value_store(settings, row, xpl_slice_from(input->value));
}
