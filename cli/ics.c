#include "cli/ics.h"
#include "cli/history.h"
#include "cli/show.h"
#include "domain/day.h"
#include "domain/lifecycle.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LINE_BYTES 75
#define TEXT_BYTES 8192 /* of one value, before folding */

/* As it is to be seen by the public; NULL: not at all. */
struct public_event {
	const char *status;     /* of RFC 5545 */
	const char *odf_status; /* of the Olympic Data Feed; NULL: not published */
	const char *venue;
	const char *first_day;
};

/* The text escaped as RFC 5545 3.3.11 has it, controls left out, cut at `n` bytes. */
static void escape(const char *text, char *ret, size_t n)
{
	size_t at = 0;

	for (; *text != '\0' && at + 3 < n; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c == '\\' || c == ';' || c == ',')
			ret[at++] = '\\';
		if (c == '\n') {
			ret[at++] = '\\';
			ret[at++] = 'n';
		} else if (c >= 0x20 && c != 0x7f) {
			ret[at++] = (char)c;
		}
	}
	ret[at] = '\0';
}

static bool begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

/* One content line, folded: the lines after the first begin with a space, which counts. */
static enum cvn_err put_line(struct buf *out, const char *name, const char *value)
{
	size_t room = LINE_BYTES - strlen(name);
	enum cvn_err err = buf_printf(out, "%s", name);

	while (err == CVN_OK && strlen(value) > room) {
		size_t n = room;

		while (n > 0 && !begins_character(value[n]))
			n--;
		err = buf_append(out, value, n);
		if (err == CVN_OK)
			err = buf_printf(out, "\r\n ");
		value += n;
		room = LINE_BYTES - 1;
	}
	return err == CVN_OK ? buf_printf(out, "%s\r\n", value) : err;
}

enum cvn_err ics_line(struct buf *out, const char *name, const char *text)
{
	char value[TEXT_BYTES];

	escape(text, value, sizeof(value));
	return put_line(out, name, value);
}

/* "20220131": the day `days` after `first_day`. */
static enum cvn_err put_day(struct buf *out, const char *name, const char *first_day, int32_t days)
{
	char text[DAY_TEXT_SIZE];
	int32_t day;

	if (!day_parse(first_day, &day))
		return CVN_EINVALID;
	day_format(day + days, text);
	return buf_printf(out, "%s;VALUE=DATE:%.4s%.2s%.2s\r\n", name, text, text + 5, text + 8);
}

static enum cvn_err put_time(struct buf *out, const char *name, int64_t unix_ms)
{
	const time_t seconds = (time_t)(unix_ms / 1000);
	char text[32];
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &tm) == 0)
		return CVN_EINVALID;
	return buf_printf(out, "%s:%s\r\n", name, text);
}

static const char *place_status(const struct entry *e)
{
	if (e->standing->state == STATE_CONFIRMED || e->standing->state == STATE_HELD)
		return "CONFIRMED";
	return lifecycle_is_open(e->standing->state) ? "TENTATIVE" : "CANCELLED";
}

static const char *odf_status(const struct entry *e)
{
	switch (e->standing->state) {
	case STATE_CONFIRMED:
		return e->standing->was != NULL ||
				       (e->history != NULL && history_was_moved(e->history)) ?
			       "RESCHEDULED" :
			       "SCHEDULED";
	case STATE_POSTPONED:
		return "POSTPONED";
	case STATE_CANCELLED:
		return "CANCELLED";
	case STATE_HELD:
		return "FINISHED";
	default:
		return NULL;
	}
}

/* A name of CSS, as RFC 7986 has it. */
static const char *colour_of(const char *status)
{
	if (strcmp(status, "CONFIRMED") == 0)
		return "seagreen";
	return strcmp(status, "TENTATIVE") == 0 ? "goldenrod" : "darkgray";
}

/* Does it take up the time of who goes there? */
static const char *transparency_of(const char *status)
{
	return strcmp(status, "CANCELLED") == 0 ? "TRANSPARENT" : "OPAQUE";
}

/* False: nothing of it is public. */
static bool see(const struct entry *e, struct public_event *ret)
{
	const Convene__V1__Placement *p = e->standing->placement, *was = e->standing->was;

	if (p != NULL && p->venue != NULL && p->first_day != NULL) {
		*ret = (struct public_event){ .status = place_status(e),
					      .venue = p->venue,
					      .first_day = p->first_day };
	} else if (e->history != NULL && history_was_published(e->history)) {
		*ret = (struct public_event){ .status = "CANCELLED",
					      .venue = e->history->last.venue,
					      .first_day = e->history->last.first_day };
	} else if (was != NULL && was->venue != NULL && was->first_day != NULL) {
		/* off, and its history not to be read: by a federation, or after a load */
		*ret = (struct public_event){ .status = "CANCELLED",
					      .venue = was->venue,
					      .first_day = was->first_day };
	} else {
		return false;
	}
	ret->odf_status = odf_status(e);
	return true;
}

static enum cvn_err put_place(struct buf *out, const struct programme *p, const char *venue_id,
			      const char *lang)
{
	const Convene__V1__Venue *venue = p != NULL ? programme_venue(p, venue_id) : NULL;
	const Convene__V1__City *city = venue != NULL ? programme_city(p, venue->city) : NULL;
	const char *name = venue != NULL ? show_text(venue->name, venue->n_name, lang) : "";
	const char *city_name = city != NULL ? show_text(city->name, city->n_name, lang) : "";
	char text[1024];
	enum cvn_err err;

	snprintf(text, sizeof(text), "%s%s%s", name[0] != '\0' ? name : venue_id,
		 city_name[0] != '\0' ? ", " : "", city_name);
	err = ics_line(out, "LOCATION:", text);
	if (err != CVN_OK || city == NULL)
		return err;
	if (venue->has_lat && venue->has_lon)
		return buf_printf(out, "GEO:%.6f;%.6f\r\n", venue->lat, venue->lon);
	return city->has_lat && city->has_lon ?
		       buf_printf(out, "GEO:%.6f;%.6f\r\n", city->lat, city->lon) :
		       CVN_OK;
}

/* What is known of it: of others' events a federation sees less. */
static void describe(const Convene__V1__Request *c, char *ret, size_t size)
{
	size_t n = 0;

	ret[0] = '\0';
	n += (size_t)snprintf(ret, size, "%s, %s", show_or_empty(c->kind),
			      show_or_empty(c->discipline));
	if (c->has_level && n < size)
		n += (size_t)snprintf(ret + n, size - n, ", level %" PRId64, c->level);
	if (c->has_headcount && n < size)
		n += (size_t)snprintf(ret + n, size - n, ", %" PRId64 " people", c->headcount);
	if (c->federation != NULL && n < size)
		snprintf(ret + n, size - n, "; %s", c->federation);
}

static enum cvn_err put_content(struct buf *out, const struct entry *e, const char *lang)
{
	const Convene__V1__Request *c = e->content;
	const char *title = c != NULL ? show_text(c->title, c->n_title, lang) : "";
	char text[1024];
	enum cvn_err err = ics_line(out, "SUMMARY:", title[0] != '\0' ? title : e->id);

	if (err != CVN_OK || c == NULL)
		return err;
	describe(c, text, sizeof(text));
	err = ics_line(out, "DESCRIPTION:", text);
	return err == CVN_OK && c->kind != NULL ? ics_line(out, "CATEGORIES:", c->kind) : err;
}

static int32_t duration_of(const struct entry *e)
{
	const int64_t days = e->content != NULL ? e->content->duration : 1;

	return days > 1 && days < 10000 ? (int32_t)days : 1;
}

static enum cvn_err put_event(struct buf *out, const char *programme_id,
			      const struct entries *entries, const struct entry *e,
			      const char *lang)
{
	const Convene__V1__Standing *s = e->standing;
	const int64_t changed_ms = s->has_changed_unix_ms ? s->changed_unix_ms :
				   e->history != NULL	  ? e->history->changed_unix_ms :
							    e->received_unix_ms;
	int64_t sequence = s->sequence;
	struct public_event event;
	char uid[2 * ID_MAX_BYTES + 2];
	enum cvn_err err;
	int32_t day;

	if (!see(e, &event) || !day_parse(event.first_day, &day))
		return CVN_OK;
	/* never below what the log tells: entries may be older than the count is */
	if (e->history != NULL && e->history->sequence > sequence)
		sequence = e->history->sequence;
	snprintf(uid, sizeof(uid), "%s@%s", e->id, programme_id);
	err = buf_printf(out, "BEGIN:VEVENT\r\n");
	if (err == CVN_OK)
		err = ics_line(out, "UID:", uid);
	if (err == CVN_OK)
		err = put_time(out, "DTSTAMP", changed_ms);
	if (err == CVN_OK)
		err = put_time(out, "LAST-MODIFIED", changed_ms);
	if (err == CVN_OK)
		err = put_time(out, "CREATED", e->received_unix_ms);
	if (err == CVN_OK)
		err = buf_printf(out, "SEQUENCE:%" PRId64 "\r\n", sequence);
	if (err == CVN_OK)
		err = put_day(out, "DTSTART", event.first_day, 0);
	if (err == CVN_OK)
		err = put_day(out, "DTEND", event.first_day, duration_of(e)); /* exclusive */
	if (err == CVN_OK)
		err = put_content(out, e, lang);
	if (err == CVN_OK)
		err = put_place(out, entries->programme, event.venue, lang);
	if (err == CVN_OK)
		err = buf_printf(out, "STATUS:%s\r\nCOLOR:%s\r\nTRANSP:%s\r\n", event.status,
				 colour_of(event.status), transparency_of(event.status));
	if (err == CVN_OK && event.odf_status != NULL)
		err = buf_printf(out, "X-CONVENE-STATUS:%s\r\n", event.odf_status);
	return err == CVN_OK ? buf_printf(out, "END:VEVENT\r\n") : err;
}

/* Its names: of RFC 7986, and what was in use before. */
static enum cvn_err put_names(struct buf *out, const char *name, const char *part)
{
	char text[512];
	enum cvn_err err;

	snprintf(text, sizeof(text), "%s%s%s", name, part != NULL ? ", " : "",
		 part != NULL ? part : "");
	err = ics_line(out, "NAME:", text);
	return err == CVN_OK ? ics_line(out, "X-WR-CALNAME:", text) : err;
}

enum cvn_err ics_write(struct buf *out, const char *programme_id, const struct entries *entries,
		       const char *part, const char *lang)
{
	const Convene__V1__Programme *about =
		entries->programme != NULL ? programme_about(entries->programme) : NULL;
	const char *name = about != NULL ? show_text(about->name, about->n_name, lang) : "";
	enum cvn_err err =
		buf_printf(out,
			   "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Convene//convene %s//EN\r\n"
			   "CALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\n",
			   CONVENE_VERSION);

	if (err == CVN_OK)
		err = put_names(out, name[0] != '\0' ? name : programme_id, part);
	if (err == CVN_OK)
		err = buf_printf(out, "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n");
	for (size_t i = 0; i < entries->n && err == CVN_OK; i++)
		err = put_event(out, programme_id, entries, &entries->all[i], lang);
	return err == CVN_OK ? buf_printf(out, "END:VCALENDAR\r\n") : err;
}
