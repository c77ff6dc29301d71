#include "wire/frame.h"

#include "util/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TAG_BYTES_MAX 5 /* as protobuf-c reads it */
#define VARINT_BYTES_MAX 10
#define FIELDS_MAX 64 /* of one message: they are kept as bits */

enum { WIRE_VARINT = 0, WIRE_64BIT = 1, WIRE_LENGTH = 2, WIRE_32BIT = 5 };

const struct frame_limits FRAME_LIMITS = {
	.bytes = 65536,
	.depth = 16,
	.elements = 4096,
	.string_bytes = 8192,
};

const struct frame_limits FRAME_LIMITS_PAGE = {
	.bytes = (size_t)4 << 20,
	.depth = 16,
	.elements = 1 << 18,
	.string_bytes = 65536,
};

/* One message on the way down to the bytes at hand. */
struct level {
	const ProtobufCMessageDescriptor *type;
	const uint8_t *start;
	const uint8_t *end;
	const uint8_t *field_at;               /* where the field at hand begins */
	const ProtobufCFieldDescriptor *field; /* NULL: not known (yet) */
	uint64_t seen;                         /* singular fields there were, by index */
};

struct walk {
	const struct frame_limits *limits;
	const uint8_t *p;
	unsigned elements;
	unsigned depth;
	uint32_t unknown; /* number of the field that is not known; 0: none */
	const char *text; /* of the fault */
	size_t limit;     /* that it is over; 0: none */
	struct level levels[FRAME_DEPTH_MAX];
};

static enum cvn_err fail(struct walk *w, enum cvn_err err, const char *text)
{
	w->text = text;
	return err;
}

static enum cvn_err fail_limit(struct walk *w, size_t limit, const char *text)
{
	w->limit = limit;
	return fail(w, CVN_ETOOLARGE, text);
}

/* NULL: it does not end, or is too long. */
static const uint8_t *read_varint(const uint8_t *p, const uint8_t *end, unsigned bytes_max,
				  uint64_t *ret)
{
	uint64_t v = 0;
	unsigned i;

	for (i = 0; i < bytes_max && p < end; i++, p++) {
		v |= (uint64_t)(*p & 0x7F) << (7 * i);
		if (*p < 0x80) {
			if (i == VARINT_BYTES_MAX - 1 && *p > 1)
				return NULL;
			*ret = v;
			return p + 1;
		}
	}
	return NULL;
}

static uint32_t wire_type_of(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return WIRE_LENGTH;
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return WIRE_64BIT;
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return WIRE_32BIT;
	default:
		return WIRE_VARINT;
	}
}

/* Would protobuf-c cut the number off to make it fit? */
static enum cvn_err check_number(struct walk *w, const ProtobufCFieldDescriptor *field, uint64_t v)
{
	bool fits = true;

	switch (field->type) {
	case PROTOBUF_C_TYPE_ENUM:
	case PROTOBUF_C_TYPE_INT32:
		fits = v <= INT32_MAX || v >= (uint64_t)INT32_MIN;
		break;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_SINT32:
		fits = v <= UINT32_MAX;
		break;
	default:
		break;
	}
	if (!fits)
		return fail(w, CVN_EMALFORMED, "the number does not fit into 32 bits");
	if (field->type == PROTOBUF_C_TYPE_ENUM &&
	    protobuf_c_enum_descriptor_get_value(field->descriptor, (int)(int64_t)v) == NULL)
		return fail(w, CVN_EUNKNOWN, "the number stands for no value that is known here");
	return CVN_OK;
}

static enum cvn_err count_element(struct walk *w)
{
	if (w->elements >= w->limits->elements)
		return fail_limit(w, w->limits->elements,
				  "more elements of lists than one message may hold");
	w->elements++;
	return CVN_OK;
}

/* Reads one number of the wire type at w->p, up to `end`. */
static enum cvn_err walk_number(struct walk *w, const ProtobufCFieldDescriptor *field,
				uint32_t wire, const uint8_t *end)
{
	size_t n = wire == WIRE_64BIT ? 8 : 4;
	uint64_t v;

	if (wire == WIRE_VARINT) {
		const uint8_t *after = read_varint(w->p, end, VARINT_BYTES_MAX, &v);

		if (after == NULL)
			return fail(w, CVN_EMALFORMED, "a number is cut off or too long");
		w->p = after;
		return check_number(w, field, v);
	}
	if ((size_t)(end - w->p) < n)
		return fail(w, CVN_EMALFORMED, "a number is cut off");
	w->p += n;
	return CVN_OK;
}

/* A list of numbers in one piece. */
static enum cvn_err walk_packed(struct walk *w, const ProtobufCFieldDescriptor *field,
				const uint8_t *end)
{
	uint32_t wire = wire_type_of(field->type);
	enum cvn_err err = CVN_OK;

	while (err == CVN_OK && w->p < end) {
		err = count_element(w);
		if (err == CVN_OK)
			err = walk_number(w, field, wire, end);
	}
	return err;
}

static enum cvn_err walk_string(struct walk *w, size_t n)
{
	ssize_t fault;

	if (n > w->limits->string_bytes)
		return fail_limit(w, w->limits->string_bytes,
				  "the text has more bytes than a text may have");
	fault = utf8_fault(w->p, n);
	if (fault >= 0)
		return fail(w, CVN_ETEXT,
			    w->p[fault] == 0 ? "the text holds a NUL" : "the text is not UTF-8");
	w->p += n;
	return CVN_OK;
}

static enum cvn_err enter(struct walk *w, const ProtobufCMessageDescriptor *type,
			  const uint8_t *end)
{
	struct level *l;

	if (w->depth >= w->limits->depth)
		return fail_limit(w, w->limits->depth,
				  "messages are nested deeper than they may be");
	CVN_REQUIRE(w->depth < FRAME_DEPTH_MAX && type->n_fields <= FIELDS_MAX);
	l = &w->levels[w->depth++];
	l->type = type;
	l->start = w->p;
	l->end = end;
	l->field = NULL;
	l->field_at = w->p;
	l->seen = 0;
	return CVN_OK;
}

/* A field, or one of its oneof, that was there before? Notes that it is there now. */
static enum cvn_err note_singular(struct walk *w, struct level *l)
{
	const ProtobufCFieldDescriptor *field = l->field;
	uint64_t bit = UINT64_C(1) << (field - l->type->fields);
	unsigned i;

	if (l->seen & bit)
		return fail(w, CVN_EMALFORMED, "the field is there twice");
	if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
		for (i = 0; i < l->type->n_fields; i++) {
			const ProtobufCFieldDescriptor *other = &l->type->fields[i];

			if ((l->seen >> i & 1) && (other->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
			    other->quantifier_offset == field->quantifier_offset)
				return fail(w, CVN_EMALFORMED,
					    "another field stands in its place already");
		}
	}
	l->seen |= bit;
	return CVN_OK;
}

static enum cvn_err walk_length(struct walk *w, struct level *l)
{
	const ProtobufCFieldDescriptor *field = l->field;
	const uint8_t *after;
	uint64_t n;

	after = read_varint(w->p, l->end, TAG_BYTES_MAX, &n);
	if (after == NULL || n > (uint64_t)(l->end - after))
		return fail(w, CVN_EMALFORMED, "the field is cut off");
	w->p = after;
	switch (field->type) {
	case PROTOBUF_C_TYPE_STRING:
		return walk_string(w, (size_t)n);
	case PROTOBUF_C_TYPE_MESSAGE:
		return enter(w, field->descriptor, after + n);
	case PROTOBUF_C_TYPE_BYTES:
		w->p += n; /* a stored message, say: the frame's own limit holds for it */
		return CVN_OK;
	default:
		return walk_packed(w, field, after + n);
	}
}

/* One field of the message at hand: its number, then its value. A message inside becomes the one at
 * hand. */
static enum cvn_err walk_field(struct walk *w)
{
	struct level *l = &w->levels[w->depth - 1];
	const uint8_t *after;
	uint64_t tag = 0;
	uint32_t wire, expected;
	enum cvn_err err;
	bool is_packed;

	l->field = NULL;
	l->field_at = w->p;
	after = read_varint(w->p, l->end, TAG_BYTES_MAX, &tag);
	if (after == NULL || tag > UINT32_MAX || tag >> 3 == 0)
		return fail(w, CVN_EMALFORMED, "no field begins where one should");
	w->p = after;
	wire = (uint32_t)tag & 7;
	l->field = protobuf_c_message_descriptor_get_field(l->type, (unsigned)(tag >> 3));
	if (l->field == NULL) {
		w->unknown = (uint32_t)(tag >> 3);
		return fail(w, CVN_EUNKNOWN, "no field with this number is known here");
	}
	expected = wire_type_of(l->field->type);
	is_packed = l->field->label == PROTOBUF_C_LABEL_REPEATED && expected != WIRE_LENGTH &&
		    wire == WIRE_LENGTH;
	if (wire != expected && !is_packed)
		return fail(w, CVN_EMALFORMED, "the field is of another type");
	if (l->field->label != PROTOBUF_C_LABEL_REPEATED)
		err = note_singular(w, l);
	else
		err = is_packed ? CVN_OK : count_element(w);
	if (err != CVN_OK)
		return err;
	return wire == WIRE_LENGTH ? walk_length(w, l) : walk_number(w, l->field, wire, l->end);
}

/* How often the field at hand was there before, in bytes that have passed. */
static unsigned occurrences_before(const struct level *l)
{
	const uint8_t *p = l->start;
	unsigned n = 0;

	while (p != NULL && p < l->field_at) {
		uint64_t tag = 0, v = 0;

		p = read_varint(p, l->end, TAG_BYTES_MAX, &tag);
		if (p == NULL)
			break;
		n += tag >> 3 == l->field->id;
		switch (tag & 7) {
		case WIRE_VARINT:
			p = read_varint(p, l->end, VARINT_BYTES_MAX, &v);
			break;
		case WIRE_LENGTH:
			p = read_varint(p, l->end, TAG_BYTES_MAX, &v);
			p = p == NULL ? NULL : p + v;
			break;
		default:
			p += (tag & 7) == WIRE_64BIT ? 8 : 4;
		}
	}
	return n;
}

static void describe(const struct walk *w, enum cvn_err err, struct frame_fault *fault)
{
	size_t n = 0;
	unsigned i;

	fault->err = err;
	fault->text = w->text;
	fault->limit = w->limit;
	fault->path[0] = '\0';
	for (i = 0; i < w->depth && n < FRAME_PATH_BYTES; i++) {
		const struct level *l = &w->levels[i];
		const char *dot = n > 0 ? "." : "";
		int done = 0;

		if (l->field == NULL && w->unknown > 0)
			done = snprintf(fault->path + n, FRAME_PATH_BYTES - n, "%s#%" PRIu32, dot,
					w->unknown);
		else if (l->field != NULL && l->field->label == PROTOBUF_C_LABEL_REPEATED)
			done = snprintf(fault->path + n, FRAME_PATH_BYTES - n, "%s%s[%u]", dot,
					l->field->name, occurrences_before(l));
		else if (l->field != NULL)
			done = snprintf(fault->path + n, FRAME_PATH_BYTES - n, "%s%s", dot,
					l->field->name);
		n += done > 0 ? (size_t)done : 0;
	}
}

enum cvn_err frame_check(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t n,
			 const struct frame_limits *limits, struct frame_fault *ret_fault)
{
	struct walk w; /* its levels are made as they are entered */
	enum cvn_err err;

	CVN_REQUIRE(limits->depth >= 1 && limits->depth <= FRAME_DEPTH_MAX);
	w.limits = limits;
	w.p = bytes;
	w.elements = 0;
	w.depth = 0;
	w.unknown = 0;
	w.text = "";
	w.limit = 0;
	if (n > limits->bytes)
		err = fail_limit(&w, limits->bytes,
				 "the frame has more bytes than a frame may have");
	else
		err = enter(&w, type, n > 0 ? bytes + n : bytes);
	while (err == CVN_OK && w.depth > 0) {
		if (w.p == w.levels[w.depth - 1].end)
			w.depth--;
		else
			err = walk_field(&w);
	}
	if (err != CVN_OK)
		describe(&w, err, ret_fault);
	return err;
}
