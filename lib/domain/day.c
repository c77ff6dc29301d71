/* day.c - the proleptic Gregorian calendar, and the clock of a zone.
 *
 * Layer     domain.
 * Thread    as in day.h. */
#include "domain/day.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	DAY_MIN = -719162, /* 0001-01-01 */
	DAY_MAX = 2932896, /* 9999-12-31 */
	MS_A_DAY = 86400000,
};

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_of_month(int year, int month)
{
	static const int DAYS[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && is_leap(year) ? 29 : DAYS[month - 1];
}

/* Years are counted from March, so that the leap day comes last, and in eras of 400 years of 146,097 days. */
static int32_t day_of(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int era = y / 400;
	int of_era = y - era * 400;
	int of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool read_number(const char *text, size_t n, int *ret_number)
{
	int number = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		number = number * 10 + (text[i] - '0');
	}
	*ret_number = number;
	return true;
}

static char *write_number(char *at, int number, int n_digits)
{
	for (int i = n_digits - 1; i >= 0; i--, number /= 10)
		at[i] = (char)('0' + number % 10);
	return at + n_digits;
}

bool day_parse(const char *text, int32_t *ret_day)
{
	int year, month, day;

	if (text == NULL || strnlen(text, DAY_TEXT_SIZE) != DAY_TEXT_SIZE - 1 || text[4] != '-' || text[7] != '-')
		return false;
	if (!read_number(text, 4, &year) || !read_number(text + 5, 2, &month) || !read_number(text + 8, 2, &day))
		return false;
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_of_month(year, month))
		return false;
	*ret_day = day_of(year, month, day);
	return true;
}

void day_format(int32_t day, char ret_text[DAY_TEXT_SIZE])
{
	int32_t shifted = (day < DAY_MIN ? DAY_MIN : day > DAY_MAX ? DAY_MAX : day) + 719468;
	int era = shifted / 146097;
	int of_era = shifted - era * 146097;
	int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int march_month = (5 * of_year + 2) / 153;
	int month = march_month < 10 ? march_month + 3 : march_month - 9;
	char *at = ret_text;

	at = write_number(at, year_of_era + era * 400 + (month <= 2 ? 1 : 0), 4);
	*at++ = '-';
	at = write_number(at, month, 2);
	*at++ = '-';
	at = write_number(at, of_year - (153 * march_month + 2) / 5 + 1, 2);
	*at = '\0';
}

bool day_zone_is_valid(const char *zone)
{
	if (zone == NULL || strnlen(zone, 65) > 64)
		return false;
	for (size_t i = 0; zone[i] != '\0'; i++) {
		bool divides = zone[i] == '/' && i > 0 && zone[i - 1] != '/' && zone[i + 1] != '\0';

		if (!divides && !isalnum((unsigned char)zone[i]) && strchr("_+-", zone[i]) == NULL)
			return false;
	}
	return zone[0] != '\0';
}

/* The C library knows zones only through the process's own, so it is changed for the length of the question. */
static bool ask_zone(time_t seconds, const char *zone, struct tm *ret_tm)
{
	const char *own = getenv("TZ");
	char *saved = own != NULL ? strdup(own) : NULL;
	char name[72] = ":";
	bool is_known;

	strncat(name, zone, sizeof(name) - 2);
	if ((own != NULL && saved == NULL) || setenv("TZ", name, 1) != 0) {
		free(saved);
		return false;
	}
	tzset();
	is_known = localtime_r(&seconds, ret_tm) != NULL;
	if (saved != NULL)
		setenv("TZ", saved, 1);
	else
		unsetenv("TZ");
	tzset();
	free(saved);
	return is_known;
}

int32_t day_of_unix_ms(int64_t unix_ms, const char *zone)
{
	int64_t day = unix_ms / MS_A_DAY - (unix_ms % MS_A_DAY < 0 ? 1 : 0);
	struct tm tm;

	if (day < DAY_MIN)
		return DAY_MIN;
	if (day > DAY_MAX)
		return DAY_MAX;
	if (day_zone_is_valid(zone) && strcmp(zone, "UTC") != 0 &&
	    ask_zone((time_t)(unix_ms / 1000), zone, &tm) && tm.tm_year >= 1 - 1900 && tm.tm_year <= 9999 - 1900)
		return day_of(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	return (int32_t)day;
}
