#include "table.h"

#include <stdio.h>
#include <stdlib.h>

char *table_read(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    size_t capacity = 1 << 20;
    char *text = malloc(capacity + 1);
    size_t size = text ? fread(text, 1, capacity, file) : 0;
    fclose(file);
    if (!text)
        return NULL;
    text[size] = '\0';
    *ret_size = size;
    return text;
}

char *table_read_in(const char *directory, const char *name, size_t *ret_size)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return table_read(path, ret_size);
}

bool table_row(char **cursor, char *columns[TABLE_COLUMNS])
{
    char *line;
    do {
        if (!**cursor)
            return false;
        line = *cursor;
        char *end = strchr(line, '\n');
        *cursor = end ? end + 1 : line + strlen(line);
        if (end)
            *end = '\0';
    } while (!*line || *line == '#');
    for (size_t i = 0; i < TABLE_COLUMNS; i++) {
        columns[i] = line;
        char *tab = strchr(line, '\t');
        line = tab ? tab + 1 : line + strlen(line);
        if (tab)
            *tab = '\0';
    }
    return true;
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

char *table_unescape(const char *cell, size_t *ret_size)
{
    size_t size = 0, capacity = 1 << 16;
    char *text = malloc(capacity);
    while (text && *cell && size < capacity) {
        if (*cell != '\\') {
            text[size++] = *cell++;
            continue;
        }
        switch (*++cell) {
        case 'n': text[size++] = '\n'; break;
        case 'r': text[size++] = '\r'; break;
        case 't': text[size++] = '\t'; break;
        case '\\': text[size++] = '\\'; break;
        case 'x': {
            int high = hex(cell[1]), low = high < 0 ? -1 : hex(cell[2]);
            if (low < 0)
                goto unknown;
            text[size++] = (char)(high << 4 | low);
            cell += 2;
            break;
        }
        case '*': {
            size_t n = 0;
            while (*++cell >= '0' && *cell <= '9')
                n = n * 10 + (size_t)(*cell - '0');
            if (*cell != ':' || !*++cell || n > capacity - size)
                goto unknown;
            memset(text + size, *cell, n);
            size += n;
            break;
        }
        default: goto unknown;
        }
        cell++;
    }
    *ret_size = size;
    return text;
unknown:
    free(text);
    return NULL;
}
