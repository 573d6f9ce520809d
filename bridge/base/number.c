#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DIGITS_MAX 320 /* significant digits that a number text may have */
#define PLAIN_MAX  30  /* digits up to which a number is written without an exponent */

/* digits · 10^exponent, digits without leading or trailing zeros; zero has no digits. */
struct decimal {
    bool negative;
    size_t n;
    char digits[DIGITS_MAX];
    long exponent;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One form for each number: no zero at the end, and no sign or exponent of 0. */
static void trim_zeros(struct decimal *d)
{
    while (d->n && d->digits[d->n - 1] == '0') {
        d->n--;
        d->exponent++;
    }
    if (d->n == 0)
        *d = (struct decimal){ 0 };
}

static int parse(struct xpl_slice text, struct decimal *ret)
{
    const char *p = text.data, *end = text.data + text.size;
    bool any = false, point = false;
    *ret = (struct decimal){ 0 };
    if (p < end && (*p == '-' || *p == '+'))
        ret->negative = *p++ == '-';
    for (; p < end && (is_digit(*p) || (*p == '.' && !point)); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        any = true;
        ret->exponent -= point;
        if (*p == '0' && ret->n == 0)
            continue;
        if (ret->n == DIGITS_MAX)
            return -EINVAL;
        ret->digits[ret->n++] = *p;
    }
    if (!any)
        return -EINVAL;
    if (p < end && (*p == 'e' || *p == 'E')) {
        long exponent = 0;
        bool minus = false;
        if (++p < end && (*p == '-' || *p == '+'))
            minus = *p++ == '-';
        if (p == end)
            return -EINVAL;
        for (; p < end && is_digit(*p); p++) {
            exponent = exponent * 10 + (*p - '0');
            if (exponent > 9999)
                return -EINVAL;
        }
        ret->exponent += minus ? -exponent : exponent;
    }
    if (p != end)
        return -EINVAL;
    trim_zeros(ret);
    return 0;
}

static void write_plain(const struct decimal *d, struct text *ret)
{
    long point = (long)d->n + d->exponent; /* digits before the point */
    if (d->negative)
        text_char(ret, '-');
    if (point <= 0) {
        text_string(ret, "0.");
        for (long i = point; i < 0; i++)
            text_char(ret, '0');
        text_slice(ret, xpl_slice(d->digits, d->n));
        return;
    }
    for (long i = 0; i < point || i < (long)d->n; i++) {
        if (i == point)
            text_char(ret, '.');
        text_char(ret, i < (long)d->n ? d->digits[i] : '0');
    }
}

static void write(const struct decimal *d, struct text *ret)
{
    long point = (long)d->n + d->exponent;
    if (d->n == 0) {
        text_char(ret, '0');
    } else if (point > PLAIN_MAX || point < -PLAIN_MAX || d->n > DIGITS_MAX - 2 * PLAIN_MAX) {
        if (d->negative)
            text_char(ret, '-');
        text_char(ret, d->digits[0]);
        if (d->n > 1)
            text_char(ret, '.');
        text_slice(ret, xpl_slice(d->digits + 1, d->n - 1));
        text_format(ret, "e%ld", point - 1);
    } else {
        write_plain(d, ret);
    }
}

bool number_is(struct xpl_slice text)
{
    struct decimal decimal;
    return parse(text, &decimal) == 0;
}

int number_parse(struct xpl_slice text, double *ret)
{
    struct decimal d;
    char buffer[DIGITS_MAX + 32], *end;
    if (parse(text, &d) < 0)
        return -EINVAL;
    /* No point is left in this form, so the locale cannot matter. */
    snprintf(buffer, sizeof(buffer), "%s%.*se%ld", d.negative ? "-" : "", (int)(d.n ? d.n : 1),
             d.n ? d.digits : "0", d.exponent);
    double value = strtod(buffer, &end);
    if (*end || !isfinite(value))
        return -EINVAL;
    *ret = value;
    return 0;
}

int number_parse_unsigned(struct xpl_slice text, uint64_t low, uint64_t high, uint64_t *ret)
{
    uint64_t value = 0;
    if (text.size == 0)
        return -EINVAL;
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i]) || value > (UINT64_MAX - 9) / 10)
            return -EINVAL;
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    if (value < low || value > high)
        return -EINVAL;
    *ret = value;
    return 0;
}

int number_shortest(struct xpl_slice text, struct text *ret)
{
    struct decimal d;
    if (parse(text, &d) < 0)
        return -EINVAL;
    write(&d, ret);
    return 0;
}

int number_round(struct xpl_slice text, unsigned decimals, struct text *ret)
{
    struct decimal d;
    if (parse(text, &d) < 0)
        return -EINVAL;
    if (-d.exponent > (long)decimals) {
        long keep = (long)d.n + d.exponent + (long)decimals; /* digits that stay */
        if (keep < 0 || (keep == 0 && d.digits[0] < '5')) {
            d = (struct decimal){ 0 };
        } else {
            bool up = d.digits[keep] >= '5';
            d.exponent = -(long)decimals;
            d.n = (size_t)keep;
            for (; up && d.n && d.digits[d.n - 1] == '9'; d.exponent++)
                d.n--;
            if (up && d.n)
                d.digits[d.n - 1]++;
            else if (up)
                d.digits[d.n++] = '1';
            trim_zeros(&d);
        }
    }
    if (d.n == 0)
        text_char(ret, '0');
    else
        write_plain(&d, ret);
    return 0;
}

void number_write(double value, struct text *ret)
{
    char buffer[NUMBER_TEXT_MAX];
    snprintf(buffer, sizeof(buffer), "%.15g", value);
    for (char *p = buffer; *p; p++)
        if (*p == ',') /* a locale's decimal comma */
            *p = '.';
    if (number_shortest(xpl_slice_from(buffer), ret) < 0)
        text_char(ret, '0');
}
