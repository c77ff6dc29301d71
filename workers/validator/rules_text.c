/* rules_text.c - identity and text.
 *
 * Layer     workers/validator.
 * Thread    any; pure. */
#include "util/id.h"
#include "validator/judge.h"
#include <stdint.h>
#include <string.h>

enum { TITLE_CHARACTERS_MAX = 300, CONTACT_CHARACTERS_MAX = 200, NOTE_CHARACTERS_MAX = 2000 };

/* The character at `text`, and the bytes it has. The text is UTF-8: decoding has seen to it; what is cut is U+FFFD. */
static uint32_t character_at(const char *text, size_t *ret_n)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t n = at[0] < 0x80 ? 1 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
	uint32_t character = n == 1 ? at[0] : at[0] & (0xFFu >> (n + 1));

	*ret_n = strnlen(text, n);
	if (*ret_n < n)
		return 0xFFFD;
	for (size_t i = 1; i < n; i++)
		character = character << 6 | (at[i] & 0x3Fu);
	return character;
}

/* Controls of ASCII and of U+0080 to U+009F, and those that turn the direction of what follows them. */
static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static bool is_space(uint32_t c)
{
	return c == 0x20 || (c >= 0x09 && c <= 0x0D) || c == 0xA0 || (c >= 0x2000 && c <= 0x200D) || c == 0x202F ||
	       c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

static bool is_blank(const char *text)
{
	size_t n;

	for (; text != NULL && *text != '\0'; text += n) {
		if (!is_space(character_at(text, &n)))
			return false;
	}
	return true;
}

static bool has_control(const char *text, bool may_have_lines)
{
	size_t n;

	for (; *text != '\0'; text += n) {
		uint32_t c = character_at(text, &n);

		if (is_control(c) && !(may_have_lines && (c == '\n' || c == '\t')))
			return true;
	}
	return false;
}

static size_t n_characters(const char *text)
{
	size_t n_all = 0, n;

	for (; *text != '\0'; text += n, n_all++)
		character_at(text, &n);
	return n_all;
}

/* Two or three letters, then parts of one to eight letters or digits behind hyphens. */
static bool is_language(const char *tag)
{
	size_t n = tag != NULL ? strspn(tag, "abcdefghijklmnopqrstuvwxyz") : 0;

	if (n < 2 || n > 3 || strlen(tag) > 35)
		return false;
	for (tag += n; *tag != '\0'; tag += n) {
		if (*tag++ != '-')
			return false;
		n = strspn(tag, "abcdefghijklmnopqrstuvwxyz0123456789");
		if (n < 1 || n > 8)
			return false;
	}
	return true;
}

/* The path of a title: by its language, or where that is none, by its place in the list. */
static const char *title_path(struct judgement *j, size_t i)
{
	const char *lang = j->request->title[i]->lang;

	return is_language(lang) ? words(j, "title.%s", lang) : words(j, "title[%zu]", i);
}

static size_t n_titles(const struct judgement *j)
{
	return at_most(j->request->n_title, TITLES_MAX);
}

void rule_ID_INVALID(struct judgement *j)
{
	if (!id_is_valid(j->request->id))
		blame(j, "id", NULL);
}

void rule_ID_TAKEN(struct judgement *j)
{
	const struct replica_record *record = replica_find(j->subject->replica, j->request->id);
	bool is_taken = record != NULL && record->content != j->request;

	for (size_t i = 0; i < j->subject->n_batch && j->subject->batch[i] != j->request; i++) {
		const char *other = j->subject->batch[i]->id;

		is_taken |= other != NULL && j->request->id != NULL && strcmp(other, j->request->id) == 0;
	}
	if (is_taken)
		blame(j, "id", words(j, "%s stands already: choose another", quote(j, j->request->id)));
}

static void require(struct judgement *j, bool is_there, const char *field)
{
	if (!is_there)
		blame(j, field, words(j, "%s is missing", field));
}

static void require_parts(struct judgement *j)
{
	const Convene__V1__Request *r = j->request;

	for (size_t i = 0; i < at_most(r->n_services, SERVICES_MAX); i++) {
		const Convene__V1__Need *need = r->services[i];

		require(j, need->service != NULL, words(j, "services[%zu]", i));
		if (need->service != NULL)
			require(j, need->has_staff, words(j, "services.%s", quote(j, need->service)));
	}
	for (size_t i = 0; i < at_most(r->n_after, AFTER_MAX); i++) {
		require(j, r->after[i]->request != NULL, words(j, "after[%zu].request", i));
		require(j, r->after[i]->has_min_gap, words(j, "after[%zu].min_gap", i));
		require(j, r->after[i]->has_max_gap, words(j, "after[%zu].max_gap", i));
	}
	if (r->announced != NULL) {
		require(j, r->announced->venue != NULL, "announced.venue");
		require(j, r->announced->first_day != NULL, "announced.first_day");
	}
}

void rule_FIELD_MISSING(struct judgement *j)
{
	const Convene__V1__Request *r = j->request;

	require(j, r->federation != NULL, "federation");
	require(j, r->kind != NULL, "kind");
	require(j, r->discipline != NULL, "discipline");
	require(j, r->has_level, "level");
	require(j, r->has_duration, "duration");
	require(j, r->preferred_first_day != NULL, "preferred_first_day");
	require(j, r->has_units, "units");
	require(j, r->has_headcount, "headcount");
	require(j, r->has_value, "value");
	require_parts(j);
}

static void limit(struct judgement *j, const char *field, size_t n, size_t max)
{
	if (n > max)
		blame(j, field, words(j, "%s has %zu of them; %zu are allowed", field, n, max));
}

void rule_TOO_MANY(struct judgement *j)
{
	const Convene__V1__Request *r = j->request;

	limit(j, "title", r->n_title, TITLES_MAX);
	limit(j, "windows", r->n_windows, WINDOWS_MAX);
	limit(j, "hosts", r->n_hosts, HOSTS_MAX);
	limit(j, "venues", r->n_venues, VENUES_MAX);
	limit(j, "facilities", r->n_facilities, FACILITIES_MAX);
	limit(j, "services", r->n_services, SERVICES_MAX);
	limit(j, "squads", r->n_squads, SQUADS_MAX);
	limit(j, "after", r->n_after, AFTER_MAX);
}

void rule_TITLE_EMPTY(struct judgement *j)
{
	if (j->request->n_title == 0)
		blame(j, "title", "write one, in any language");
	for (size_t i = 0; i < n_titles(j); i++) {
		if (is_blank(j->request->title[i]->text))
			blame(j, title_path(j, i), "write it, or leave the language out");
	}
}

void rule_LANGUAGE_INVALID(struct judgement *j)
{
	for (size_t i = 0; i < n_titles(j); i++) {
		if (!is_language(j->request->title[i]->lang))
			blame(j, words(j, "title[%zu].lang", i), NULL);
	}
}

void rule_LANGUAGE_TWICE(struct judgement *j)
{
	for (size_t i = 0; i < n_titles(j); i++) {
		const char *lang = j->request->title[i]->lang;
		bool is_second = false;

		for (size_t k = 0; lang != NULL && k < i; k++) {
			const char *other = j->request->title[k]->lang;

			is_second |= other != NULL && strcmp(other, lang) == 0;
		}
		if (is_second)
			blame(j, words(j, "title[%zu].lang", i), words(j, "%s stands before", quote(j, lang)));
	}
}

void rule_TEXT_INVALID(struct judgement *j)
{
	const Convene__V1__Request *r = j->request;

	for (size_t i = 0; i < n_titles(j); i++) {
		if (r->title[i]->text != NULL && !is_blank(r->title[i]->text) && has_control(r->title[i]->text, false))
			blame(j, title_path(j, i), "take it out");
	}
	if (r->contact != NULL && has_control(r->contact, false))
		blame(j, "contact", "take it out");
	if (r->note != NULL && has_control(r->note, true))
		blame(j, "note", "take it out");
}

static void limit_text(struct judgement *j, const char *field, const char *text, size_t max)
{
	size_t n = text != NULL ? n_characters(text) : 0;

	if (n > max)
		blame(j, field, words(j, "this one has %zu", n));
}

void rule_TEXT_TOO_LONG(struct judgement *j)
{
	for (size_t i = 0; i < n_titles(j); i++)
		limit_text(j, title_path(j, i), j->request->title[i]->text, TITLE_CHARACTERS_MAX);
	limit_text(j, "contact", j->request->contact, CONTACT_CHARACTERS_MAX);
	limit_text(j, "note", j->request->note, NOTE_CHARACTERS_MAX);
}
