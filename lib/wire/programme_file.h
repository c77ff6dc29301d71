/* programme_file.h - a programme, or requests for one, as JSON documents.
 *
 * A programme file is {"programme": {…}, "cities": […], "venues": […], "services": […],
 * "federations": […], "squads": […], "protected": […], "requests": […]}; what is absent is empty.
 * Requests alone come as {"requests": […]}, an array, one object, or JSON lines.
 *
 * Layer     wire: pure; bytes in, structs out (util/slurp.h reads files).
 * Thread    any.
 * Limit     JSON_DOCUMENT_BYTES; memory PROGRAMME_FILE_ARENA_BYTES.
 * Not here  whether it makes sense: unknown references, doubled ids, reversed days. */
#pragma once
#include "convene/v1/programme.pb-c.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"
#include "wire/json.h"

#define PROGRAMME_FILE_ARENA_BYTES ((size_t)1 << 30)

/* For where a record of a part stands in the document's list: what is no record at all is left out,
 * and the paths of later faults still name the right one. */
enum programme_file_part {
	FILE_CITIES,
	FILE_VENUES,
	FILE_SERVICES,
	FILE_FEDERATIONS,
	FILE_SQUADS,
	FILE_PROTECTED,
	FILE_REQUESTS,
	FILE_PARTS
};

struct programme_file {
	Convene__V1__Programme *programme; /* NULL: the document has none */
	Convene__V1__City **cities;
	size_t n_cities;
	Convene__V1__Venue **venues;
	size_t n_venues;
	/* Each has an id: its own, or "o-" and 12 hex digits of its content's hash. */
	Convene__V1__Offer **services;
	size_t n_services;
	Convene__V1__Federation **federations;
	size_t n_federations;
	Convene__V1__Squad **squads;
	size_t n_squads;
	Convene__V1__Protected **protected; /* likewise, with "p-" */
	size_t n_protected;
	Convene__V1__Request **requests;
	size_t n_requests;
	size_t *at[FILE_PARTS];    /* by record: its index in the document's list */
	json_t **request_json;     /* each request as it was written, with its other keys; lent */
	const json_t *document;    /* a whole programme file as it was written; lent; or NULL */
	const char *programme_id;  /* also where requests only name their programme; or NULL */
	struct json_faults faults; /* errors and warnings, whatever the reader returned */
	size_t n_text_errors;      /* the first of them: texts and keys that are not UTF-8 */
	/* private from here on */
	struct arena arena;
	json_t *root;
};

/* Makes an empty one, to be ended with programme_file_done(). */
void programme_file_init(struct programme_file *f);

/* Gives back all memory, that of the messages too. */
void programme_file_done(struct programme_file *f);

/* Reads a whole programme into `f`, which is empty. CVN_EINVALID: see `f->faults`; what could be read
 * is there all the same, to look for further faults in. CVN_ETOOLARGE, CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err programme_file_read(struct programme_file *f, const char *bytes,
						size_t n);

/* Reads requests alone, in any of the forms above (also out of a whole programme file). Errors
 * likewise. */
CVN_MUST_CHECK enum cvn_err programme_file_read_requests(struct programme_file *f,
							 const char *bytes, size_t n);

/* Gives `id`s to an offer or to protected days that lack one, as reading a file does; `n` of them,
 * of one file. */
CVN_MUST_CHECK enum cvn_err programme_file_name_offers(Convene__V1__Offer **offers, size_t n,
						       struct arena *arena);
CVN_MUST_CHECK enum cvn_err programme_file_name_protected(Convene__V1__Protected **days, size_t n,
							  struct arena *arena);

/* Writes a programme file, one record a line. Call start, then for each part its name and records,
 * then end. An error is kept, and told by end: CVN_ETOOLARGE, CVN_ENOMEM. */
struct programme_writer {
	struct buf *out; /* borrowed */
	/* private from here on */
	enum cvn_err err;
	bool in_part;
	bool has_record;
};

void programme_writer_start(struct programme_writer *w, struct buf *out,
			    const Convene__V1__Programme *programme);

/* Begins "cities", "venues", "services", "federations", "squads", "protected" or "requests". */
void programme_writer_part(struct programme_writer *w, const char *key);

/* Adds a record; takes `record`, which may be NULL (out of memory). Other keys may have been added
 * to it. */
void programme_writer_record(struct programme_writer *w, json_t *record);

CVN_MUST_CHECK enum cvn_err programme_writer_end(struct programme_writer *w);

/* Writes a whole `f` to the end of `out`. */
CVN_MUST_CHECK enum cvn_err programme_file_write(const struct programme_file *f, struct buf *out);
