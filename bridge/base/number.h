/* Decimal numbers as text, free of the locale and exact: a counter of twenty digits survives. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include "base/text.h"

#define NUMBER_TEXT_MAX 64 /* bytes of the longest number that we write, with NUL */

/* Whether the text is a decimal number: sign, digits, point, exponent; nothing around it. */
bool number_is(struct xpl_slice text);

/* As a double. 0 or -EINVAL (also when it is out of range). */
int number_parse(struct xpl_slice text, double *ret);

/* A plain unsigned integer in low..high. 0 or -EINVAL. */
int number_parse_unsigned(struct xpl_slice text, uint64_t low, uint64_t high, uint64_t *ret);

/* The shortest way to write the same number: no plus, no leading or trailing zeros, no exponent where the
 * number has at most 30 digits, no negative zero. 0 or -EINVAL. Appends to ret. */
int number_shortest(struct xpl_slice text, struct text *ret);

/* At most `decimals` digits behind the point, half away from zero, no trailing zeros, no exponent. 0 or
 * -EINVAL. */
int number_round(struct xpl_slice text, unsigned decimals, struct text *ret);

/* A computed number: 15 significant digits, then the shortest form. */
void number_write(double value, struct text *ret);

#endif
